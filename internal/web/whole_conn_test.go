package web

import (
	"errors"
	"io"
	"net"
	"testing"
)

// pair is a connection of Listen and the reader's end of it.
func pair(t *testing.T) (*conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l = Listen(l)
	reader, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c, ok := accepted.(*conn)
	if !ok {
		t.Fatalf("%T", accepted)
	}
	t.Cleanup(func() {
		if err := errors.Join(c.Close(), reader.Close(), l.Close()); err != nil {
			t.Error(err)
		}
	})
	return c, reader
}

func TestAConnectionHoldsOnePieceBack(t *testing.T) {
	c, reader := pair(t)
	write := func(text string) {
		t.Helper()
		if n, err := io.WriteString(c, text); n != len(text) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	arrived := func(want string) {
		t.Helper()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(reader, got); err != nil || string(got) != want {
			t.Fatalf("%q, %v", got, err)
		}
	}
	write("at once ")
	arrived("at once ")
	c.gathering = true
	write("head and ")
	if c.held == nil || string(*c.held) != "head and " {
		t.Fatal("the first piece was not held back")
	}
	write("body, ")
	if c.held != nil || c.gathering {
		t.Fatal("something is held back still")
	}
	write("the rest. ")
	c.release()
	arrived("head and body, the rest. ")
	c.gathering = true
	write("one piece alone")
	c.release()
	c.release()
	arrived("one piece alone")
	if c.held != nil || c.gathering {
		t.Fatal("something is held back still")
	}
}
