package mail_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	mimeomail "mimeo/internal/mail"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func message() mimeomail.Message {
	return mimeomail.Message{
		To: "reader@example.net", Subject: "Your reminder for January", ID: "abc123",
		Text: "You asked us in November.\n\nIf not, do nothing.\n", HTML: "<p>You asked us in November.</p>",
		Lang: "en", OneClick: "https://example.org/remind/stop?t=AAAA",
	}
}

func outbox(t testing.TB) *mimeomail.Outbox {
	t.Helper()
	o, err := mimeomail.NewOutbox("The Newsroom <news@example.org>", at(noon))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// parts reads a letter as a mail program does.
func parts(t *testing.T, raw []byte) (header mail.Header, types, bodies []string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		return m.Header, []string{kind}, nil
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return m.Header, types, bodies
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(p) // quoted-printable is decoded on the way
		if err != nil {
			t.Fatal(err)
		}
		types, bodies = append(types, p.Header.Get("Content-Type")), append(bodies, string(text))
	}
}

func TestOutboxShowsTheLetter(t *testing.T) {
	o := outbox(t)
	m := message()
	m.Subject, m.Lang = "یادآوری شما", "fa"
	if err := o.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	sent := o.Messages()
	if len(sent) != 1 {
		t.Fatalf("%d messages", len(sent))
	}
	s := sent[0]
	if s.To != m.To || s.Subject != m.Subject || s.Text != m.Text || s.HTML != m.HTML || !s.At.Equal(noon) || !strings.Contains(s.From, "news@example.org") {
		t.Errorf("%+v", s)
	}
	for name, want := range map[string]string{
		"Message-Id": "<abc123@example.org>", "Date": "Sun, 22 Nov 2026 12:00:00 +0000",
		"List-Unsubscribe": "<" + m.OneClick + ">", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"Content-Language": "fa", "Auto-Submitted": "auto-generated", "To": "<reader@example.net>",
	} {
		if got := s.Headers[name]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if _, ok := s.Headers["User-Agent"]; ok {
		t.Error("the letter names our program")
	}
	m.OneClick = ""
	if err := o.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if h := o.Messages()[1].Headers; h["List-Unsubscribe"] != nil || h["List-Unsubscribe-Post"] != nil {
		t.Errorf("a letter that nobody unsubscribes from says how: %v", h)
	}
}

func TestOutboxIsBounded(t *testing.T) {
	o := outbox(t)
	m := message()
	m.Text = strings.Repeat("x", 1<<20)
	for i := range 60 {
		m.ID = strings.Repeat("i", i+1)
		if err := o.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	sent := o.Messages()
	if len(sent) < 5 || len(sent) > 24 {
		t.Errorf("%d messages of a megabyte are kept", len(sent))
	}
	if last := sent[len(sent)-1].Headers["Message-Id"][0]; last != "<"+m.ID+"@example.org>" {
		t.Errorf("the newest is not there: %s", last)
	}
}

// TestNothingIsSmuggledIntoHeaders gives every field what an attacker would.
func TestNothingIsSmuggledIntoHeaders(t *testing.T) {
	evil := []string{
		"x\r\nBcc: victim@example.com", "x\nBcc: victim@example.com", "x\r\n\r\n<script>", "x\rBcc: a", "x\u2028Bcc: a\u0085b\x00c\vd",
		"safe\u202etxt.exe", "\u2066isolated", "=?utf-8?q?x=0d=0aBcc:_a?=", "\xff\xfe broken", strings.Repeat("long ", 400),
	}
	for _, e := range evil {
		m := message()
		m.Subject, m.Lang, m.Dir = e, e, e
		o := outbox(t)
		if err := o.Send(t.Context(), m); err != nil {
			t.Fatalf("%q: %v", e, err)
		}
		s := o.Messages()[0]
		names := []string{"Auto-Submitted", "Content-Type", "Date", "From", "List-Unsubscribe", "List-Unsubscribe-Post", "Message-Id", "Mime-Version", "Subject", "To"}
		var got []string
		for name := range s.Headers {
			got = append(got, name)
		}
		slices.Sort(got)
		if !slices.Equal(got, names) {
			t.Errorf("%q gives the headers %v", e, got)
		}
		if strings.ContainsAny(s.Subject, "\r\n\x00\u202e\u2066\u2028") || !utf8.ValidString(s.Subject) || utf8.RuneCountInString(s.Subject) > 200 {
			t.Errorf("%q gives the subject %q", e, s.Subject)
		}
		for what, change := range map[string]func(*mimeomail.Message){
			"to": func(m *mimeomail.Message) { m.To = "a@example.org" + e },
			"id": func(m *mimeomail.Message) { m.ID = e }, "one click": func(m *mimeomail.Message) { m.OneClick = "https://example.org/" + e },
		} {
			m := message()
			change(&m)
			if what == "one click" && strings.HasPrefix(e, "=?") {
				continue // that is an address; nobody decodes words inside one
			}
			if err := o.Send(t.Context(), m); !errors.Is(err, mimeomail.ErrRejected) {
				t.Errorf("%s %q: %v", what, e, err)
			}
		}
	}
	for _, from := range []string{"", "news", "a@b@c", "News <a@example.org>\r\nBcc: x@example.org", "a@example.org, b@example.org"} {
		if _, err := mimeomail.NewOutbox(from, at(noon)); err == nil {
			t.Errorf("sends as %q", from)
		}
	}
}

func TestOneClickAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://example.org/x?t=a": true, "http://127.0.0.1:8080/x": true, "http://localhost/x": true, "http://abcdef.onion/x": true,
		"http://example.org/x": false, "mailto:a@example.org": false, "https:///x": false, "https://u:p@example.org/": false,
		"https://example.org/a>b": false, "https://example.org/a b": false, "javascript:alert(1)": false,
	} {
		m := message()
		m.OneClick = address
		if err := outbox(t).Send(t.Context(), m); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestAddress(t *testing.T) {
	for typed, want := range map[string]string{
		"ivan@example.org": "ivan@example.org", "  ivan@example.org\t": "ivan@example.org", "Ivan.P@EXAMPLE.Org": "Ivan.P@example.org",
		"a+b@example.org": "a+b@example.org", "o'neill@example.org": "o'neill@example.org",
		"иван@example.org": "иван@example.org", "ivan@почта.рф": "ivan@xn--80a1acny.xn--p1ai", "ivan@XN--80A1ACNY.xn--p1ai": "ivan@xn--80a1acny.xn--p1ai",
		"": "", "ivan": "", "@example.org": "", "ivan@": "", "ivan@localhost": "", "ivan@example.org.": "", "ivan@example..org": "",
		"Ivan <ivan@example.org>": "", "ivan@example.org, eve@example.org": "", `"a b"@example.org`: "", "a b@example.org": "",
		"ivan@[127.0.0.1]": "", "ivan@127.0.0.1": "", "ivan@example.1": "", "ivan@3com.example": "ivan@3com.example", "ivan@exa_mple.org": "", "ivan@-x.org": "", ".ivan@example.org": "", "a..b@example.org": "",
		"ivan\u202e@example.org": "", "iv\u200ban@example.org": "", "ivan@example.org\r\nBcc: x": "", "ivan\x00@example.org": "", "\xff@example.org": "",
		strings.Repeat("a", 65) + "@example.org": "", "a@" + strings.Repeat("b.", 130) + "org": "", "a(comment)@example.org": "",
	} {
		got, err := mimeomail.Address(typed)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", typed, got, err, want)
		}
	}
}

// FuzzAddress wants what is accepted to be carried unchanged, and to be one
// address for every mail program.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"ivan@example.org", "ivan@почта.рф", "a+b@example.org", "Ivan <a@b.c>", "a@b@c.d", "\u202e@x.y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		a, err := mimeomail.Address(typed)
		if err != nil {
			return
		}
		if again, err := mimeomail.Address(a); err != nil || again != a {
			t.Errorf("%q gives %q, which gives %q, %v", typed, a, again, err)
		}
		list, err := mail.ParseAddressList(a)
		if err != nil || len(list) != 1 || list[0].Address != a || list[0].Name != "" || strings.ContainsAny(a, "\r\n\x00 <>") {
			t.Errorf("%q gives %q, which reads as %v, %v", typed, a, list, err)
		}
	})
}

// FuzzSubject wants every subject to stay one header.
func FuzzSubject(f *testing.F) {
	for _, s := range []string{"plain", "یادآوری\u200cها", "a\r\nBcc: x", "=?utf-8?q?=0a?=", strings.Repeat("é", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		o := outbox(t)
		m := message()
		m.Subject = subject
		if err := o.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		s := o.Messages()[0]
		if len(s.Headers) != 11 || len(s.Headers["Subject"]) != 1 || s.Headers["Bcc"] != nil {
			t.Errorf("%q gives %v", subject, s.Headers)
		}
	})
}
