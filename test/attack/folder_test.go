package attack

import (
	"context"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
)

// refused wants a command to say why it does not start, in one line, and to
// leave the folder as it was.
func refused(t *testing.T, what string, r result, says ...string) {
	t.Helper()
	if r.code != 1 || r.out != "" || strings.Count(strings.TrimSpace(r.err), "\n") > 0 {
		t.Errorf("%s: %+v", what, r)
	}
	for _, s := range says {
		if !strings.Contains(r.err, s) {
			t.Errorf("%s: %q, want %q", what, r.err, s)
		}
	}
}

func serve(t *testing.T, data string, more ...string) result {
	t.Helper()
	return run(t, "", append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, more...)...)
}

// TestFolders starts on every kind of folder that no newsroom can be served from.
func TestFolders(t *testing.T) {
	t.Parallel()
	n := start(t)
	n.pay(n.gift())
	n.advance("PT1H")
	refused(t, "a second server", serve(t, n.data, "--demo"), "Another Mimeo serves", n.data)
	refused(t, "the port of another", run(t, "", "serve", "--demo", "--data", filepath.Join(t.TempDir(), "x"), "--listen", strings.TrimPrefix(n.origin, "http://")), "is in use", "--listen")
	n.end(t)
	<-n.exited

	refused(t, "a demo's folder for a real newsroom", serve(t, n.data), "This data folder is a demo's")
	empty := filepath.Join(t.TempDir(), "empty")
	if r := run(t, "", "ledger", "check", "--data", empty); r.code != 0 || !strings.Contains(r.err, "an empty one was made") {
		t.Errorf("a folder that was not there: %+v", r)
	}
	if r := run(t, "", "ledger", "check", "--data", empty); r.code != 0 || r.err != "" {
		t.Errorf("the same folder: %+v", r)
	}

	for what, c := range map[string]struct {
		spoil func(t *testing.T, dir string)
		says  string
	}{
		"data of a newer program": {func(t *testing.T, dir string) {
			into(t, dir, "insert into goose_db_version (version_id, is_applied) values (9999, 1)")
		}, "written by a newer Mimeo"},
		"jobs of a newer program": {func(t *testing.T, dir string) {
			into(t, dir, "insert into river_migration (line, version) values ('main', 9999)")
		}, "written by a newer Mimeo"},
		"no database": {func(t *testing.T, dir string) {
			for _, f := range []string{"mimeo.db", "mimeo.db-wal", "mimeo.db-shm"} {
				_ = os.Remove(filepath.Join(dir, f)) // not all are there
			}
		}, "is gone, only its keys are left"},
		"an empty database":        {func(t *testing.T, dir string) { put(t, dir, "mimeo.db", "") }, "is gone, only its keys are left"},
		"noise for a database":     {func(t *testing.T, dir string) { put(t, dir, "mimeo.db", strings.Repeat("noise ", 10_000)) }, "damaged"},
		"half a database":          {func(t *testing.T, dir string) { half(t, filepath.Join(dir, "mimeo.db")) }, "damaged"},
		"a folder for a database":  {func(t *testing.T, dir string) { folder(t, filepath.Join(dir, "mimeo.db")) }, "cannot be opened"},
		"no keys":                  {func(t *testing.T, dir string) { remove(t, filepath.Join(dir, "keys")) }, "does not belong to this database"},
		"keys of another":          {func(t *testing.T, dir string) { put(t, dir, "keys/box.key", strings.Repeat("k", 32)) }, "does not belong to this database"},
		"half a key":               {func(t *testing.T, dir string) { put(t, dir, "keys/token.key", "half") }, "token.key has 4 bytes"},
		"a file for keys":          {func(t *testing.T, dir string) { remove(t, filepath.Join(dir, "keys")); put(t, dir, "keys", "x") }, "not a directory"},
		"noise for the bank":       {func(t *testing.T, dir string) { put(t, dir, "simulator.db", strings.Repeat("noise ", 10_000)) }, "damaged"},
		"another key for the bank": {func(t *testing.T, dir string) { put(t, dir, "simulator.key", strings.Repeat("k", 32)) }, "simulator.key does not open"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(n.data)); err != nil {
				t.Fatal(err)
			}
			c.spoil(t, dir)
			for _, args := range [][]string{{"serve", "--demo", "--listen", "127.0.0.1:0"}, {"ledger", "check"}, {"ledger", "export"}, {"story", "list"}} {
				refused(t, what+": "+args[0], run(t, "", append(args, "--data", dir)...), c.says)
			}
		})
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/mimeo", "/dev/null"} {
		refused(t, dir, run(t, "", "ledger", "check", "--data", dir), "cannot be made", dir)
		refused(t, dir, serve(t, dir, "--demo"), "cannot be made", dir)
	}
	odd := filepath.Join(t.TempDir(), "a b?c#d%20é'\"\n;&")
	if r := run(t, "", "ledger", "check", "--data", odd); r.code != 0 {
		t.Errorf("an odd name: %+v", r)
	}
	if _, err := os.Stat(filepath.Join(odd, "mimeo.db")); err != nil {
		t.Error(err)
	}
}

// into closes no door behind it: the statement is all that differs from the
// data of this program.
func into(t *testing.T, dir, statement string) {
	t.Helper()
	d, err := db.Open(context.Background(), db.Options{URL: "sqlite:" + filepath.Join(dir, "mimeo.db"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, statement)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	for _, beside := range []string{"-wal", "-shm"} {
		_ = os.Remove(filepath.Join(dir, name+beside)) // most have none
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func half(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func folder(t *testing.T, path string) {
	t.Helper()
	put(t, filepath.Dir(path), filepath.Base(path), "")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// TestWrongAddresses names places where nothing can listen.
func TestWrongAddresses(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	for _, listen := range []string{"0.0.0.0:0", ":0", "nonsense", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:-1", "256.1.1.1:0", "[::]:0", "example.org:80", ""} {
		if r := run(t, "", "serve", "--demo", "--data", dir, "--listen="+listen); r.code == 0 || r.out != "" {
			t.Errorf("--demo --listen %q: %+v", listen, r)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "mimeo.db")); err == nil {
		t.Error("data was made for a newsroom that did not start")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	refused(t, "somebody else's port", run(t, "", "serve", "--demo", "--data", dir, "--listen", l.Addr().String()), "is in use. Choose another with --listen")
}

// TestKilledWhileStarting kills a newsroom again and again before it has
// begun, on one folder; then it begins, whole and with nothing twice.
func TestKilledWhileStarting(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	for range 15 {
		cmd := command("serve", "--demo", "--data", data, "--listen", "127.0.0.1:0", "--at", "2026-11-22T10:00:00Z")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(rand.IntN(250))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // it was killed
		timer.Stop()
	}
	n := startOn(t, data)
	whole := start(t)
	for _, path := range []string{"/", "/fa/", "/city/"} {
		if got, want := n.get(path).words(), whole.get(path).words(); got != want {
			t.Errorf("%s is\n%s\nand not\n%s", path, got, want)
		}
	}
	n.pay(n.gift())
	n.advance("PT1H")
	if got := booked(t, n); got != 1 {
		t.Errorf("%d booked", got)
	}
}
