package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"
)

// Security says how the way to a server is protected.
type Security string

// The ways. Plain is for a server on the same machine.
const (
	Plain    Security = "none"
	StartTLS Security = "starttls"
	TLS      Security = "tls"
)

// Server is an SMTP server that takes our mail.
type Server struct {
	Host     string
	Port     int      // 0: 465 for TLS, 587 for StartTLS, 25 for Plain
	Security Security // "" means StartTLS
	Username string   // "" does not sign in
	Password string
}

// SMTPOptions are what SMTP needs. From, Servers and Now are required.
type SMTPOptions struct {
	From    string   // "The Newsroom <news@example.org>"
	ReplyTo string   // where answers go; "" means From
	Servers []Server // in order of preference
	DKIM    *DKIM    // nil sends unsigned
	Hello   string   // how we call ourselves; "" means the domain of From
	Now     func() time.Time
	Log     *slog.Logger
	Timeout time.Duration // for one message or one sign-in; 0 means a minute
	TLS     *tls.Config   // whom to trust; nil means the machine's roots
}

// rest is for how long a server that could not be reached is left alone.
const rest = 30 * time.Second

// SMTP posts to the first server that takes a message. A server that answers
// "later" or not at all is followed by the next one; "never" is final. It is
// safe for concurrent use and keeps connections for the next message.
type SMTP struct {
	head    letterhead
	now     func() time.Time
	log     *slog.Logger
	servers []*server
}

// server is one of the servers and its idle connections.
type server struct {
	Server
	addr    string
	hello   string
	timeout time.Duration
	tls     *tls.Config

	mu         sync.Mutex
	idle       []*conn
	restsUntil time.Time
}

// NewSMTP checks the options; it does not connect.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	head, err := newLetterhead(o.From, o.ReplyTo)
	if err != nil {
		return nil, err
	}
	if o.DKIM != nil {
		if head.sign, err = o.DKIM.options(); err != nil {
			return nil, err
		}
	}
	if len(o.Servers) == 0 {
		return nil, errors.New("no mail server is named")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &SMTP{head: head, now: o.Now, log: o.Log}
	for _, one := range o.Servers {
		sv := &server{Server: one, hello: o.Hello, timeout: o.Timeout, tls: &tls.Config{}}
		if o.TLS != nil {
			sv.tls = o.TLS.Clone()
		}
		sv.tls.ServerName, sv.tls.MinVersion = one.Host, tls.VersionTLS12
		if sv.hello == "" {
			sv.hello = head.domain
		}
		if sv.timeout == 0 {
			sv.timeout = time.Minute
		}
		if err := sv.complete(); err != nil {
			return nil, fmt.Errorf("the mail server %q: %w", one.Host, err)
		}
		s.servers = append(s.servers, sv)
	}
	return s, nil
}

// complete fills in what was left open.
func (s *server) complete() error {
	if s.Host == "" {
		return errors.New("it has no name")
	}
	var port int
	switch s.Security {
	case Plain:
		if !loopback(s.Host) {
			return errors.New("mail goes without TLS only to this machine itself")
		}
		port = 25
	case "", StartTLS:
		s.Security, port = StartTLS, 587
	case TLS:
		port = 465
	default:
		return fmt.Errorf("its security is %q, not none, starttls or tls", s.Security)
	}
	if s.Port != 0 {
		port = s.Port
	}
	s.addr = net.JoinHostPort(s.Host, strconv.Itoa(port))
	return nil
}

// Send implements Post.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	e, err := s.head.write(m, s.now())
	if err != nil {
		return err
	}
	var errs []error
	for _, sv := range s.servers {
		err := s.try(ctx, sv, e)
		if err == nil || errors.Is(err, ErrRejected) || ctx.Err() != nil {
			return err
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// try hands a letter to one server, over a connection that is open already when
// there is one.
func (s *SMTP) try(ctx context.Context, sv *server, e envelope) error {
	now := s.now()
	c, resting := sv.take(now)
	if resting {
		return fmt.Errorf("%s could not be reached a moment ago", sv.addr)
	}
	var err error
	if c != nil {
		err = s.deliver(ctx, sv, c, e)
	}
	if c == nil || errors.Is(err, errStale) {
		if c, err = sv.dial(ctx); err == nil {
			err = s.deliver(ctx, sv, c, e)
		}
	}
	if !errors.Is(err, errRefusedAll) || ctx.Err() != nil {
		return err
	}
	s.log.Warn("a mail server does not take mail", "server", sv.addr, "err", err)
	sv.mu.Lock()
	sv.restsUntil = now.Add(rest)
	sv.mu.Unlock()
	return err
}

func (s *SMTP) deliver(ctx context.Context, sv *server, c *conn, e envelope) error {
	ctx, cancel := context.WithTimeout(ctx, sv.timeout)
	defer cancel()
	err := c.deliver(ctx, s.head.from.Address, e)
	if c.broken {
		c.close()
		return err
	}
	c.used = s.now()
	sv.mu.Lock()
	sv.idle = append(sv.idle, c)
	sv.mu.Unlock()
	return err
}

// fresh is how long an idle connection is trusted.
const fresh = 20 * time.Second

// take gives an open connection, nil when there is none.
func (s *server) take(now time.Time) (c *conn, resting bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.restsUntil) {
		return nil, true
	}
	for len(s.idle) > 0 {
		c := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		if now.Sub(c.used) < fresh {
			c.reused = true
			return c, false
		}
		c.close()
	}
	return nil, false
}

// CloseIdle ends the connections that carry nothing just now.
func (s *SMTP) CloseIdle() {
	for _, sv := range s.servers {
		sv.mu.Lock()
		idle := sv.idle
		sv.idle = nil
		sv.mu.Unlock()
		for _, c := range idle {
			c.quit()
		}
	}
}
