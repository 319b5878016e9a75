package dbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL of a test's own, which can be lost and come back.
type Server struct{ server }

// NewServer starts one with an empty database; it ends with the test. Without
// the server's programs the test fails: make test installs them.
func NewServer(t testing.TB) *Server {
	t.Helper()
	s, err := newServer()
	if err != nil {
		t.Fatalf("PostgreSQL for a test: %v", err)
	}
	own := &Server{*s}
	t.Cleanup(func() {
		own.Lose(t)
		if err := os.RemoveAll(own.dir); err != nil {
			t.Error(err)
		}
	})
	own.Return(t)
	if err := admin(own.port, "create database news"); err != nil {
		t.Fatal(err)
	}
	return own
}

// URL is the address of its database.
func (s *Server) URL() string { return address(s.port, "news") }

// Lose ends the server as the loss of its machine would: at once, whatever is
// under way.
func (s *Server) Lose(t testing.TB) {
	t.Helper()
	if s.process == nil {
		return
	}
	if err := s.process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	<-s.ended
	s.process = nil
}

// Return starts it again, at the same address and with all that was durable.
func (s *Server) Return(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatalf("PostgreSQL for a test: %v", err)
	}
}

// server is a folder with a cluster in it, and the process that serves it.
type server struct {
	dir     string
	port    int
	cred    *syscall.Credential
	process *os.Process
	ended   chan struct{}
}

// newServer makes an empty cluster.
func newServer() (*server, error) {
	if _, err := os.Stat(filepath.Join(binaries, "initdb")); err != nil {
		return nil, fmt.Errorf("%w (Debian's package postgresql-15 has it)", err)
	}
	sweep()
	dir, err := os.MkdirTemp("", fmt.Sprintf("mimeo-pg-%d-", os.Getpid()))
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir}
	if s.cred, err = unprivileged(dir); err != nil {
		return nil, err
	}
	initdb := exec.Command(filepath.Join(binaries, "initdb"), "-D", s.data(), "-U", "mimeo", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred}
	initdb.Dir = dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	s.port, err = freePort()
	return s, err
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

// start starts the server and waits until it answers.
func (s *server) start() error {
	logFile, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	started := make(chan error, 1)
	s.ended = make(chan struct{})
	go func() {
		defer close(s.ended)
		// The server is told of the death of the thread that started it, so
		// this goroutine keeps its thread for as long as the process lives.
		runtime.LockOSThread()
		cmd := exec.Command(filepath.Join(binaries, "postgres"), "-D", s.data(), "-p", strconv.Itoa(s.port),
			"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off",
			"-c", "max_connections=200", "-c", "shared_buffers=32MB")
		cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, logFile, logFile
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred, Pdeathsig: syscall.SIGQUIT}
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		s.process = cmd.Process
		started <- nil
		_ = cmd.Wait()      //nolint:errcheck // it ends with this process or by Lose, by a signal
		_ = logFile.Close() // the server wrote it, not we
	}()
	if err := <-started; err != nil {
		return err
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		c, err := pgx.Connect(ctx, address(s.port, "postgres"))
		if err == nil {
			err = c.Close(ctx)
		}
		cancel()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server did not start: %w", err)
		}
	}
}
