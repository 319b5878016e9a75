package attack

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestBrokenRequests sends what is not HTTP, or is it in two ways at once.
func TestBrokenRequests(t *testing.T) {
	t.Parallel()
	n := shared(t)
	host := "Host: " + strings.TrimPrefix(n.origin, "http://") + "\r\n"
	const form, closing = "Content-Type: application/x-www-form-urlencoded\r\n", "Connection: close\r\n\r\n"
	for what, c := range map[string]struct {
		request string
		status  []string
	}{
		"no host":                     {"GET / HTTP/1.1\r\n" + closing, []string{"400"}},
		"two hosts":                   {"GET / HTTP/1.1\r\n" + host + "Host: evil.example\r\n" + closing, []string{"400"}},
		"an old protocol":             {"GET /\r\n\r\n", []string{"400"}},
		"a newer protocol":            {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []string{"404", "505", "400"}},
		"a version of its own":        {"GET / HTTP/9.9\r\n" + host + closing, []string{"505", "400"}},
		"no path":                     {"GET  HTTP/1.1\r\n" + host + closing, []string{"400"}},
		"noise":                       {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\xff\r\n\r\n", []string{"400"}},
		"a zero byte in a field":      {"GET / HTTP/1.1\r\n" + host + "X: a\x00b\r\n" + closing, []string{"400"}},
		"a space before the colon":    {"GET / HTTP/1.1\r\n" + host + "X : a\r\n" + closing, []string{"400"}},
		"huge fields":                 {"GET / HTTP/1.1\r\n" + host + "X: " + strings.Repeat("a", 300_000) + "\r\n" + closing, []string{"431"}},
		"very many fields":            {"GET / HTTP/1.1\r\n" + host + strings.Repeat("X: a\r\n", 20_000) + closing, []string{"431"}},
		"a length below nothing":      {"POST /support HTTP/1.1\r\n" + host + form + "Content-Length: -1\r\n" + closing, []string{"400"}},
		"two lengths":                 {"POST /support HTTP/1.1\r\n" + host + form + "Content-Length: 1\r\nContent-Length: 2\r\n" + closing + "ab", []string{"400"}},
		"a length and pieces":         {"POST /appeal/close HTTP/1.1\r\n" + host + form + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n" + closing + "0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n", []string{"303", "400"}},
		"pieces of an unknown kind":   {"POST /support HTTP/1.1\r\n" + host + form + "Transfer-Encoding: xchunked\r\n" + closing, []string{"501", "400"}},
		"broken pieces":               {"POST /support HTTP/1.1\r\n" + host + form + "Transfer-Encoding: chunked\r\n" + closing + "ZZ\r\nabc", []string{"422"}},
		"an expectation of its own":   {"POST /support HTTP/1.1\r\n" + host + "Expect: miracles\r\nContent-Length: 0\r\n" + closing, []string{"417"}},
		"a body where none belongs":   {"GET / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n" + closing + "abc", []string{"200"}},
		"a tunnel":                    {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n" + closing, []string{"404", "405"}},
		"an upgrade":                  {"GET / HTTP/1.1\r\n" + host + "Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n", []string{"200"}},
		"a part of a page":            {"GET " + article + " HTTP/1.1\r\n" + host + "Range: bytes=0-3\r\n" + closing, []string{"200"}},
		"nothing is acceptable":       {"GET " + article + " HTTP/1.1\r\n" + host + "Accept-Encoding: identity;q=0, *;q=0\r\nAccept: x/y\r\n" + closing, []string{"200", "406"}},
		"a note in control signs":     {"GET " + article + " HTTP/1.1\r\n" + host + "Cookie: ask=\x01\x02\r\n" + closing, []string{"400"}},
		"a packed form":               {"POST /remind HTTP/1.1\r\n" + host + form + "Content-Encoding: gzip\r\nContent-Length: 3\r\n" + closing + "abc", []string{"422", "415"}},
		"another method in a field":   {"GET /appeal/close HTTP/1.1\r\n" + host + "X-HTTP-Method-Override: POST\r\n" + closing, []string{"405"}},
		"another method in the query": {"GET /appeal/close?_method=POST HTTP/1.1\r\n" + host + closing, []string{"405"}},
	} {
		said := n.raw(c.request)
		ok := false
		for _, s := range c.status {
			ok = ok || strings.HasPrefix(said, "HTTP/1.1 "+s+" ")
		}
		if !ok || strings.Count(said, "HTTP/1.1 ") != 1 || strings.Contains(said, "evil") {
			t.Errorf("%s: %.200q, want %v", what, said, c.status)
		}
		untraced(t, what, said)
	}
}

// TestHalfForms: what does not arrive whole is not acted upon.
func TestHalfForms(t *testing.T) {
	t.Parallel()
	n := start(t)
	before := n.stored()
	for _, path := range append([]string{"/hooks/stripe"}, forms...) {
		for _, framing := range []string{"Content-Length: 500\r\n\r\nemail=half%40example.org&rhythm=monthly&amount=5.00&do=stop", "Transfer-Encoding: chunked\r\n\r\n40\r\nemail=half%40example.org"} {
			c, err := net.Dial("tcp", strings.TrimPrefix(n.origin, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(c, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"+framing); err != nil {
				t.Fatal(err)
			}
			if half, ok := c.(*net.TCPConn); ok && half.CloseWrite() != nil {
				t.Fatal("cannot hang up")
			}
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Second)) // an answer is not owed to who has left
			said, _ := io.ReadAll(c)
			if len(said) > 0 && !strings.HasPrefix(string(said), "HTTP/1.1 422 ") && !strings.HasPrefix(string(said), "HTTP/1.1 400 ") {
				t.Errorf("%s: %.100q", path, said)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for table, rows := range n.stored() {
		if rows != before[table] {
			t.Errorf("%s changed by half a form: %.300s", table, rows)
		}
	}
}

// TestTheSlowAndTheMany: hundreds of connections that say nothing or speak a
// sign at a time keep nobody else waiting, and are hung up on.
func TestTheSlowAndTheMany(t *testing.T) {
	t.Parallel()
	n := start(t)
	n.get(article)
	var lines []net.Conn
	defer func() {
		for _, c := range lines {
			_ = c.Close()
		}
	}()
	for i := range 400 {
		c, err := net.Dial("tcp", strings.TrimPrefix(n.origin, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, c)
		begun := []string{"", "G", "GET / HTTP/1.1\r\nHost: x\r\nX-", "POST /support HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nemail="}[i%4]
		if _, err := io.WriteString(c, begun); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 50 {
		began := time.Now()
		if a := n.get(article); a.status != http.StatusOK {
			t.Fatalf("reader %d: %d", i, a.status)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Fatalf("reader %d waited %v", i, took)
		}
	}
	if back := n.pay(n.gift()); back == "" {
		t.Error("nobody can give")
	}
	// Whoever has not said within seconds what they want is hung up on.
	for i := range 3 {
		c := lines[i]
		if err := c.SetReadDeadline(time.Now().Add(15 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Errorf("a line that begins with %d is still open: %v", i, err)
		}
	}
}

// begins sends the head of a form of so many bytes, and returns when it is being
// worked on.
func (n *newsroom) begins(t *testing.T, path string, length int) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(n.origin, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", path, length)
	if err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(c)
	if line, err := said.ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := said.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return c, said
}

// TestWorkIsFinishedBeforeTheEnd: a request that is under way when the newsroom
// is told to stop is answered.
func TestWorkIsFinishedBeforeTheEnd(t *testing.T) {
	t.Parallel()
	n := start(t)
	form := n.gift().Encode()
	c, said := n.begins(t, "/support", len(form))
	n.end(t)
	until(t, "it has heard", func() bool { return strings.Contains(n.log.String(), "stopping") })
	if _, err := io.WriteString(c, form); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(said, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusSeeOther && res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%d, %v", res.StatusCode, err)
	}
	select {
	case <-n.exited:
	case <-time.After(20 * time.Second):
		t.Error("it does not end")
	}
	if code := n.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}
