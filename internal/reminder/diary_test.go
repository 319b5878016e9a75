package reminder_test

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
	"slices"
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
	"mimeo/internal/reminder"
	"mimeo/internal/vault"
)

const (
	newsroomName = "The Ridge Post"
	base         = "https://ridge.example"
)

func support(lang string) string {
	return base + "/" + lang + "/support?rhythm=monthly&a_long_parameter=" + strings.Repeat("x", 60) + ",;é"
}

// house is a newsroom with a diary, and everything below it that is real.
type house struct {
	t      *testing.T
	db     *db.DB
	clock  *dbtest.Clock
	book   *lang.Book
	keys   string
	vault  *vault.Vault
	jobs   *jobs.Queue
	mails  *mail.Queue
	outbox *mail.Outbox
	diary  *reminder.Diary
}

type option func(*reminder.Options)

func newsroom(t *testing.T, d *db.DB, c *dbtest.Clock, options ...option) *house {
	t.Helper()
	outbox, err := mail.NewOutbox(newsroomName+" <post@ridge.example>", c.Now)
	if err != nil {
		t.Fatal(err)
	}
	n := &house{t: t, db: d, clock: c, keys: t.TempDir(), outbox: outbox}
	n.open(outbox, options...)
	return n
}

// open starts a process on the house's data; what was open before stays so.
func (n *house) open(post mail.Post, options ...option) {
	n.t.Helper()
	ctx := n.t.Context()
	check := func(err error) {
		n.t.Helper()
		if err != nil {
			n.t.Fatal(err)
		}
	}
	var err error
	n.book, err = lang.Load()
	check(err)
	n.vault, err = vault.Open(ctx, n.db, vault.Options{Dir: n.keys, Now: n.clock.Now})
	check(err)
	n.jobs, err = jobs.New(n.db, jobs.Options{Now: n.clock.Now, Poll: 20 * time.Millisecond})
	check(err)
	check(n.jobs.Migrate(ctx))
	n.mails = mail.NewQueue(n.db, n.jobs, n.vault, post, mail.Options{Now: n.clock.Now})
	o := reminder.Options{
		Now: n.clock.Now, Random: rand.Reader, Base: base, Support: support, Newsroom: newsroomName,
		Hours: reminder.Hours{Zone: zone(n.t, "Europe/Riga")},
	}
	for _, f := range options {
		f(&o)
	}
	n.diary, err = reminder.New(n.db, n.mails, n.book, ident.NewSource(n.clock.Now, rand.Reader), n.vault, o)
	check(err)
	queue := n.jobs
	check(queue.Start(ctx))
	n.t.Cleanup(func() {
		if err := queue.Stop(context.Background()); err != nil {
			n.t.Errorf("stopping the jobs: %v", err)
		}
	})
}

func (n *house) set(email, language string) reminder.Reminder {
	n.t.Helper()
	r, err := n.diary.Set(n.t.Context(), email, language, netip.Addr{})
	if err != nil {
		n.t.Fatalf("setting a reminder for %s: %v", email, err)
	}
	return r
}

// until lets everything happen that is due by a moment and returns the mail
// that has left so far.
func (n *house) until(text string) []mail.Sent {
	n.t.Helper()
	if err := n.jobs.RunDue(n.t.Context(), at(n.t, text), n.clock.Set); err != nil {
		n.t.Fatal(err)
	}
	return n.outbox.Messages()
}

func recipients(sent []mail.Sent) []string {
	var to []string
	for _, m := range sent {
		to = append(to, m.To)
	}
	slices.Sort(to)
	return to
}

func (n *house) wants(sent []mail.Sent, to ...string) {
	n.t.Helper()
	slices.Sort(to)
	if got := recipients(sent); !slices.Equal(got, to) {
		n.t.Fatalf("mail went to %v, want %v", got, to)
	}
}

const noon = "2026-11-22T12:00:00Z"

func each(t *testing.T, fn func(t *testing.T, n *house)) {
	t.Helper()
	dbtest.EachClock(t, at(t, noon), func(t *testing.T, d *db.DB, c *dbtest.Clock) { fn(t, newsroom(t, d, c)) })
}

func TestReminderIsSentOnce(t *testing.T) {
	each(t, func(t *testing.T, n *house) {
		r := n.set(" Ana.Petrova@Example.ORG ", "en")
		if r.Year != 2027 || r.Month != time.January || !r.Due.Equal(at(t, "2027-01-01T07:00:00Z")) {
			t.Errorf("the reminder is for %d-%d, due %s", r.Year, r.Month, r.Due)
		}
		n.set("reza@example.net", "fa")
		n.wants(n.until("2027-01-01T06:59:00Z"))
		sent := n.until("2027-01-01T07:05:00Z")
		n.wants(sent, "Ana.Petrova@example.org", "reza@example.net")
		for _, m := range sent {
			code := "en"
			if strings.HasPrefix(m.To, "reza") {
				code = "fa"
			}
			l := n.book.For(code)
			if want := l.T("reminder.subject", "Month", l.MonthName(time.January)); m.Subject != want {
				t.Errorf("the subject is %q, want %q", m.Subject, want)
			}
			if n := strings.Count(m.Text, "http"); n != 1 || !strings.Contains(m.Text, "\n"+support(code)+"\n") {
				t.Errorf("the text has %d links:\n%s", n, m.Text)
			}
			if strings.Contains(m.Text+m.HTML, "@") {
				t.Errorf("an address is in the mail:\n%s", m.Text)
			}
			if !strings.Contains(m.Text, newsroomName) || !strings.Contains(m.HTML, `dir="`+l.Dir()+`"`) {
				t.Errorf("signature or direction is missing:\n%s\n%s", m.Text, m.HTML)
			}
			if got := m.Headers["List-Unsubscribe-Post"]; !slices.Equal(got, []string{"List-Unsubscribe=One-Click"}) {
				t.Errorf("List-Unsubscribe-Post is %v", got)
			}
			if _, err := n.diary.Read(oneClick(t, m)); err != nil {
				t.Errorf("the link does not work: %v", err)
			}
		}
		if sent[0].Headers["Message-Id"][0] == sent[1].Headers["Message-Id"][0] {
			t.Error("two letters have one id")
		}
		n.wants(n.until("2027-03-15T12:00:00Z"), "Ana.Petrova@example.org", "reza@example.net")
	})
}

// oneClick is the token in a mail's List-Unsubscribe header.
func oneClick(t *testing.T, m mail.Sent) string {
	t.Helper()
	header := m.Headers["List-Unsubscribe"]
	if len(header) != 1 || !strings.HasPrefix(header[0], "<"+base+"/remind/stop?t=") {
		t.Fatalf("List-Unsubscribe is %v", header)
	}
	link, err := url.Parse(strings.Trim(header[0], "<>"))
	if err != nil {
		t.Fatal(err)
	}
	return link.Query().Get("t")
}

func TestSecondReminderReplacesTheFirst(t *testing.T) {
	each(t, func(t *testing.T, n *house) {
		n.set("ana@example.org", "en")
		n.set("ANA@example.org", "fa")
		n.open(n.outbox) // another process, or the same after a restart
		n.set("ana@Example.org", "fa")
		sent := n.until("2027-02-01T12:00:00Z")
		n.wants(sent, "ana@example.org")
		if !strings.Contains(sent[0].HTML, `lang="fa"`) {
			t.Errorf("not the latest was sent:\n%s", sent[0].HTML)
		}
	})
}

func TestRemindersOfTwoMonths(t *testing.T) {
	each(t, func(t *testing.T, n *house) {
		n.clock.Set(at(t, "2026-11-19T12:00:00Z"))
		n.set("ana@example.org", "en") // December
		n.clock.Set(at(t, noon))
		n.set("ana@example.org", "en") // January
		n.wants(n.until("2026-12-01T12:00:00Z"), "ana@example.org")
		n.wants(n.until("2027-01-02T12:00:00Z"), "ana@example.org", "ana@example.org")
	})
}

func TestDelete(t *testing.T) {
	each(t, func(t *testing.T, n *house) {
		ctx := t.Context()
		n.set("ana@example.org", "en")
		r := n.set("ana@example.org", "en")
		other := n.set("reza@example.net", "fa")
		seen, err := n.diary.Read(r.Token)
		if err != nil || seen != r {
			t.Errorf("the link is read as %+v, %v, want %+v", seen, err, r)
		}
		for range 2 { // the second click finds nothing, and that is fine
			if err := n.diary.Delete(ctx, r.Token); err != nil {
				t.Fatal(err)
			}
		}
		for _, bad := range []string{"", "x", r.Ref, r.Token[1:], r.Token + "A", n.vault.Sign("reminder", []byte("2027-01"), r.Due), n.vault.Sign("reminder", []byte("2027-13"+r.Ref), r.Due), n.vault.Sign("other", []byte("2027-01"+other.Ref), r.Due)} {
			if err := n.diary.Delete(ctx, bad); fault.KindOf(err) != fault.Denied {
				t.Errorf("%q: %v", bad, err)
			}
		}
		n.wants(n.until("2027-01-05T12:00:00Z"), "reza@example.net")
		if err := n.diary.Delete(ctx, other.Token); err != nil {
			t.Errorf("after it was sent: %v", err)
		}
		n.clock.Set(other.Due.Add(61 * 24 * time.Hour))
		if err := n.diary.Delete(ctx, other.Token); fault.KindOf(err) != fault.Denied {
			t.Errorf("two months after it was sent: %v", err)
		}
	})
}

func TestGiftCancels(t *testing.T) {
	each(t, func(t *testing.T, n *house) {
		gift := func(email string) {
			t.Helper()
			if err := n.db.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return n.diary.Gift(ctx, tx, email) }); err != nil {
				t.Fatal(err)
			}
		}
		n.clock.Set(at(t, "2026-11-19T12:00:00Z"))
		n.set("ana@example.org", "en") // December
		n.clock.Set(at(t, noon))
		n.set("ana@example.org", "en") // January
		n.set("reza@example.net", "fa")
		n.set("late@example.org", "en")
		gift("Ana@EXAMPLE.org")
		gift("nobody@example.org")
		gift("no address at all")
		gift("late@example.org")
		n.clock.Advance(time.Hour)
		n.set("late@example.org", "en") // wants to be asked again all the same
		n.wants(n.until("2027-02-10T12:00:00Z"), "late@example.org", "reza@example.net")
	})
}

// A gift between midnight and the morning on which the mail leaves comes in
// time.
func TestGiftInTheLastHours(t *testing.T) {
	each(t, func(t *testing.T, n *house) {
		n.set("ana@example.org", "en")
		n.wants(n.until("2027-01-01T06:30:00Z"))
		if err := n.db.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return n.diary.Gift(ctx, tx, "ana@example.org") }); err != nil {
			t.Fatal(err)
		}
		n.wants(n.until("2027-01-10T06:30:00Z"))
	})
}

func TestSetRefuses(t *testing.T) {
	d := dbtest.SQLiteURL(t)
	c := dbtest.NewClock(at(t, noon))
	n := newsroom(t, dbtest.Open(t, d, c.Now), c)
	ctx := t.Context()
	for _, typed := range []string{"", "ana", "ana@", "@example.org", "ana@example", "a b@example.org", "ana@example.org, reza@example.net", "Ana <ana@example.org>", "ana@example.org\nBcc: x@example.org", strings.Repeat("a", 10<<20) + "@example.org"} {
		if _, err := n.diary.Set(ctx, typed, "en", netip.Addr{}); !errors.Is(err, reminder.ErrEmail) {
			t.Errorf("%.40q: %v", typed, err)
		}
	}
	from := netip.MustParseAddr("192.0.2.7")
	for i := range 5 {
		if _, err := n.diary.Set(ctx, "ana@example.org", "en", from); err != nil {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	if _, err := n.diary.Set(ctx, "ANA@example.org", "en", netip.MustParseAddr("198.51.100.1")); !errors.Is(err, reminder.ErrAddressLimit) {
		t.Errorf("one address, six times: %v", err)
	}
	refused := 0
	for i := range 40 {
		addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
		if _, err := n.diary.Set(ctx, fmt.Sprintf("reader%d@example.org", i), "en", addr); errors.Is(err, reminder.ErrNetworkLimit) {
			refused++
		}
	}
	if refused != 25 { // five of twenty were used above
		t.Errorf("%d of 40 tries from one network were refused", refused)
	}
	// Many honest readers come over the onion service, as if from one place.
	for i := range 100 {
		if _, err := n.diary.Set(ctx, fmt.Sprintf("onion%d@example.org", i), "en", netip.Addr{}); err != nil {
			t.Fatalf("reader %d over the onion service: %v", i+1, err)
		}
	}
	c.Advance(10 * time.Minute)
	if _, err := n.diary.Set(ctx, "ana@example.org", "en", from); err != nil {
		t.Errorf("ten minutes later: %v", err)
	}
}

// Whoever cannot be served because our disk is full may come back when it is not.
func TestFailuresOfOursCountAgainstNobody(t *testing.T) {
	path := strings.TrimPrefix(dbtest.SQLiteURL(t), "sqlite:")
	c := dbtest.NewClock(at(t, noon))
	n := newsroom(t, dbtest.Open(t, "sqlite:"+path, c.Now), c)
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	from := netip.MustParseAddr("192.0.2.7")
	for range 30 {
		if _, err := n.diary.Set(t.Context(), "ana@example.org", "en", from); fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("without a database: %v", err)
		}
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	if _, err := n.diary.Set(t.Context(), "ana@example.org", "en", from); err != nil {
		t.Errorf("with it: %v", err)
	}
}

func TestNeutralMail(t *testing.T) {
	c := dbtest.NewClock(at(t, noon))
	n := newsroom(t, dbtest.Open(t, dbtest.SQLiteURL(t), c.Now), c, func(o *reminder.Options) { o.Neutral = true })
	n.set("ana@example.org", "xx") // a language nobody has: English
	sent := n.until("2027-01-02T12:00:00Z")
	n.wants(sent, "ana@example.org")
	if strings.Contains(sent[0].Subject+sent[0].Text+sent[0].HTML, newsroomName) || sent[0].Subject != "Your note for January" {
		t.Errorf("%q is not neutral:\n%s", sent[0].Subject, sent[0].Text)
	}
}

// No byte on the disk tells for whom a reminder waits, before or after it was
// sent, deleted or replaced.
func TestNothingOfTheAddressOnDisk(t *testing.T) {
	u := dbtest.SQLiteURL(t)
	c := dbtest.NewClock(at(t, noon))
	n := newsroom(t, dbtest.Open(t, u, c.Now), c)
	n.set("planted-ana@example.org", "en")
	n.set("planted-ana@example.org", "en")
	if err := n.diary.Delete(t.Context(), n.set("planted-reza@example.net", "fa").Token); err != nil {
		t.Fatal(err)
	}
	scan := func(when string) {
		t.Helper()
		found := 0
		for _, root := range []string{filepath.Dir(strings.TrimPrefix(u, "sqlite:")), n.keys} {
			if err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				raw, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				found++
				if i := bytes.Index(bytes.ToLower(raw), []byte("planted-")); i >= 0 {
					t.Errorf("%s, in %s at %d: %q", when, filepath.Base(path), i, raw[max(0, i-40):min(len(raw), i+40)])
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if found < 4 {
			t.Fatalf("only %d files were looked at", found)
		}
	}
	scan("while it waits")
	n.wants(n.until("2027-01-02T12:00:00Z"), "planted-ana@example.org")
	scan("after it was sent")
}

// waiting counts the rows that still hold an address, sealed.
func (n *house) waiting() (count int) {
	n.t.Helper()
	if err := n.db.Read(n.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, "select count(*) from planned_mail where state = 'planned'").Scan(&count)
	}); err != nil {
		n.t.Fatal(err)
	}
	return count
}

// "Delete it now" takes the address off the disk now, also when it was typed
// in twice.
func TestDeletedAddressDoesNotWait(t *testing.T) {
	each(t, func(t *testing.T, n *house) {
		n.set("reza@example.net", "fa")
		n.set("ana@example.org", "en")
		r := n.set("Ana@example.org", "en")
		if got := n.waiting(); got != 2 {
			t.Errorf("%d rows wait for two people", got)
		}
		if err := n.diary.Delete(t.Context(), r.Token); err != nil {
			t.Fatal(err)
		}
		if got := n.waiting(); got != 1 {
			t.Errorf("%d rows wait for one person", got)
		}
		n.wants(n.until("2027-01-02T12:00:00Z"), "reza@example.net")
		if got := n.waiting(); got != 0 {
			t.Errorf("%d rows wait for nobody", got)
		}
	})
}
