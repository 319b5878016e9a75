package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// conn is one connection to a server, signed in.
type conn struct {
	server string
	net    net.Conn
	smtp   *smtp.Client
	used   time.Time
	reused bool // it waited for this message
	broken bool // it can carry no other message
}

var (
	// errStale says that a connection had died while it was idle: nothing was
	// handed over, and a new one may do better.
	errStale = errors.New("the connection had ended")
	// errRefusedAll says that a server refuses us, not this message.
	errRefusedAll = errors.New("the server does not take our mail")
)

// answer is what a server said, without its words: they may quote an address.
type answer struct {
	server   string
	stage    string
	code     int
	enhanced string // "5.1.1"
}

func (a *answer) Error() string {
	text := fmt.Sprintf("%s answered %s with %d", a.server, a.stage, a.code)
	if a.enhanced != "" {
		text += " " + a.enhanced
	}
	return text
}

var enhancedPattern = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// said takes a server's words out of an error.
func (c *conn) said(stage string, err error) error {
	var p *textproto.Error
	if errors.As(err, &p) {
		return &answer{c.server, stage, p.Code, enhancedPattern.FindString(p.Msg)}
	}
	c.broken = true
	return fmt.Errorf("%s at %s: %w", c.server, stage, err)
}

func code(err error) int {
	var a *answer
	if errors.As(err, &a) {
		return a.code
	}
	return 0
}

// dial connects and signs in.
func (s *server) dial(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var dialer net.Dialer
	wire, err := dialer.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRefusedAll, err)
	}
	c := &conn{server: s.addr, net: wire}
	stop := context.AfterFunc(ctx, c.close)
	defer stop()
	if err := c.greet(ctx, s); err != nil {
		c.close()
		return nil, fmt.Errorf("%w: %w", errRefusedAll, err)
	}
	return c, nil
}

func (c *conn) greet(ctx context.Context, s *server) (err error) {
	wire := c.net
	if s.Security == TLS {
		secured := tls.Client(wire, s.tls)
		if err := secured.HandshakeContext(ctx); err != nil {
			return c.said("TLS", err)
		}
		wire = secured
	}
	if c.smtp, err = smtp.NewClient(wire, s.Host); err != nil {
		return c.said("its greeting", err)
	}
	if err := c.smtp.Hello(s.hello); err != nil {
		return c.said("EHLO", err)
	}
	if s.Security == StartTLS {
		if offered, _ := c.smtp.Extension("STARTTLS"); !offered {
			return fmt.Errorf("%s does not offer STARTTLS", c.server)
		}
		if err := c.smtp.StartTLS(s.tls); err != nil {
			return c.said("STARTTLS", err)
		}
	}
	if s.Username == "" {
		return nil
	}
	how, err := s.auth(c)
	if err != nil {
		return err
	}
	if err := c.smtp.Auth(how); err != nil {
		return c.said("AUTH", err)
	}
	return nil
}

// auth chooses how to sign in. A password goes over a plain connection only to
// this machine itself.
func (s *server) auth(c *conn) (smtp.Auth, error) {
	_, offered := c.smtp.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(offered))
	switch {
	case slices.Contains(ways, "SCRAM-SHA-256"):
		return smtp.ScramSHA256Auth(s.Username, s.Password), nil
	case slices.Contains(ways, "PLAIN"):
		return smtp.PlainAuth("", s.Username, s.Password, s.Host, s.Security == Plain), nil
	case slices.Contains(ways, "LOGIN"):
		return smtp.LoginAuth(s.Username, s.Password, s.Host, s.Security == Plain), nil
	default:
		return nil, fmt.Errorf("%s offers no way to sign in that we know", c.server)
	}
}

// deliver hands over one letter. It returns nil only after the server took
// responsibility for it.
func (c *conn) deliver(ctx context.Context, from string, e envelope) error {
	stop := context.AfterFunc(ctx, c.close)
	defer stop()
	sender := "MAIL FROM:<" + from + ">"
	if e.utf8 {
		if offered, _ := c.smtp.Extension("SMTPUTF8"); !offered {
			return fmt.Errorf("%w: %s carries only ASCII addresses", ErrRejected, c.server)
		}
		sender += " BODY=8BITMIME SMTPUTF8"
	}
	said := c.ask(
		question{"MAIL", sender, 250},
		question{"RCPT", "RCPT TO:<" + e.to + ">", 25},
		question{"DATA", "DATA", 354},
	)
	if err := said[0]; err != nil {
		if c.reused && (c.broken || code(err) == 421) {
			c.broken = true
			return errStale
		}
		c.broken = true
		if code(err)/100 == 4 {
			return err
		}
		return fmt.Errorf("%w: %w", errRefusedAll, err)
	}
	if err := said[1]; err != nil {
		if len(said) > 2 && said[2] == nil { // it waits for a letter to nobody
			if err := c.send(nil); err == nil || code(err) == 0 {
				c.broken = true
			}
		}
		return c.refused(err)
	}
	if err := said[2]; err != nil {
		return c.refused(err)
	}
	if err := c.send(e.bytes); err != nil {
		return c.refused(err)
	}
	return nil
}

// question is a command and the code of the answer that we hope for.
type question struct {
	stage, line string
	hope        int
}

// ask puts questions until one is not answered as hoped. A server that takes
// several at once is asked all at once, and answers all.
func (c *conn) ask(questions ...question) (said []error) {
	pipelining, _ := c.smtp.Extension("PIPELINING")
	text := c.smtp.Text
	for _, q := range questions {
		// Errors of writing stay in the writer until it is flushed.
		_, _ = text.W.WriteString(q.line + "\r\n") //nolint:errcheck // as said
		if pipelining {
			continue
		}
		said = append(said, c.hear(q))
		if said[len(said)-1] != nil {
			return said
		}
	}
	for _, q := range questions[len(said):] {
		if said = append(said, c.hear(q)); c.broken {
			return said
		}
	}
	return said
}

// hear waits for the answer to a question.
func (c *conn) hear(q question) error {
	text := c.smtp.Text
	if err := text.W.Flush(); err != nil {
		return c.said(q.stage, err)
	}
	if _, _, err := text.ReadResponse(q.hope); err != nil {
		return c.said(q.stage, err)
	}
	return nil
}

// send sends what follows DATA and waits for the server's word.
func (c *conn) send(letter []byte) error {
	w := c.smtp.Text.DotWriter()
	_, err := w.Write(letter)
	if err = errors.Join(err, w.Close()); err != nil {
		return c.said("the letter", err)
	}
	return c.hear(question{"the letter's end", "", 250})
}

// refused sorts a server's refusal and makes the connection ready for the next
// letter, or gives it up.
func (c *conn) refused(err error) error {
	switch code := code(err); {
	case code == 421, c.broken:
		c.broken = true
	case code == 530, code == 535, code == 538: // it wants us to sign in
		c.broken = true
		return fmt.Errorf("%w: %w", errRefusedAll, err)
	}
	if code(err)/100 == 5 {
		err = fmt.Errorf("%w: %w", ErrRejected, err)
	}
	if !c.broken && c.ask(question{"RSET", "RSET", 250})[0] != nil {
		c.broken = true
	}
	return err
}

// close gives the connection up.
func (c *conn) close() { _ = c.net.Close() }

// quit takes leave as one should; whoever does not answer is left.
func (c *conn) quit() {
	// A connection that is idle has answered everything, so this one line goes
	// out at once.
	_ = c.smtp.Text.PrintfLine("QUIT") //nolint:errcheck // it is given up
	c.close()
}
