package reminder_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/ident"
	"mimeo/internal/jobs"
	"mimeo/internal/lang"
	"mimeo/internal/mail"
	"mimeo/internal/mail/mailtest"
	"mimeo/internal/reminder"
	"mimeo/internal/vault"
)

// The whole way over a real server that is busy at first: the mail arrives
// once, later, as plain text before HTML, and with the links it should have.
func TestOverSMTP(t *testing.T) {
	dbtest.EachClock(t, at(t, noon), func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		var busy atomic.Int32
		server := mailtest.Start(t, mailtest.Options{Fail: func(stage mailtest.Stage, _ string) error {
			if stage == mailtest.To && busy.Add(1) == 1 {
				return mailtest.Refuse(451)
			}
			return nil
		}})
		post, err := mail.NewSMTP(mail.SMTPOptions{
			From: newsroomName + " <post@ridge.example>", Now: c.Now,
			Servers: []mail.Server{{Host: server.Host, Port: server.Port, Security: mail.Plain}},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(post.CloseIdle)
		n := &house{t: t, db: d, clock: c, keys: t.TempDir()}
		n.outbox, err = mail.NewOutbox(newsroomName+" <post@ridge.example>", c.Now)
		if err != nil {
			t.Fatal(err)
		}
		n.open(post)
		n.set("ana@example.org", "en")
		n.until("2027-01-01T07:00:00Z")
		if got := server.Letters(); len(got) != 0 {
			t.Fatalf("a busy server has %d letters", len(got))
		}
		n.until("2027-01-03T12:00:00Z")
		letters := server.Letters()
		if len(letters) != 1 || letters[0].To != "ana@example.org" {
			t.Fatalf("%d letters arrived", len(letters))
		}
		l := letters[0]
		if l.Header.Get("List-Unsubscribe") == "" || l.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
			t.Errorf("the one-click headers are missing: %v", l.Header)
		}
		kind, params, err := mime.ParseMediaType(l.Header.Get("Content-Type"))
		if err != nil || kind != "multipart/alternative" {
			t.Fatalf("it is a %s, %v", kind, err)
		}
		_, body, _ := strings.Cut(string(l.Raw), "\r\n\r\n")
		parts := multipart.NewReader(strings.NewReader(body), params["boundary"])
		first, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(first)
		if err != nil || !strings.HasPrefix(first.Header.Get("Content-Type"), "text/plain") || !strings.Contains(string(text), support("en")) {
			t.Errorf("the first part is %v:\n%s", first.Header, text)
		}
	})
}

// BenchmarkSet is what setting a reminder costs on SQLite, with its durable
// commit; 32 readers at once share commits.
func BenchmarkSet(b *testing.B) {
	c := dbtest.NewClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	d := dbtest.Open(b, dbtest.SQLiteURL(b), c.Now)
	book, err := lang.Load()
	if err != nil {
		b.Fatal(err)
	}
	v, err := vault.Open(b.Context(), d, vault.Options{Dir: b.TempDir(), Now: c.Now})
	if err != nil {
		b.Fatal(err)
	}
	q, err := jobs.New(d, jobs.Options{Now: c.Now})
	if err != nil {
		b.Fatal(err)
	}
	if err := q.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	outbox, err := mail.NewOutbox("post@ridge.example", c.Now)
	if err != nil {
		b.Fatal(err)
	}
	diary, err := reminder.New(d, mail.NewQueue(d, q, v, outbox, mail.Options{Now: c.Now}), book, ident.NewSource(c.Now, rand.Reader), v,
		reminder.Options{Now: c.Now, Random: rand.Reader, Base: base, Support: support, PerShared: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	var reader atomic.Int64
	b.SetParallelism(16)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := diary.Set(b.Context(), fmt.Sprintf("reader%d@example.org", reader.Add(1)), "en", netip.Addr{}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
