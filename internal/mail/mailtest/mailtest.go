// Package mailtest is a mail server inside the test process: it records what it
// accepts, and refuses, stalls or hangs up where a test wants it to.
package mailtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/mail"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Stage is a point of a delivery at which a Server can fail.
type Stage int

// The stages, in their order. AfterData comes when the whole message was
// received and just before it is recorded and accepted; Accepted when it is
// recorded and the client has not heard so yet.
const (
	Connect Stage = iota
	From
	To
	Data
	AfterData
	Accepted
)

// ErrHangUp is what a Fail function returns to cut the connection without a word.
var ErrHangUp = errors.New("hang up")

// Refuse is what a Fail function returns to refuse with a code: 4xx for later,
// 5xx for never. The words quote the address, as many servers do.
func Refuse(code int) error { return &smtp.SMTPError{Code: code} }

// Letter is a message that a Server accepted.
type Letter struct {
	From, To string
	UTF8     bool // the client asked for SMTPUTF8
	Raw      []byte
	Header   mail.Header
}

// ID is the letter's Message-ID, with its brackets.
func (l Letter) ID() string { return l.Header.Get("Message-Id") }

// Options change a Server. The zero value accepts everything in clear.
type Options struct {
	// Fail is asked at each stage; to is known from To on. It may be called
	// from several connections at once.
	Fail func(stage Stage, to string) error
	// Keep decides what is recorded; nil records everything. Messages that
	// are not recorded are not parsed.
	Keep func(to string) bool
	// Users are names and passwords of those who may send; nil lets all.
	Users map[string]string
	// TLS: "" none, "starttls" offered, "tls" from the first byte.
	TLS string
	// OneByOne makes it a server that takes no command before it answered
	// the last; it goes without TLS.
	OneByOne bool
}

// Server is a mail server on a free loopback port.
type Server struct {
	Host string
	Port int
	// Trust is for the client of a server that speaks TLS.
	Trust *tls.Config

	o        Options
	smtp     *smtp.Server
	listener net.Listener
	mu       sync.Mutex
	letters  []Letter
	count    int
	connects int
}

// Start runs a server until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, l, o)
}

// StartAt runs a server on a given port.
func StartAt(t testing.TB, port int, o Options) *Server {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, l, o)
}

func serve(t testing.TB, l net.Listener, o Options) *Server {
	t.Helper()
	s := &Server{Host: "127.0.0.1", Port: int(netip.MustParseAddrPort(l.Addr().String()).Port()), o: o}
	s.smtp = smtp.NewServer(s)
	s.smtp.Domain, s.smtp.AllowInsecureAuth, s.smtp.EnableSMTPUTF8 = "mx.example.net", true, true
	s.smtp.ErrorLog = quiet{}
	if o.TLS != "" {
		var config *tls.Config
		config, s.Trust = certificate(t)
		s.smtp.TLSConfig = config
		if o.TLS == "tls" {
			l = tls.NewListener(l, config)
		}
	}
	if o.OneByOne {
		l = oneByOne{l}
	}
	s.listener = l
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.smtp.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("the mail server of the test: %v", err)
		}
	}()
	t.Cleanup(func() {
		s.Stop()
		<-done
	})
	return s
}

// Stop ends the server at once; its port refuses connections from then on.
func (s *Server) Stop() {
	_ = s.listener.Close() // a server that has not begun to listen yet does not know of it
	_ = s.smtp.Close()
}

// Letters returns what was recorded, in the order of acceptance.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.letters...)
}

// Count is how many messages were accepted, recorded or not.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Connections is how many connections there have been.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connects
}

// NewSession is for the SMTP library.
func (s *Server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	s.connects++
	s.mu.Unlock()
	one := &session{server: s, conn: c}
	if err := one.fail(Connect); err != nil {
		return nil, err
	}
	return one, nil
}

// session is one connection.
type session struct {
	server *Server
	conn   *smtp.Conn
	user   string
	letter Letter
}

func (s *session) fail(stage Stage) error {
	if s.server.o.Fail == nil {
		return nil
	}
	err := s.server.o.Fail(stage, s.letter.To)
	var refusal *smtp.SMTPError
	if errors.As(err, &refusal) {
		return &smtp.SMTPError{Code: refusal.Code, EnhancedCode: smtp.EnhancedCode{refusal.Code / 100, 1, 1}, Message: "not <" + s.letter.To + "> today"}
	}
	if err != nil {
		_ = s.conn.Conn().Close()
	}
	return err
}

func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	if s.server.o.Users != nil && s.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "sign in first"}
	}
	s.letter.From, s.letter.UTF8 = from, opts.UTF8
	return s.fail(From)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.letter.To = to
	return s.fail(To)
}

func (s *session) Data(r io.Reader) error {
	if err := s.fail(Data); err != nil {
		return err
	}
	keep := s.server.o.Keep == nil || s.server.o.Keep(s.letter.To)
	if !keep {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return err
		}
	} else {
		raw, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			return &smtp.SMTPError{Code: 554, Message: "not a message"}
		}
		s.letter.Raw, s.letter.Header = raw, m.Header
	}
	if err := s.fail(AfterData); err != nil {
		return err
	}
	s.server.mu.Lock()
	s.server.count++
	if keep {
		s.server.letters = append(s.server.letters, s.letter)
	}
	s.server.mu.Unlock()
	return s.fail(Accepted)
}

func (s *session) Reset()        { s.letter = Letter{} }
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string {
	if s.server.o.Users == nil {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, password string) error {
		if want, ok := s.server.o.Users[name]; !ok || want != password {
			return smtp.ErrAuthFailed
		}
		s.user = name
		return nil
	}), nil
}

// oneByOne takes PIPELINING out of what the server says it can.
type oneByOne struct{ net.Listener }

func (l oneByOne) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return silenced{c}, err
}

type silenced struct{ net.Conn }

func (c silenced) Write(p []byte) (int, error) {
	if _, err := c.Conn.Write(bytes.ReplaceAll(p, []byte("PIPELINING"), []byte("X-ONEBYONE"))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// quiet drops what the library says of connections that a test cut.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func certificate(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.example.net"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots}
}

// DKIMKey makes an Ed25519 key for tests: its PEM form, and the TXT record that
// its domain would publish.
func DKIMKey(t testing.TB) (key []byte, record string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
}

// VerifyDKIM checks a letter's signature against TXT records by name
// ("news._domainkey.example.org") and returns the signing domain.
func VerifyDKIM(raw []byte, records map[string]string) (domain string, err error) {
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if r, ok := records[name]; ok {
			return []string{r}, nil
		}
		return nil, fmt.Errorf("no record %s", name)
	}})
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%d signatures, want one", len(found))
	}
	return found[0].Domain, found[0].Err
}
