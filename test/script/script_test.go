package script

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mimeo/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mimeo": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Run(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
		stop()
		os.Exit(code)
	}})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			// A script starts with no option of the machine it runs on.
			env.Vars = slicesWithout(env.Vars, "MIMEO_")
			env.Values[serverKey{}] = &server{}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"newsroom": start,
			"killed":   killed,
			"fetch":    fetch,
		},
	})
}

func slicesWithout(vars []string, prefix string) []string {
	kept := vars[:0]
	for _, v := range vars {
		if !strings.HasPrefix(v, prefix) {
			kept = append(kept, v)
		}
	}
	return kept
}

// server is the one newsroom that a script may run.
type server struct {
	cmd    *exec.Cmd
	exited chan struct{}
}

type serverKey struct{}

func of(ts *testscript.TestScript) *server {
	s, ok := ts.Value(serverKey{}).(*server)
	if !ok {
		ts.Fatalf("the script was set up without a place for a server")
	}
	return s
}

func (s *server) kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may have ended by itself
	<-s.exited
	s.cmd = nil
}

var address = regexp.MustCompile(`(http://127\.0\.0\.1:\d+)[^\d]`)

func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: newsroom FOLDER [ARG…]")
	}
	s := of(ts)
	if s.cmd != nil {
		ts.Fatalf("a newsroom runs already")
	}
	said, told, err := os.Pipe()
	ts.Check(err)
	// testscript put this test's own binary on the path under the name mimeo.
	mimeo, err := exec.LookPath(filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], "mimeo"))
	ts.Check(err)
	cmd := exec.Command(mimeo, append([]string{"serve", "--demo", "--data", ts.MkAbs(args[0]), "--listen", "127.0.0.1:0", "--at", "2026-11-22T10:00:00Z"}, args[1:]...)...)
	cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"))
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = told, &stderr
	ts.Check(cmd.Start())
	ts.Check(told.Close())
	*s = server{cmd: cmd, exited: make(chan struct{})}
	go func(exited chan struct{}) {
		_ = cmd.Wait() // a killed process is not an error here
		close(exited)
	}(s.exited)
	ts.Defer(s.kill)

	ts.Check(said.SetReadDeadline(time.Now().Add(30 * time.Second)))
	var seen []byte
	for buf := make([]byte, 4096); ; {
		n, err := said.Read(buf)
		seen = append(seen, buf[:n]...)
		if m := address.FindSubmatch(seen); m != nil {
			ts.Setenv("ORIGIN", string(m[1]))
			ts.Setenv("HOST", strings.TrimPrefix(string(m[1]), "http://"))
			break
		}
		if err != nil {
			s.kill()
			ts.Fatalf("serve --demo named no address (%v): %s%s", err, seen, &stderr)
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, said) // or it would block when the pipe is full
		_ = said.Close()
	}()
	for deadline := time.Now().Add(30 * time.Second); ; {
		status, _, err := ask(http.MethodGet, ts.Getenv("ORIGIN")+"/readyz", "", nil)
		if err == nil && status == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("the newsroom was not ready within 30 s: %d %v", status, err)
		}
		select {
		case <-s.exited:
			ts.Fatalf("the newsroom ended before it was ready: %s", &stderr)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func killed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 || of(ts).cmd == nil {
		ts.Fatalf("usage: killed (and a newsroom has to run)")
	}
	of(ts).kill()
}

func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 4 {
		ts.Fatalf("usage: fetch METHOD PATH [TYPE FILE]")
	}
	var contentType string
	var body []byte
	if len(args) == 4 {
		contentType, body = args[2], []byte(ts.ReadFile(args[3]))
	}
	status, answer, err := ask(args[0], ts.Getenv("ORIGIN")+args[1], contentType, body)
	ts.Check(err)
	_, err = fmt.Fprintf(ts.Stdout(), "%d\n\n%s", status, answer)
	ts.Check(err)
}

// ask follows no redirect: a script wants to see it.
func ask(method, url, contentType string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	client := http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return res.StatusCode, answer, errors.Join(err, res.Body.Close())
}
