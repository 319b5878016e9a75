package newsletter_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/jobs"
	"mimeo/internal/lang"
	"mimeo/internal/mail"
	"mimeo/internal/newsletter"
	"mimeo/internal/prose"
	"mimeo/internal/story"
	"mimeo/internal/vault"
)

const base = "https://ridge.example"

var begin = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// house is a newsroom with a press, and everything below it that is real.
type house struct {
	t      *testing.T
	db     *db.DB
	clock  *dbtest.Clock
	jobs   *jobs.Queue
	outbox *mail.Outbox
	desk   *story.Desk
	press  *newsletter.Press
}

func each(t *testing.T, fn func(h *house)) {
	t.Helper()
	dbtest.EachClock(t, begin, func(t *testing.T, d *db.DB, c *dbtest.Clock) { fn(open(t, d, c)) })
}

func open(t *testing.T, d *db.DB, c *dbtest.Clock) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: c}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	book, err := lang.Load()
	check(err)
	keys, err := vault.Open(t.Context(), d, vault.Options{Dir: t.TempDir(), Now: c.Now})
	check(err)
	h.jobs, err = jobs.New(d, jobs.Options{Now: c.Now, Poll: 20 * time.Millisecond})
	check(err)
	check(h.jobs.Migrate(t.Context()))
	h.outbox, err = mail.NewOutbox("The Ridge Post <post@ridge.example>", c.Now)
	check(err)
	mails := mail.NewQueue(d, h.jobs, keys, h.outbox, mail.Options{Now: c.Now})
	ids := ident.NewSource(c.Now, rand.Reader)
	h.desk = story.New(d, ids, story.Options{Zone: time.UTC, DefaultLang: "en"})
	h.press, err = newsletter.New(d, h.jobs, mails, h.desk, keys, book, ids, newsletter.Options{
		Now: c.Now, Random: rand.Reader, Newsroom: func(string) string { return "The Ridge Post" },
		URL: func(language, path string) string {
			if language != "" && language != "en" {
				path = "/" + language + path
			}
			return base + path
		},
	})
	check(err)
	check(h.jobs.Start(t.Context()))
	t.Cleanup(func() { check(h.jobs.Stop(context.Background())) })
	return h
}

// due runs everything that is due now.
func (h *house) due() {
	h.t.Helper()
	if err := h.jobs.RunDue(h.t.Context(), h.clock.Now().Add(time.Minute), h.clock.Set); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) found(language string) newsletter.Newsletter {
	h.t.Helper()
	n, err := h.press.Found(h.t.Context(), "ada", newsletter.Newsletter{Lang: language, Name: "Morning on the Ridge", About: "Each weekday at six", Open: true})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *house) story(headline string) story.Story {
	h.t.Helper()
	s, err := h.desk.Create(h.t.Context(), story.Draft{Headline: headline, Standfirst: "What " + headline + " means", Body: prose.Paragraphs("The text of it.")})
	if err == nil {
		s, err = h.desk.Publish(h.t.Context(), s.ID)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

var link = regexp.MustCompile(`https://ridge\.example\S*[?]t=(\S+)`)

// token is what the one link of a letter carries.
func (h *house) token(text string) string {
	h.t.Helper()
	found := link.FindStringSubmatch(text)
	if found == nil {
		h.t.Fatalf("no link in %q", text)
	}
	token, err := url.QueryUnescape(found[1])
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

func (h *house) subscribe(n newsletter.Newsletter, email string) {
	h.t.Helper()
	if err := h.press.Subscribe(h.t.Context(), n.ID, email, netip.Addr{}); err != nil {
		h.t.Fatalf("subscribing %s: %v", email, err)
	}
	h.due()
	sent := h.outbox.Messages()
	if _, err := h.press.Confirm(h.t.Context(), h.token(sent[len(sent)-1].Text)); err != nil {
		h.t.Fatalf("confirming %s: %v", email, err)
	}
}

func (h *house) count() (n int64) {
	h.t.Helper()
	all, err := h.press.List(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, one := range all {
		n += one.Subscribers
	}
	return n
}

func TestDoubleOptIn(t *testing.T) {
	each(t, func(h *house) {
		n := h.found("fa")
		if err := h.press.Subscribe(h.t.Context(), n.ID, "ada@example.org", netip.Addr{}); err != nil {
			h.t.Fatal(err)
		}
		h.due()
		sent := h.outbox.Messages()
		if len(sent) != 1 || sent[0].To != "ada@example.org" || !strings.Contains(sent[0].HTML, `dir="rtl"`) {
			h.t.Fatalf("the question: %+v", sent)
		}
		if h.count() != 0 {
			h.t.Fatal("somebody is subscribed before they pressed the button")
		}
		token := h.token(sent[0].Text)
		if strings.Contains(token, "ada") || !strings.Contains(sent[0].Text, base+"/fa/newsletters/confirm?t=") {
			h.t.Errorf("the link: %s", sent[0].Text)
		}
		asked, err := h.press.Asked(h.t.Context(), token)
		if err != nil || asked.ID != n.ID || h.count() != 0 {
			h.t.Fatalf("opening the link: %v, %v", asked, err)
		}
		for range 2 {
			if _, err := h.press.Confirm(h.t.Context(), token); err != nil {
				h.t.Fatal(err)
			}
		}
		h.subscribe(n, "Ada@Example.org") // the same person, once more
		if h.count() != 1 {
			h.t.Errorf("%d subscribers", h.count())
		}
		h.clock.Advance(4 * 24 * time.Hour)
		if _, err := h.press.Confirm(h.t.Context(), token); fault.KindOf(err) != fault.Denied {
			h.t.Errorf("an old link: %v", err)
		}
		if err := h.press.Subscribe(h.t.Context(), n.ID, "nobody", netip.Addr{}); !errors.Is(err, newsletter.ErrEmail) {
			h.t.Errorf("no address: %v", err)
		}
		for range 5 {
			err = h.press.Subscribe(h.t.Context(), n.ID, "flood@example.org", netip.Addr{})
		}
		if !errors.Is(err, newsletter.ErrLimit) {
			h.t.Errorf("a flooded mailbox: %v", err)
		}
	})
}

func TestIssue(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		n := h.found("en")
		const readers = 23
		for i := range readers {
			h.subscribe(n, fmt.Sprintf("reader%d@example.org", i))
		}
		before := len(h.outbox.Messages())
		bridge, ferry, draft := h.story("The bridge"), h.story("The ferry"), "nosuchstory"
		i, err := h.press.Compose(ctx, newsletter.Issue{Newsletter: n.ID, Subject: "This week", Intro: "Dear readers,\n\nthree stories.", Stories: []string{ferry.ID, bridge.ID, draft, ferry.ID}})
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.press.Save(ctx, newsletter.Issue{ID: i.ID, Version: 7}); fault.KindOf(err) != fault.Conflict {
			h.t.Errorf("a stale save: %v", err)
		}
		if i, err = h.press.Send(ctx, "ada", i.ID, i.Version); err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.press.Send(ctx, "ada", i.ID, i.Version); fault.KindOf(err) != fault.Conflict {
			h.t.Errorf("sending twice: %v", err)
		}
		// One leaves between the sending and the letter's minute.
		h.due()
		sent := h.outbox.Messages()[before:]
		seen := map[string]int{}
		for _, m := range sent {
			seen[m.To]++
			if !strings.HasPrefix(m.Text, "Dear readers,\n\nthree stories.\n\nThe ferry\n\nWhat The ferry means\n"+base+ferry.Path()) {
				h.t.Fatalf("the letter: %q", m.Text)
			}
			if len(m.Headers["List-Unsubscribe"]) != 1 || len(m.Headers["List-Unsubscribe-Post"]) != 1 {
				h.t.Fatalf("headers: %v", m.Headers)
			}
		}
		if len(sent) != readers || len(seen) != readers {
			h.t.Fatalf("%d letters to %d readers", len(sent), len(seen))
		}
		if i, err = h.press.Issue(ctx, i.ID); err != nil || i.State != newsletter.Sent || i.Planned != readers {
			h.t.Errorf("the issue: %+v %v", i, err)
		}

		token := h.token(sent[0].Text)
		if who, err := h.press.Subscription(ctx, token); err != nil || who.ID != n.ID || h.count() != readers {
			h.t.Errorf("opening the link to leave: %v %v", who, err)
		}
		for range 2 {
			if err := h.press.Leave(ctx, token); err != nil {
				h.t.Fatal(err)
			}
		}
		if h.count() != readers-1 {
			h.t.Errorf("%d subscribers after one left", h.count())
		}

		err = h.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return h.press.Corrected(ctx, tx, bridge.ID) })
		if err != nil {
			h.t.Fatal(err)
		}
		flags, err := h.press.Flags(ctx, 10)
		if err != nil || len(flags) != 1 || flags[0].Story != bridge.ID || flags[0].Issue != i.ID {
			h.t.Fatalf("flags: %+v %v", flags, err)
		}
		if err := h.press.Clear(ctx, i.ID, bridge.ID); err != nil {
			h.t.Fatal(err)
		}
		if flags, err = h.press.Flags(ctx, 10); err != nil || len(flags) != 0 {
			h.t.Errorf("cleared flags: %+v %v", flags, err)
		}
	})
}

// Whoever leaves after an issue was sent off and before their letter leaves
// gets none.
func TestLeftMeanwhile(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		n := h.found("en")
		h.subscribe(n, "goes@example.org")
		i, err := h.press.Compose(ctx, newsletter.Issue{Newsletter: n.ID, Subject: "One", Stories: []string{h.story("The bridge").ID}})
		if err == nil {
			i, err = h.press.Send(ctx, "ada", i.ID, i.Version)
		}
		if err != nil {
			h.t.Fatal(err)
		}
		h.due()
		var subscriber string
		err = h.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
			return tx.QueryRow(ctx, "select id from newsletter_subscriber").Scan(&subscriber)
		})
		if err != nil {
			h.t.Fatal(err)
		}
		m, err := h.press.ComposeIssue(ctx, i.ID, subscriber)
		if err != nil || m.Subject != "One" || m.OneClick == "" {
			h.t.Fatalf("a letter to a subscriber: %+v %v", m, err)
		}
		if err := h.press.Leave(ctx, h.token(m.Text)); err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.press.ComposeIssue(ctx, i.ID, subscriber); !errors.Is(err, mail.ErrUnneeded) {
			h.t.Errorf("a letter to somebody who has left: %v", err)
		}
	})
}

// A name that is hidden everywhere is hidden in the issues too; a dry run only counts.
func TestHide(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		n := h.found("en")
		i, err := h.press.Compose(ctx, newsletter.Issue{Newsletter: n.ID, Subject: "Ada speaks", Intro: "Ada has spoken."})
		if err == nil {
			_, err = h.press.Compose(ctx, newsletter.Issue{Newsletter: n.ID, Subject: "Nothing of her"})
		}
		if err != nil {
			h.t.Fatal(err)
		}
		without := func(text string) string { return strings.ReplaceAll(text, "Ada", "A witness") }
		for _, dry := range []bool{true, false} {
			err := h.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				reached, err := h.press.Hide(ctx, tx, without, dry)
				if reached != 1 {
					h.t.Errorf("dry run %t: %d issues reached", dry, reached)
				}
				return err
			})
			if err != nil {
				h.t.Fatal(err)
			}
			there, err := h.press.Issue(ctx, i.ID)
			if err != nil || strings.Contains(there.Subject+there.Intro, "Ada") != dry {
				h.t.Errorf("dry run %t: %q %q %v", dry, there.Subject, there.Intro, err)
			}
		}
	})
}

// The database and a stolen copy of it name no reader.
func TestNoAddressOnDisk(t *testing.T) {
	dir := t.TempDir()
	c := dbtest.NewClock(begin)
	d := dbtest.Open(t, "sqlite:"+filepath.Join(dir, "mimeo.db"), c.Now)
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := open(t, d, c)
	n := h.found("en")
	h.subscribe(n, "planted.needle@example.org")
	if h.count() != 1 {
		t.Fatal("the needle was not planted")
	}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(bytes.ToLower(text), []byte("planted.needle")) {
			t.Errorf("%s names a subscriber", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
