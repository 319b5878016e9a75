package attack

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mimeo/internal/cli"
)

// asCommand makes this test's own program the mimeo command.
const asCommand = "MIMEO_ATTACK_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(cli.Run(context.Background(), os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}
	code := m.Run()
	if common.n != nil {
		common.n.kill()
		if err := os.RemoveAll(common.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

func command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MIMEO_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, asCommand+"=1")
	return cmd
}

// result is what a command came to.
type result struct {
	code     int
	out, err string
}

func run(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	return runAs(t, command(args...), stdin)
}

// runs carries out a command beside the newsroom, on its data.
func (n *newsroom) runs(t *testing.T, args ...string) result {
	t.Helper()
	cmd := command(append(args, "--data", n.data)...)
	if n.beside != nil {
		cmd.Args = slices.Concat(n.beside, []string{cmd.Path}, cmd.Args[1:])
		cmd.Path = n.beside[0]
	}
	return runAs(t, cmd, "")
}

func runAs(t *testing.T, cmd *exec.Cmd, stdin string) result {
	t.Helper()
	var out, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := result{cmd.ProcessState.ExitCode(), out.String(), stderr.String()}
	untraced(t, strings.Join(cmd.Args, " "), r.out+r.err)
	return r
}

// untraced wants no trace of the program's inside in what somebody reads.
func untraced(t *testing.T, what, text string) {
	t.Helper()
	for _, inside := range []string{"goroutine ", "panic:", "runtime error", ".go:", "SIGSEGV", "sql: ", "SQLITE_"} {
		if i := strings.Index(text, inside); i >= 0 {
			t.Errorf("%.200s: %q shows in %.400s", what, inside, text[max(0, i-150):])
		}
	}
}

// newsroom is a running demo.
type newsroom struct {
	t      testing.TB
	data   string
	origin string
	cmd    *exec.Cmd
	exited chan struct{}
	log    *record
	beside []string // how to come to where the newsroom's data is, nil when it is here
}

// record is a log that is read while it grows.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start starts a newsroom in a folder of the test's own, more being further
// options of serve.
func start(t *testing.T, more ...string) *newsroom {
	t.Helper()
	return startOn(t, filepath.Join(t.TempDir(), "data"), more...)
}

func startOn(t *testing.T, data string, more ...string) *newsroom {
	t.Helper()
	args := append([]string{"serve", "--demo", "--data", data, "--listen", "127.0.0.1:0", "--at", "2026-11-22T10:00:00Z"}, more...)
	n, err := launch(t, data, command(args...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.kill()
		untraced(t, "the log", n.log.String())
		if t.Failed() {
			said := n.log.String()
			t.Logf("the end of the log: %s", said[max(0, len(said)-3000):])
		}
	})
	return n
}

func launch(t testing.TB, data string, cmd *exec.Cmd) (*newsroom, error) {
	n := &newsroom{t: t, data: data, cmd: cmd, exited: make(chan struct{}), log: &record{}}
	cmd.Stderr = n.log
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	named := make(chan string, 1)
	go func() {
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			line += err.Error()
		}
		named <- line
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // a killed process is no error here
		close(n.exited)
	}()
	select {
	case line := <-named:
		if n.origin = address.FindString(line); n.origin != "" {
			return n, nil
		}
		n.kill()
		return nil, fmt.Errorf("no address in %q: %s", line, n.log)
	case <-time.After(30 * time.Second):
		n.kill()
		return nil, fmt.Errorf("no address within 30 s: %s", n.log)
	}
}

// kill ends the newsroom as a power cut would.
func (n *newsroom) kill() {
	_ = n.cmd.Process.Kill() // it may have ended by itself
	<-n.exited
}

// end tells the newsroom to stop, as an operator does.
func (n *newsroom) end(t *testing.T) {
	t.Helper()
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// common is one newsroom for all tests that leave nothing in it.
var common struct {
	once sync.Once
	n    *newsroom
	dir  string
	err  error
}

func shared(t *testing.T) *newsroom {
	t.Helper()
	common.once.Do(func() {
		if common.dir, common.err = os.MkdirTemp("", "mimeo-attack-"); common.err != nil { //nolint:usetesting // it outlives the test that comes first
			return
		}
		data := filepath.Join(common.dir, "data")
		common.n, common.err = launch(t, data, command("serve", "--demo", "--data", data, "--listen", "127.0.0.1:0", "--at", "2026-11-22T10:00:00Z"))
	})
	if common.err != nil {
		t.Fatal(common.err)
	}
	n := *common.n
	n.t = t
	return &n
}

// answer is what came back.
type answer struct {
	status int
	http.Header
	body string
}

// client follows nothing, keeps nothing and asks for nothing packed.
var client = http.Client{
	Timeout:       60 * time.Second,
	Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 32},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (n *newsroom) try(method, path, body string, header ...string) (answer, error) {
	req, err := http.NewRequest(method, n.origin, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.URL.Opaque = path // as it stands, whatever stands there
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	raw, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(raw)}, errors.Join(err, res.Body.Close())
}

// do wants an answer, and one that shows nothing of the inside.
func (n *newsroom) do(method, path, body string, header ...string) answer {
	n.t.Helper()
	a, err := n.try(method, path, body, header...)
	if err != nil {
		n.t.Fatalf("%s %.100s: %v", method, path, err)
	}
	if t, ok := n.t.(*testing.T); ok {
		untraced(t, method+" "+path, a.body)
	}
	return a
}

func (n *newsroom) get(path string, header ...string) answer {
	n.t.Helper()
	return n.do(http.MethodGet, path, "", header...)
}

func (n *newsroom) post(path string, form url.Values, header ...string) answer {
	n.t.Helper()
	return n.do(http.MethodPost, path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

// raw sends bytes and returns all that comes back until the server hangs up.
func (n *newsroom) raw(request string) string {
	n.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(n.origin, "http://"))
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		n.t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		n.t.Fatal(err)
	}
	said, err := io.ReadAll(c)
	if err != nil {
		n.t.Fatalf("%.60q: %v", request, err)
	}
	return string(said)
}

var (
	tag      = regexp.MustCompile(`(?s)<head>.*?</head>|<header>.*?</header>|<footer.*?</footer>|<[^>]+>`)
	field    = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)
	location = regexp.MustCompile(`^/[^/\\]|^/$`)
)

// words are what a reader sees of a page.
func (a answer) words() string {
	return strings.Join(strings.Fields(tag.ReplaceAllString(a.body, " ")), " ")
}

// to is where the answer leads on this site.
func (a answer) to() string { return address.ReplaceAllString(a.Get("Location"), "") }

// hidden reads a hidden field of a page.
func (a answer) hidden(name string) string {
	for _, m := range field.FindAllStringSubmatch(a.body, -1) {
		if m[1] == name {
			return m[2]
		}
	}
	return ""
}

// gift is a filled-in form to give, more being pairs that differ.
func (n *newsroom) gift(more ...string) url.Values {
	n.t.Helper()
	page := n.get("/support")
	f := url.Values{
		"key": {page.hidden("key")}, "currency": {page.hidden("currency")}, "rhythm": {"monthly"}, "amount": {"5.00"},
		"other": {""}, "email": {"reader@example.org"}, "way": {"stripe"},
	}
	for i := 0; i < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

// goodCard is one that pays.
func goodCard() url.Values {
	return url.Values{"number": {"4242 4242 4242 4242"}, "exp": {"12/34"}, "cvc": {"123"}}
}

// pay sends the form and the card, and returns the page that it led back to.
func (n *newsroom) pay(form url.Values) (back string) {
	n.t.Helper()
	a := n.post("/support", form)
	if a.status != http.StatusSeeOther {
		n.t.Fatalf("the form to give: %d %.300s", a.status, a.words())
	}
	card := n.post(a.to(), goodCard())
	if card.status != http.StatusSeeOther {
		n.t.Fatalf("the card: %d %.300s", card.status, card.words())
	}
	return card.to()
}

// advance moves the newsroom's clock and runs what falls due.
func (n *newsroom) advance(by string) {
	n.t.Helper()
	if a := n.post("/demo/clock", url.Values{"advance": {by}}); a.status != http.StatusOK {
		n.t.Fatalf("moving the clock: %d %s", a.status, a.body)
	}
}

// until waits for what happens by itself.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}
