package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
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
	s, err := newServer()
	if err == nil {
		err = s.start()
	}
	if err != nil {
		return 0, err
	}
	if err := admin(s.port, "create database mimeo_template"); err != nil {
		return 0, err
	}
	d, err := db.Open(context.Background(), db.Options{URL: address(s.port, "mimeo_template"), Now: time.Now})
	if err != nil {
		return 0, err
	}
	return s.port, errors.Join(d.Migrate(context.Background()), d.Close())
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
