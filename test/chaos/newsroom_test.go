package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// built is the folder of the program when these tests built it.
var built string

// binary is the program under test: MIMEO_BIN, or one that is built once.
var binary = sync.OnceValues(func() (string, error) {
	if bin := os.Getenv("MIMEO_BIN"); bin != "" {
		return bin, nil
	}
	dir, err := os.MkdirTemp("", "mimeo-chaos-bin-")
	if err != nil {
		return "", err
	}
	built = dir
	bin := filepath.Join(dir, "mimeo")
	cmd := exec.Command("go", "build", "-trimpath", "-o", bin, "mimeo/cmd/mimeo")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return bin, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		if err := os.RemoveAll(built); err != nil {
			fmt.Fprintln(os.Stderr, "removing the built program:", err)
		}
	}
	os.Exit(code)
}

// newsroom is a data folder and, between start and kill, a server on it.
type newsroom struct {
	t        testing.TB
	data     string
	database string   // a PostgreSQL address, "" for SQLite
	log      *os.File // all that every server said
	cmd      *exec.Cmd
	origin   string
	exited   chan struct{}
}

func newNewsroom(t testing.TB, database string) *newsroom {
	t.Helper()
	if _, err := binary(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	n := &newsroom{t: t, data: filepath.Join(dir, "data"), database: database, log: log}
	t.Cleanup(func() {
		n.kill()
		if t.Failed() {
			said, err := os.ReadFile(log.Name())
			t.Logf("the end of the server's log (%v):\n%s", err, said[max(0, len(said)-6000):])
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start starts a server and returns when it is ready.
func (n *newsroom) start() {
	n.t.Helper()
	bin, err := binary()
	if err != nil {
		n.t.Fatal(err)
	}
	n.cmd = exec.Command(bin, n.on("serve", "--demo", "--listen", "127.0.0.1:0", "--at", "2026-11-22T10:00:00Z")...)
	n.cmd.Stderr = n.log
	said := &firstMatch{pattern: address, found: make(chan string, 1), rest: n.log}
	n.cmd.Stdout = said
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait() // a killed process is not an error here
		close(exited)
	}(n.cmd, n.exited)
	deadline := time.After(30 * time.Second)
	select {
	case n.origin = <-said.found:
	case <-n.exited:
		n.t.Fatal("the server ended before it named its address")
	case <-deadline:
		n.t.Fatal("the server did not name its address within 30 s")
	}
	for {
		res, err := http.Get(n.origin + "/readyz")
		if err == nil {
			status := res.StatusCode
			if err := res.Body.Close(); err != nil {
				n.t.Fatal(err)
			}
			if status == http.StatusOK {
				return
			}
		}
		select {
		case <-n.exited:
			n.t.Fatal("the server ended before it was ready")
		case <-deadline:
			n.t.Fatal("the server was not ready within 30 s")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// kill ends the server as a power cut would: SIGKILL.
func (n *newsroom) kill() {
	if n.cmd == nil {
		return
	}
	if err := n.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		n.t.Errorf("killing: %v", err)
	}
	<-n.exited
	n.cmd = nil
}

// post sends a form or JSON to one of the demo's own addresses.
func (n *newsroom) post(ctx context.Context, path, contentType, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.origin+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	said, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode >= 400 {
		return fmt.Errorf("POST %s: %s: %s", path, res.Status, said)
	}
	return nil
}

// faults sets how the processor misbehaves; "{}" ends it.
func (n *newsroom) faults(ctx context.Context, plan string) error {
	return n.post(ctx, "/demo/faults", "application/json", plan)
}

// advance moves the newsroom's clock by an ISO 8601 duration.
func (n *newsroom) advance(ctx context.Context, duration string) error {
	return n.post(ctx, "/demo/clock", "application/x-www-form-urlencoded", url.Values{"advance": {duration}}.Encode())
}

// on adds to a command what it works on.
func (n *newsroom) on(args ...string) []string {
	args = append(args, "--data", n.data)
	if n.database != "" {
		args = append(args, "--database", n.database)
	}
	return args
}

// run runs a command on the data, beside the server if there is one.
func (n *newsroom) run(args ...string) (string, error) {
	bin, err := binary()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(bin, n.on(args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, io.MultiWriter(&stderr, n.log)
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("mimeo %s: %w: %s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String(), nil
}

// mustRun is run where a failure ends the test.
func (n *newsroom) mustRun(args ...string) string {
	n.t.Helper()
	out, err := n.run(args...)
	if err != nil {
		n.t.Fatal(err)
	}
	return out
}

// line is one entry of the donors' banks.
type line struct {
	Kind     string `json:"kind"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// statements are the lines on the donors' bank statements.
func (n *newsroom) statements() []line {
	n.t.Helper()
	res, err := http.Get(n.origin + "/demo/bank.json")
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var all []line
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		n.t.Fatalf("reading bank.json: %v", err)
	}
	var lines []line
	for _, l := range all {
		if l.Kind == "statement" {
			lines = append(lines, l)
		}
	}
	return lines
}

// leadStory is the headline at the top of the front page.
func (n *newsroom) leadStory(ctx context.Context) (string, error) {
	v, err := newVisitor()
	if err != nil {
		return "", err
	}
	if err := v.get(ctx, n.origin+"/"); err != nil {
		return "", err
	}
	for h := range elements(v.page, "h2") {
		return text(h), nil
	}
	return "", errors.New("no headline on the front page")
}

// firstMatch passes output on and hands over the first text that matches.
type firstMatch struct {
	pattern *regexp.Regexp
	found   chan string
	rest    io.Writer
	seen    []byte
	done    bool
}

func (f *firstMatch) Write(p []byte) (int, error) {
	if !f.done {
		f.seen = append(f.seen, p...)
		// The address is whole when something follows it.
		if m := f.pattern.FindIndex(f.seen); m != nil && m[1] < len(f.seen) {
			f.done = true
			f.found <- string(f.seen[m[0]:m[1]])
		}
	}
	return f.rest.Write(p)
}
