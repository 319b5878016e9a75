package web_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"mimeo/internal/web"
)

// wholeServer answers /N with N bytes by WriteWhole.
func wholeServer(t *testing.T, wrap func(net.Listener) net.Listener) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{ConnContext: web.KnowConn, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
		if err != nil {
			http.Error(w, "no number", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(n))
		web.WriteWhole(w, r, someBytes(n))
	})}
	served := make(chan error, 1)
	go func() { served <- s.Serve(wrap(l)) }()
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func someBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * i >> 3)
	}
	return b
}

func TestWholeAnswersArriveAsTheyAre(t *testing.T) {
	for name, wrap := range map[string]func(net.Listener) net.Listener{
		"gathered": web.Listen, "plain": func(l net.Listener) net.Listener { return l },
	} {
		t.Run(name, func(t *testing.T) {
			addr := wholeServer(t, wrap)
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			r := bufio.NewReader(c)
			// Around the sizes of net/http's buffers, all on one connection, two
			// requests at a time.
			for _, n := range []int{0, 1, 2047, 2048, 2049, 3900, 3950, 3975, 3990, 4000, 4095, 4096, 4097, 6000, 8100, 8192, 8200, 70_000, 1 << 20} {
				if _, err := fmt.Fprintf(c, "GET /%d HTTP/1.1\r\nHost: h\r\n\r\nHEAD /%d HTTP/1.1\r\nHost: h\r\n\r\n", n, n); err != nil {
					t.Fatal(err)
				}
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					res, err := http.ReadResponse(r, &http.Request{Method: method})
					if err != nil {
						t.Fatalf("%s of %d bytes: %v", method, n, err)
					}
					body, err := io.ReadAll(res.Body)
					if err != nil || res.ContentLength != int64(n) || len(res.TransferEncoding) > 0 {
						t.Fatalf("%s of %d bytes: length %d, %v", method, n, res.ContentLength, err)
					}
					if want := someBytes(n); method == http.MethodGet && !bytes.Equal(body, want) {
						t.Fatalf("%d bytes are not those that were sent", n)
					}
				}
			}
		})
	}
}

// A reader that hangs up in the middle harms nobody else.
func TestAReaderHangsUp(t *testing.T) {
	addr := wholeServer(t, web.Listen)
	for range 20 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "GET /3000000 HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	res, err := http.Get("http://" + addr + "/9000")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil || !bytes.Equal(body, someBytes(9000)) {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}
