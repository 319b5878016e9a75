package web

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// An answer larger than net/http's buffer of 4 kB leaves it in two pieces: the
// header with the beginning of the body, and the rest. Each costs a system call
// and a wakeup of whoever reads, together a third of what a page that lies
// ready costs at all. Listen, KnowConn and WriteWhole make one piece of them.

// Listen lets the connections that l accepts take part in WriteWhole.
func Listen(l net.Listener) net.Listener {
	if tcp, ok := l.(*net.TCPListener); ok {
		return listener{tcp}
	}
	return l
}

type listener struct{ *net.TCPListener }

// Accept waits for the next connection.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return &conn{TCPConn: c}, nil
}

type connKey struct{}

// KnowConn is an http.Server's ConnContext by which WriteWhole finds the
// connection of a request.
func KnowConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// WriteWhole writes a whole body, whose length the header tells already, and
// ends the answer. That the reader has hung up is not an error of ours: there
// is nobody to tell.
func WriteWhole(w http.ResponseWriter, r *http.Request, body []byte) {
	c, known := r.Context().Value(connKey{}).(*conn)
	f, flushes := w.(http.Flusher)
	if !known || !flushes {
		_, _ = w.Write(body)
		return
	}
	c.gathering = true
	defer c.release()
	if _, err := w.Write(body); err == nil {
		f.Flush()
	}
}

// conn is a connection that can hold the first piece of an answer back until
// the second one comes, so that both go out together.
//
// It is gathering only within WriteWhole, on the goroutine that serves the
// request: nothing else writes then.
type conn struct {
	*net.TCPConn
	gathering bool
	held      *[]byte // nil for nothing
	both      [2][]byte
}

var pieces = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// Write sends p, with what was held back before it.
func (c *conn) Write(p []byte) (int, error) {
	switch {
	case !c.gathering:
		return c.TCPConn.Write(p)
	case c.held == nil:
		// A copy, because net/http puts the next piece into the same buffer.
		c.held, _ = pieces.Get().(*[]byte) //nolint:errcheck // the pool holds nothing else
		*c.held = append((*c.held)[:0], p...)
		return len(p), nil
	}
	c.gathering = false
	c.both = [2][]byte{*c.held, p}
	all := net.Buffers(c.both[:])
	n, err := all.WriteTo(c.TCPConn)
	n -= int64(len(*c.held))
	c.letGo()
	return int(max(n, 0)), err
}

// release sends what is still held back.
func (c *conn) release() {
	c.gathering = false
	if c.held == nil {
		return
	}
	_, _ = c.TCPConn.Write(*c.held) //nolint:errcheck // an error shows itself again at the next use of the connection
	c.letGo()
}

func (c *conn) letGo() {
	c.both = [2][]byte{}
	pieces.Put(c.held)
	c.held = nil
}
