package mail_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mimeo/internal/db/dbtest"
	mimeomail "mimeo/internal/mail"
	"mimeo/internal/mail/mailtest"
)

func server(s *mailtest.Server) mimeomail.Server {
	return mimeomail.Server{Host: s.Host, Port: s.Port, Security: mimeomail.Plain}
}

func options(servers ...*mailtest.Server) mimeomail.SMTPOptions {
	o := mimeomail.SMTPOptions{From: "Die Redaktion «N» <news@example.org>", Now: at(noon), Timeout: 5 * time.Second}
	for _, s := range servers {
		o.Servers = append(o.Servers, server(s))
	}
	return o
}

func post(t testing.TB, o mimeomail.SMTPOptions) *mimeomail.SMTP {
	t.Helper()
	s, err := mimeomail.NewSMTP(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.CloseIdle)
	return s
}

func TestSMTPLetter(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{})
	o := options(s)
	key, record := mailtest.DKIMKey(t)
	o.DKIM = &mimeomail.DKIM{Domain: "example.org", Selector: "news", Key: key}
	o.ReplyTo = "desk@example.org"
	p := post(t, o)
	for i := range 3 {
		m := message()
		m.ID = string(rune('a' + i))
		m.Subject = "Ваше напоминание на январь, которое длиннее одной строки заголовка"
		m.Text = "Первая строка\r\nвторая\n.\n.. точки\n" + strings.Repeat("длинно ", 200)
		if err := p.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	letters := s.Letters()
	if len(letters) != 3 || s.Connections() != 1 {
		t.Fatalf("%d letters over %d connections", len(letters), s.Connections())
	}
	l := letters[0]
	if l.From != "news@example.org" || l.To != "reader@example.net" || l.ID() != "<a@example.org>" || l.UTF8 || l.Header.Get("Reply-To") != "<desk@example.org>" {
		t.Errorf("%q → %q, %s, UTF8 %v, %v", l.From, l.To, l.ID(), l.UTF8, l.Header)
	}
	_, types, bodies := parts(t, l.Raw)
	if len(types) != 2 || !strings.HasPrefix(types[0], "text/plain") || !strings.HasPrefix(types[1], "text/html") {
		t.Fatalf("parts: %v", types)
	}
	if want := "Первая строка\r\nвторая\r\n.\r\n.. точки\r\n"; !strings.HasPrefix(bodies[0], want) {
		t.Errorf("text: %q", bodies[0][:80])
	}
	for i, line := range bytes.Split(l.Raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("line %d: %q", i, line)
		}
	}

	records := map[string]string{"news._domainkey.example.org": record}
	if domain, err := mailtest.VerifyDKIM(l.Raw, records); err != nil || domain != "example.org" {
		t.Fatalf("DKIM: %q, %v\n%s", domain, err, l.Raw)
	}
	for what, change := range map[string][2]string{
		"a changed body": {"</p>", "!</p>"}, "another sender": {"\r\nFrom: ", "\r\nFrom: evil@example.com,"},
		"another place to unsubscribe": {"remind/stop", "remind/evil"},
		"a second subject":             {"\r\nSubject:", "\r\nSubject: buy\r\nSubject:"},
		"a second sender":              {"\r\nFrom: ", "\r\nFrom: evil@example.com\r\nFrom: "},
	} {
		bent := bytes.Replace(l.Raw, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(bent, l.Raw) {
			t.Fatalf("%s: nothing changed in\n%s", what, l.Raw)
		}
		if _, err := mailtest.VerifyDKIM(bent, records); err == nil {
			t.Errorf("%s verifies", what)
		}
	}
}

func TestDKIMKeys(t *testing.T) {
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	old := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(long)})
	der, err := x509.MarshalPKCS8PrivateKey(long)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&long.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	records := map[string]string{"s._domainkey.example.org": "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)}
	for what, key := range map[string][]byte{"PKCS #1": old, "PKCS #8": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})} {
		s := mailtest.Start(t, mailtest.Options{})
		o := options(s)
		o.DKIM = &mimeomail.DKIM{Domain: "example.org", Selector: "s", Key: key}
		if err := post(t, o).Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
		if _, err := mailtest.VerifyDKIM(s.Letters()[0].Raw, records); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	ed, _ := mailtest.DKIMKey(t)
	for what, d := range map[string]*mimeomail.DKIM{
		"no PEM":           {Domain: "example.org", Selector: "s", Key: []byte("secret")},
		"no private key":   {Domain: "example.org", Selector: "s", Key: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})},
		"rubbish":          {Domain: "example.org", Selector: "s", Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})},
		"a short key":      {Domain: "example.org", Selector: "s", Key: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(short)})},
		"no selector":      {Domain: "example.org", Key: ed},
		"no domain either": {Key: ed},
	} {
		o := options(mailtest.Start(t, mailtest.Options{}))
		o.DKIM = d
		if _, err := mimeomail.NewSMTP(o); err == nil {
			t.Errorf("%s is taken", what)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error shows the key: %v", what, err)
		}
	}
}

// TestRefusals lets a server fail at each stage and looks at who gets the mail.
func TestRefusals(t *testing.T) {
	t.Run("pipelining", func(t *testing.T) { refusals(t, false) })
	t.Run("one by one", func(t *testing.T) { refusals(t, true) })
}

func refusals(t *testing.T, oneByOne bool) {
	const later, never, wholly = "later", "never", ""
	for _, row := range []struct {
		stage  mailtest.Stage
		with   error
		alone  string // what Send says when there is no other server
		second int    // how many letters the second server gets
	}{
		{mailtest.Connect, mailtest.Refuse(421), later, 1},
		{mailtest.Connect, mailtest.Refuse(554), later, 1},
		{mailtest.Connect, mailtest.ErrHangUp, later, 1},
		{mailtest.From, mailtest.Refuse(451), later, 1},
		{mailtest.From, mailtest.Refuse(550), later, 1}, // it refuses us, not the addressee
		{mailtest.From, mailtest.ErrHangUp, later, 1},
		{mailtest.To, mailtest.Refuse(450), later, 1},
		{mailtest.To, mailtest.Refuse(550), never, 0},
		{mailtest.To, mailtest.Refuse(530), later, 1},
		{mailtest.To, mailtest.Refuse(421), later, 1},
		{mailtest.To, mailtest.ErrHangUp, later, 1},
		{mailtest.Data, mailtest.Refuse(452), later, 1},
		{mailtest.AfterData, mailtest.Refuse(451), later, 1},
		{mailtest.AfterData, mailtest.Refuse(554), never, 0},
		{mailtest.AfterData, mailtest.ErrHangUp, later, 1},
		{mailtest.Accepted, nil, wholly, 0},
	} {
		var on atomic.Bool
		fail := func(stage mailtest.Stage, _ string) error {
			if on.Load() && stage == row.stage {
				return row.with
			}
			return nil
		}
		first, second := mailtest.Start(t, mailtest.Options{Fail: fail, OneByOne: oneByOne}), mailtest.Start(t, mailtest.Options{})
		c := dbtest.NewClock(noon)
		var log bytes.Buffer
		o := options(first)
		o.Now, o.Log = c.Now, slog.New(slog.NewTextHandler(&log, nil))
		on.Store(true)
		p := post(t, o)
		err := p.Send(t.Context(), message())
		if got := verdict(err); got != row.alone {
			t.Errorf("stage %d, %v: %q (%v), want %q", row.stage, row.with, got, err, row.alone)
		}
		if err != nil && strings.Contains(err.Error()+log.String(), "reader@") {
			t.Errorf("stage %d, %v: the address is told: %v, log %s", row.stage, row.with, err, &log)
		}
		on.Store(false)
		c.Advance(time.Minute)
		if err := p.Send(t.Context(), message()); err != nil {
			t.Errorf("stage %d, %v: not again afterwards: %v", row.stage, row.with, err)
		}

		on.Store(true)
		two := post(t, options(first, second))
		if got := verdict(two.Send(t.Context(), message())); got == later || len(second.Letters()) != row.second {
			t.Errorf("stage %d, %v: with a second server %q, which has %d letters", row.stage, row.with, got, len(second.Letters()))
		}
	}
}

func verdict(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, mimeomail.ErrRejected):
		return "never"
	default:
		return "later"
	}
}

// TestServerThatTakesLettersToNobody refuses a recipient but says go ahead to
// the DATA that came right behind, as the standard allows.
func TestServerThatTakesLettersToNobody(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 100)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		say := func(line string) { _, _ = c.Write([]byte(line + "\r\n")) }
		say("220 mx.example.net")
		somebody, letter := false, false
		for lines := bufio.NewScanner(c); lines.Scan(); {
			line := lines.Text()
			verb, _, _ := strings.Cut(line, " ")
			switch {
			case letter && line == ".":
				heard <- line
				if letter = false; somebody {
					say("250 taken")
				} else {
					say("554 no valid recipients")
				}
			case letter:
			case verb == "EHLO":
				say("250-mx.example.net\r\n250 PIPELINING")
			case verb == "RCPT":
				heard <- line
				if somebody = !strings.Contains(line, "unknown@"); somebody {
					say("250 fine")
				} else {
					say("550 5.1.1 no such user")
				}
			case verb == "DATA":
				letter = true
				say("354 go ahead")
			default:
				say("250 fine")
			}
		}
	}()
	o := options()
	o.Servers = []mimeomail.Server{{Host: "127.0.0.1", Port: int(netip.MustParseAddrPort(l.Addr().String()).Port()), Security: mimeomail.Plain}}
	p := post(t, o)
	t.Cleanup(func() { _ = l.Close() })
	m := message()
	m.To = "unknown@example.net"
	if err := p.Send(t.Context(), m); verdict(err) != "never" {
		t.Errorf("an unknown addressee: %v", err)
	}
	if err := p.Send(t.Context(), message()); err != nil {
		t.Errorf("the next letter on that connection: %v", err)
	}
	var got []string
	for len(heard) > 0 {
		got = append(got, <-heard)
	}
	if want := "RCPT TO:<unknown@example.net>|.|RCPT TO:<reader@example.net>|."; strings.Join(got, "|") != want {
		t.Errorf("the server heard %q", got)
	}
}

func TestDeadServerIsLeftAlone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := mimeomail.Server{Host: "127.0.0.1", Port: int(netip.MustParseAddrPort(l.Addr().String()).Port()), Security: mimeomail.Plain}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := mailtest.Start(t, mailtest.Options{})
	var log bytes.Buffer
	c := dbtest.NewClock(noon)
	o := options()
	o.Servers, o.Log, o.Now = []mimeomail.Server{dead, server(s)}, slog.New(slog.NewTextHandler(&log, nil)), c.Now
	p := post(t, o)
	for range 5 {
		if err := p.Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "does not take mail"); n != 1 {
		t.Errorf("tried the dead server %d times in a row", n)
	}
	revived := mailtest.StartAt(t, dead.Port, mailtest.Options{})
	c.Advance(time.Minute)
	if err := p.Send(t.Context(), message()); err != nil || len(revived.Letters()) != 1 {
		t.Errorf("the first server is back and gets %d letters, %v", len(revived.Letters()), err)
	}
}

func TestServerThatNeverAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	mute := mimeomail.Server{Host: "127.0.0.1", Port: int(netip.MustParseAddrPort(l.Addr().String()).Port()), Security: mimeomail.Plain}
	o := options()
	o.Servers, o.Timeout = []mimeomail.Server{mute}, 50*time.Millisecond
	if err := post(t, o).Send(t.Context(), message()); verdict(err) != "later" {
		t.Errorf("it took %v", err)
	}
	o.Timeout = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := post(t, o).Send(ctx, message()); verdict(err) != "later" {
		t.Errorf("it took %v", err)
	}
}

// TestIdleConnectionThatEnded lets the server hang up between two letters.
func TestIdleConnectionThatEnded(t *testing.T) {
	first := mailtest.Start(t, mailtest.Options{})
	port := first.Port
	p := post(t, options(first))
	if err := p.Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	first.Stop()
	again := mailtest.StartAt(t, port, mailtest.Options{})
	if err := p.Send(t.Context(), message()); err != nil || len(again.Letters()) != 1 {
		t.Errorf("%v, %d letters", err, len(again.Letters()))
	}
}

func TestConnectionsAreSharedByMany(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{})
	p := post(t, options(s))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				if err := p.Send(t.Context(), message()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if s.Count() != 200 || s.Connections() > 8 {
		t.Errorf("%d letters over %d connections", s.Count(), s.Connections())
	}
}

func TestSecuredWays(t *testing.T) {
	for _, way := range []mimeomail.Security{mimeomail.StartTLS, mimeomail.TLS} {
		s := mailtest.Start(t, mailtest.Options{TLS: string(way), Users: map[string]string{"news": "secret"}})
		o := options()
		one := mimeomail.Server{Host: s.Host, Port: s.Port, Security: way, Username: "news", Password: "secret"}
		o.Servers, o.TLS = []mimeomail.Server{one}, s.Trust
		if err := post(t, o).Send(t.Context(), message()); err != nil || len(s.Letters()) != 1 {
			t.Errorf("%s: %v", way, err)
		}
		untrusted := o
		untrusted.TLS = nil
		if err := post(t, untrusted).Send(t.Context(), message()); verdict(err) != "later" {
			t.Errorf("%s: a server that nobody vouches for: %v", way, err)
		}
		one.Password = "guessed"
		o.Servers = []mimeomail.Server{one}
		err := post(t, o).Send(t.Context(), message())
		if verdict(err) != "later" || strings.Contains(err.Error(), "guessed") {
			t.Errorf("%s: a wrong password: %v", way, err)
		}
		if len(s.Letters()) != 1 {
			t.Errorf("%s: %d letters", way, len(s.Letters()))
		}
	}
	plain := mailtest.Start(t, mailtest.Options{})
	o := options()
	o.Servers = []mimeomail.Server{{Host: plain.Host, Port: plain.Port, Security: mimeomail.StartTLS}}
	if err := post(t, o).Send(t.Context(), message()); verdict(err) != "later" || len(plain.Letters()) != 0 {
		t.Errorf("a server without TLS where TLS is wanted: %v", err)
	}
	for _, bad := range []mimeomail.Server{
		{}, {Host: "mail.example.org", Security: mimeomail.Plain}, {Host: "10.0.0.1", Security: mimeomail.Plain}, {Host: "mail.example.org", Security: "ssl"},
	} {
		o.Servers = []mimeomail.Server{bad}
		if _, err := mimeomail.NewSMTP(o); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	o.Servers = nil
	if _, err := mimeomail.NewSMTP(o); err == nil {
		t.Error("no server is taken")
	}
}

func TestAddressesBeyondASCII(t *testing.T) {
	s := mailtest.Start(t, mailtest.Options{})
	p := post(t, options(s))
	for _, to := range []string{"иван@example.org", "ivan@почта.рф"} {
		m := message()
		m.To = to
		if err := p.Send(t.Context(), m); err != nil {
			t.Fatalf("%s: %v", to, err)
		}
	}
	l := s.Letters()
	if !l[0].UTF8 || l[0].To != "иван@example.org" || l[1].UTF8 || l[1].To != "ivan@xn--80a1acny.xn--p1ai" {
		t.Errorf("%v %q, %v %q", l[0].UTF8, l[0].To, l[1].UTF8, l[1].To)
	}
}
