// Page compares the article page of a demo newsroom, appeal decided for each
// reader, with a bare net/http handler that writes the same compressed bytes
// from memory; and the page that lies ready with the same page while its hour
// runs out again and again, and while its text is revised. They take turns.
package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"time"

	"mimeo/test/bench/load"
)

const (
	rounds      = 9
	connections = 64
	requests    = 50_000
	// pause is the time between two disturbances of a round: often enough for
	// the readers whom they touch to be more than one in a hundred.
	pause = 100 * time.Millisecond
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

// kind is a kind of round and what was measured in its rounds.
type kind struct {
	name    string
	server  *load.Server
	disturb func() error // nil for nothing
	times   int          // that it was disturbed

	cpu, p50, p99 []time.Duration
}

func (k *kind) round(path string, header http.Header) error {
	stop := make(chan struct{})
	ended := make(chan error, 1)
	go func() { ended <- k.disturbing(stop) }()
	r, err := k.server.Round(path, connections, requests, header)
	close(stop)
	if err := errors.Join(err, <-ended); err != nil {
		return fmt.Errorf("%s: %w", k.name, err)
	}
	k.cpu, k.p50, k.p99 = append(k.cpu, r.CPU), append(k.p50, r.P50), append(k.p99, r.P99)
	return nil
}

// disturbing disturbs until it is stopped.
func (k *kind) disturbing(stop <-chan struct{}) error {
	if k.disturb == nil {
		return nil
	}
	for t := time.NewTicker(pause); ; k.times++ {
		select {
		case <-stop:
			t.Stop()
			return nil
		case <-t.C:
			if err := k.disturb(); err != nil {
				return err
			}
		}
	}
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
	rest, _, err := mimeo.Memory()
	if err != nil {
		return err
	}
	d, err := openDesk(data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	path, err := d.publish()
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

	bare := &kind{name: "bare handler", server: base}
	ready := &kind{name: "ready", server: mimeo}
	due := &kind{name: "hour runs out", server: mimeo, disturb: func() error { return passHour(mimeo.Addr) }}
	revised := &kind{name: "text revised", server: mimeo, disturb: d.revise}
	all := []*kind{bare, ready, due, revised}
	for range rounds {
		for _, k := range all {
			if err := k.round(path, header); err != nil {
				return err
			}
		}
	}
	_, peak, err := mimeo.Memory()
	if err != nil {
		return err
	}
	for _, k := range all {
		fmt.Printf("  %-14s CPU a request %7v, p50 %8v, p99 %8v", k.name, load.Median(k.cpu).Round(10*time.Nanosecond),
			load.Median(k.p50).Round(10*time.Microsecond), load.Median(k.p99).Round(10*time.Microsecond))
		if k.disturb != nil {
			fmt.Printf("  (%.1f times a round)", float64(k.times)/rounds)
		}
		fmt.Println()
	}
	fmt.Printf("ready / bare, of the medians: CPU a request %.2f, p50 %.2f, p99 %.2f\n",
		ratio(ready.cpu, bare.cpu), ratio(ready.p50, bare.p50), ratio(ready.p99, bare.p99))
	fmt.Printf("p99 / ready: while the hour runs out %.2f, while the text is revised %.2f\n", ratio(due.p99, ready.p99), ratio(revised.p99, ready.p99))
	fmt.Printf("memory: %.0f MiB at rest, %.0f MiB at most\n", rest, peak)
	return nil
}

func ratio(a, b []time.Duration) float64 { return float64(load.Median(a)) / float64(load.Median(b)) }
