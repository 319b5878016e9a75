package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mimeo/internal/db"
)

// binaries is where Debian keeps the server's programs.
const binaries = "/usr/lib/postgresql/15/bin"

var pg struct {
	once  sync.Once
	port  int
	err   error
	count atomic.Int64
}

// PostgresURL is the address of a fresh migrated PostgreSQL database. Without
// the server's programs the test fails: make test installs them.
func PostgresURL(t testing.TB) string {
	t.Helper()
	pg.once.Do(func() { pg.port, pg.err = startPostgres() })
	if pg.err != nil {
		t.Fatalf("PostgreSQL for tests: %v", pg.err)
	}
	name := fmt.Sprintf("t%d", pg.count.Add(1))
	if err := admin(pg.port, "create database "+name+" template mimeo_template"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin(pg.port, "drop database "+name+" with (force)"); err != nil {
			t.Errorf("dropping the test's database: %v", err)
		}
	})
	return address(pg.port, name)
}

func address(port int, name string) string {
	return fmt.Sprintf("postgres://mimeo@127.0.0.1:%d/%s?sslmode=disable", port, name)
}

func admin(port int, statement string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, address(port, "postgres"))
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, statement)
	return errors.Join(err, c.Close(ctx))
}

func startPostgres() (int, error) {
	if _, err := os.Stat(filepath.Join(binaries, "initdb")); err != nil {
		return 0, fmt.Errorf("%w (Debian's package postgresql-15 has it)", err)
	}
	sweep()
	dir, err := os.MkdirTemp("", fmt.Sprintf("mimeo-pg-%d-", os.Getpid()))
	if err != nil {
		return 0, err
	}
	cred, err := unprivileged(dir)
	if err != nil {
		return 0, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(binaries, "initdb"), "-D", data, "-U", "mimeo", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	initdb.Dir = dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return 0, err
	}
	logFile, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return 0, err
	}
	started := make(chan error, 1)
	go func() {
		// The server is told of the death of the thread that started it, so
		// this goroutine keeps its thread for as long as the process lives.
		runtime.LockOSThread()
		cmd := exec.Command(filepath.Join(binaries, "postgres"), "-D", data, "-p", strconv.Itoa(port),
			"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off",
			"-c", "max_connections=200", "-c", "shared_buffers=32MB")
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, logFile, logFile
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Pdeathsig: syscall.SIGQUIT}
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		_ = cmd.Wait() //nolint:errcheck // it ends with this process, by a signal
	}()
	if err := <-started; err != nil {
		return 0, err
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if err = admin(port, "create database mimeo_template"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			return 0, fmt.Errorf("the server did not start: %w", err)
		}
	}
	d, err := db.Open(context.Background(), db.Options{URL: address(port, "mimeo_template"), Now: time.Now})
	if err != nil {
		return 0, err
	}
	return port, errors.Join(d.Migrate(context.Background()), d.Close())
}

// unprivileged is whom the server runs as: itself, or, because it refuses root,
// the user postgres or nobody, who is then given dir.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
	}
	return nil, errors.New("neither a user postgres nor nobody to run it as")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return int(netip.MustParseAddrPort(l.Addr().String()).Port()), nil
}

// sweep removes what the servers of dead test processes left behind.
func sweep() {
	old, err := filepath.Glob(filepath.Join(os.TempDir(), "mimeo-pg-*"))
	if err != nil {
		return
	}
	for _, dir := range old {
		pid, err := strconv.Atoi(strings.Split(filepath.Base(dir), "-")[2])
		if err == nil && syscall.Kill(pid, 0) != nil {
			_ = os.RemoveAll(dir)
		}
	}
}
