// Page compares the article page of a demo newsroom, appeal decided for each
// reader, with a bare net/http handler that writes the same compressed bytes
// from memory. The two servers take turns.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"mimeo/test/bench/load"
)

const (
	rounds      = 7
	connections = 64
	requests    = 40_000
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "bare" {
		exit(bare(os.Args[2]))
	}
	exit(compare())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// bare serves one file, compressed already, at every path.
func bare(path string) error {
	body, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	length := strconv.Itoa(len(body))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/\n", l.Addr())
	s := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Encoding", "br")
		h.Set("Content-Length", length)
		_, _ = w.Write(body)
	})}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	go func() {
		<-stop
		_ = s.Close()
	}()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func compare() (err error) {
	dir, err := os.MkdirTemp("", "mimeo-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	bin := os.Getenv("MIMEO_BIN")
	if bin == "" {
		bin = "bin/mimeo"
	}
	data := filepath.Join(dir, "data")
	mimeo, err := load.Start(bin, "serve", "--demo", "--data", data, "--listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mimeo.Stop()) }()
	path, err := publish(bin, data, dir)
	if err != nil {
		return err
	}
	header := http.Header{"Accept-Encoding": {"gzip, br"}}
	if err := warm(mimeo.Addr, path, header); err != nil {
		return err
	}
	body, plain, err := fetch(mimeo.Addr, path, header)
	if err != nil {
		return err
	}
	kept := filepath.Join(dir, "page.br")
	if err := os.WriteFile(kept, body, 0o600); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	base, err := load.Start(self, "bare", kept)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, base.Stop()) }()
	fmt.Printf("article page: %d bytes of HTML, %d under brotli; %d connections, %d rounds of %d requests in turns\n", plain, len(body), connections, rounds, requests)

	var cpu, p99, p50 []float64
	for range rounds {
		b, err := base.Round(path, connections, requests, header)
		if err != nil {
			return fmt.Errorf("bare: %w", err)
		}
		m, err := mimeo.Round(path, connections, requests, header)
		if err != nil {
			return fmt.Errorf("mimeo: %w", err)
		}
		cpu = append(cpu, ratio(m.CPU, b.CPU))
		p50 = append(p50, ratio(m.P50, b.P50))
		p99 = append(p99, ratio(m.P99, b.P99))
		fmt.Printf("  bare %v CPU, p99 %v, %.0f/s   mimeo %v CPU, p99 %v, %.0f/s\n", b.CPU, b.P99.Round(10*time.Microsecond), b.PerSecond, m.CPU, m.P99.Round(10*time.Microsecond), m.PerSecond)
	}
	now, peak, err := mimeo.Memory()
	if err != nil {
		return err
	}
	fmt.Printf("mimeo / bare, medians: CPU a request %.2f, p50 %.2f, p99 %.2f; mimeo's memory %.0f MiB, at most %.0f MiB\n",
		load.Median(cpu), load.Median(p50), load.Median(p99), now, peak)
	return nil
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// publish puts a story of about 60 kB of HTML into the running demo.
func publish(bin, data, dir string) (string, error) {
	words := strings.Fields("the council of the harbour town said on Monday that its members had read every page of the report and would answer in writing before the winter because nobody had asked them for less")
	var text bytes.Buffer
	for n := 0; text.Len() < 54_000; n++ {
		for i := range 70 {
			text.WriteString(words[(n*7+i*i+i)%len(words)])
			if i%13 == 12 {
				fmt.Fprintf(&text, " %d", n*i)
			}
			text.WriteByte(' ')
		}
		text.WriteString("said.\n\n")
	}
	file := filepath.Join(dir, "story.txt")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return "", err
	}
	cmd := exec.Command(bin, "story", "import", "--format", "text", "--title", "A long report", "--publish", "--json", "--data", data, file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("importing: %w", err)
	}
	var report struct {
		Stories []struct {
			Path string `json:"path"`
		} `json:"stories"`
	}
	if err := json.Unmarshal(out, &report); err != nil || len(report.Stories) != 1 {
		return "", fmt.Errorf("the import answered %s (%w)", out, err)
	}
	return report.Stories[0].Path, nil
}

// warm asks until the page is there and its best compression is kept.
func warm(addr, path string, header http.Header) error {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		body, _, err := fetch(addr, path, header)
		if err == nil && len(body) > 0 {
			time.Sleep(2 * time.Second)
			_, _, err = fetch(addr, path, header)
			return err
		}
		if time.Now().After(deadline) {
			return err
		}
	}
}

// fetch gives the compressed page and the length of the plain one.
func fetch(addr, path string, header http.Header) (body []byte, plain int, err error) {
	get := func(h http.Header) ([]byte, error) {
		req, err := http.NewRequest(http.MethodGet, "http://"+addr+path, nil)
		if err != nil {
			return nil, err
		}
		req.Header = h
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s", path, res.Status)
		}
		return io.ReadAll(res.Body)
	}
	if body, err = get(header); err != nil {
		return nil, 0, err
	}
	whole, err := get(http.Header{"Accept-Encoding": {"identity"}})
	return body, len(whole), err
}
