// Package load measures HTTP servers for the benchmarks: requests over kept
// connections, how long each took, and the CPU time that the server's process
// used meanwhile, as the kernel counts it.
package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is a server process under measurement.
type Server struct {
	Addr string // host:port
	cmd  *exec.Cmd
	done chan struct{}
}

// Start runs a program and waits for the line with its address, which is the
// first thing after "http://" that it prints.
func Start(name string, args ...string) (*Server, error) {
	cmd := exec.Command(name, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &Server{cmd: cmd, done: make(chan struct{})}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		_, rest, found := strings.Cut(lines.Text(), "http://")
		if !found {
			continue
		}
		s.Addr, _, _ = strings.Cut(strings.TrimSpace(rest), "/")
		go func() {
			defer close(s.done)
			_, _ = io.Copy(io.Discard, out)
		}()
		return s, nil
	}
	return nil, errors.Join(fmt.Errorf("%s printed no address", name), cmd.Process.Kill(), cmd.Wait())
}

// Stop ends the server by its own signal.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	<-s.done
	return s.cmd.Wait()
}

// CPU is the processor time the server has used so far.
func (s *Server) CPU() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	user, err1 := strconv.Atoi(f[11])
	system, err2 := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}

// Memory is the server's resident set, now and at its highest, in MiB.
func (s *Server) Memory() (now, peak float64, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, numeric := strconv.ParseFloat(f[1], 64)
		switch {
		case numeric != nil:
		case f[0] == "VmRSS:":
			now = kb / 1024
		case f[0] == "VmHWM:":
			peak = kb / 1024
		}
	}
	return now, peak, nil
}

// Result is one round against one server.
type Result struct {
	Requests  int
	CPU       time.Duration // of the server, per request
	P50, P99  time.Duration
	PerSecond float64
}

// Round sends n GET requests for path over some connections and measures.
func (s *Server) Round(path string, connections, n int, header http.Header) (Result, error) {
	before, err := s.CPU()
	if err != nil {
		return Result{}, err
	}
	var request bytes.Buffer
	fmt.Fprintf(&request, "GET %s HTTP/1.1\r\nHost: %s\r\n", path, s.Addr)
	if err := header.Write(&request); err != nil {
		return Result{}, err
	}
	request.WriteString("\r\n")
	took := make([][]time.Duration, connections)
	fails := make([]error, connections)
	var wg sync.WaitGroup
	began := time.Now()
	for i := range connections {
		wg.Go(func() { took[i], fails[i] = s.one(request.Bytes(), n/connections) })
	}
	wg.Wait()
	wall := time.Since(began)
	after, err := s.CPU()
	if err = errors.Join(append(fails, err)...); err != nil {
		return Result{}, err
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	return Result{
		Requests: len(all), CPU: (after - before) / time.Duration(len(all)),
		P50: all[len(all)/2], P99: all[len(all)*99/100], PerSecond: float64(len(all)) / wall.Seconds(),
	}, nil
}

// one keeps a connection busy. It reads answers by their length alone, so that
// the measuring costs little beside the measured.
func (s *Server) one(request []byte, n int) ([]time.Duration, error) {
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	r := bufio.NewReaderSize(c, 64<<10)
	took := make([]time.Duration, 0, n)
	for range n {
		began := time.Now()
		if _, err := c.Write(request); err != nil {
			return nil, err
		}
		length := -1
		for first := true; ; first = false {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return nil, err
			}
			if first && !bytes.Contains(line, []byte(" 200 ")) {
				return nil, fmt.Errorf("answered %s", bytes.TrimSpace(line))
			}
			if len(line) == 2 {
				break
			}
			if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
					return nil, err
				}
			}
		}
		if length < 0 {
			return nil, errors.New("an answer without a length")
		}
		if _, err := r.Discard(length); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

// Median is the middle one of some figures.
func Median[T ~int64 | ~float64](all []T) T {
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}
