package mail_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/jobs"
	mimeomail "mimeo/internal/mail"
	"mimeo/internal/vault"
)

var january = time.Date(2027, 1, 4, 9, 0, 0, 0, time.UTC)

// desk is a newsroom's mail, put together as the server does it.
type desk struct {
	*mimeomail.Queue
	t     testing.TB
	db    *db.DB
	clock *dbtest.Clock
	jobs  *jobs.Queue
	vault *vault.Vault
	out   *mimeomail.Outbox
	post  *post_
	keys  string
	log   *syncBuffer
}

// post_ is an outbox that a test can make refuse.
type post_ struct {
	mimeomail.Post
	mu   sync.Mutex
	fail func(m mimeomail.Message) error
}

func (p *post_) Send(ctx context.Context, m mimeomail.Message) error {
	p.mu.Lock()
	fail := p.fail
	p.mu.Unlock()
	if fail != nil {
		if err := fail(m); err != nil {
			return err
		}
	}
	return p.Post.Send(ctx, m)
}

func (p *post_) refuse(fail func(m mimeomail.Message) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = fail
}

// syncBuffer is a log that several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

type words struct {
	Month string `json:"month"`
}

func newDesk(t testing.TB, d *db.DB, c *dbtest.Clock) *desk {
	t.Helper()
	return deskWith(t, d, c, filepath.Join(t.TempDir(), "keys"))
}

func deskWith(t testing.TB, d *db.DB, c *dbtest.Clock, keys string) *desk {
	t.Helper()
	k := &desk{t: t, db: d, clock: c, keys: keys, log: &syncBuffer{}}
	log := slog.New(slog.NewTextHandler(k.log, nil))
	var err error
	if k.vault, err = vault.Open(t.Context(), d, vault.Options{Dir: k.keys, Now: c.Now, Log: log}); err != nil {
		t.Fatal(err)
	}
	if k.out, err = mimeomail.NewOutbox("The Newsroom <news@example.org>", c.Now); err != nil {
		t.Fatal(err)
	}
	if k.jobs, err = jobs.New(d, jobs.Options{Now: c.Now, Poll: 10 * time.Millisecond, Log: log}); err != nil {
		t.Fatal(err)
	}
	if err := k.jobs.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.post = &post_{Post: k.out}
	k.Queue = mimeomail.NewQueue(d, k.jobs, k.vault, k.post, mimeomail.Options{Now: c.Now, Log: log})
	k.Compose("reminder", compose)
	k.Compose("receipt", compose)
	if err := k.jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.jobs.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return k
}

func compose(_ context.Context, _ string, params json.RawMessage) (mimeomail.Message, error) {
	var w words
	if err := json.Unmarshal(params, &w); err != nil {
		return mimeomail.Message{}, err
	}
	return mimeomail.Message{Subject: "Your reminder for " + w.Month, Text: "You asked us."}, nil
}

func (k *desk) write(fn func(ctx context.Context, tx *db.Tx) error) {
	k.t.Helper()
	if err := k.db.Write(k.t.Context(), fn); err != nil {
		k.t.Fatal(err)
	}
}

func (k *desk) plan(ps ...mimeomail.Planned) {
	k.t.Helper()
	for _, p := range ps {
		k.write(func(ctx context.Context, tx *db.Tx) error { return k.Plan(ctx, tx, p) })
	}
}

func (k *desk) suppress(group string, due time.Time, to string) {
	k.t.Helper()
	k.write(func(ctx context.Context, tx *db.Tx) error { return k.Suppress(ctx, tx, group, due, to) })
}

func (k *desk) delete(ref string) (was bool) {
	k.t.Helper()
	k.write(func(ctx context.Context, tx *db.Tx) (err error) {
		was, err = k.Delete(ctx, tx, ref)
		return err
	})
	return was
}

// until moves the clock.
func (k *desk) until(to time.Time) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), 60*time.Second)
	defer cancel()
	if err := k.jobs.RunDue(ctx, to, k.clock.Set); err != nil {
		k.t.Fatalf("%v\n%s", err, k.log)
	}
}

// sent lists who got what, in alphabetical order.
func (k *desk) sent() []string {
	var got []string
	for _, s := range k.out.Messages() {
		got = append(got, s.To+": "+s.Subject)
	}
	slices.Sort(got)
	return got
}

func (k *desk) rows() (n int) {
	k.t.Helper()
	if err := k.db.Read(k.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, "select count(*) from planned_mail").Scan(&n)
	}); err != nil {
		k.t.Fatal(err)
	}
	return n
}

func (k *desk) tally() []mimeomail.Tally {
	k.t.Helper()
	got, err := k.Tally(k.t.Context(), noon.AddDate(-1, 0, 0), noon.AddDate(2, 0, 0))
	if err != nil {
		k.t.Fatal(err)
	}
	return got
}

func (k *desk) want(what string, want ...string) {
	k.t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, k.sent()); diff != "" {
		k.t.Errorf("%s (-want +got):\n%s%s", what, diff, k.log)
	}
}

func reminder(to, month string) mimeomail.Planned {
	return mimeomail.Planned{Kind: "reminder", Due: january, To: to, Params: words{month}, Group: "reminder/2027-01"}
}

func TestMailWaitsForItsMinute(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		k.plan(
			reminder("a@example.net", "January"),
			mimeomail.Planned{Kind: "receipt", Due: noon, To: "b@example.net", Params: words{"now"}},
			mimeomail.Planned{Kind: "receipt", Due: noon.AddDate(0, 0, -3), To: "c@example.net", Params: words{"late"}},
			mimeomail.Planned{Kind: "receipt", Due: noon.Add(10 * time.Minute), To: "d@example.net", Params: words{"soon"}},
		)
		k.until(noon)
		k.want("at once", "b@example.net: Your reminder for now", "c@example.net: Your reminder for late")
		k.until(january.Add(-time.Second))
		k.want("a second before", "b@example.net: Your reminder for now", "c@example.net: Your reminder for late", "d@example.net: Your reminder for soon")
		if diff := cmp.Diff([]mimeomail.Tally{
			{Day: "2026-11-22", Kind: "receipt", Sent: 3}, {Day: "2027-01-04", Kind: "reminder", Planned: 1},
		}, k.tally()); diff != "" {
			t.Errorf("tally (-want +got):\n%s", diff)
		}
		k.until(january)
		if got := k.sent(); len(got) != 4 || got[0] != "a@example.net: Your reminder for January" {
			t.Errorf("%q", got)
		}
		for _, s := range k.out.Messages() {
			if s.Headers["Message-Id"][0] == "<@example.org>" {
				t.Error("a letter without an id")
			}
		}
		if k.rows() != 0 {
			t.Errorf("%d rows are left", k.rows())
		}
		if at := k.out.Messages()[3].At; !at.Equal(january) {
			t.Errorf("left at %v", at)
		}
	})
}

func TestPlanIsPartOfItsTransaction(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		undone := errors.New("undone")
		if err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(k.Plan(ctx, tx, reminder("a@example.net", "x")), undone)
		}); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		// The minute's job was rolled back too, and must be made for this one.
		k.plan(reminder("b@example.net", "January"))
		k.plan(reminder("c@example.net", "January"))
		p := reminder("d@example.net", "January")
		p.Ref = "ref"
		k.plan(p)
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return k.Plan(ctx, tx, p) })
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("the same reference twice: %v", err)
		}
		p.To, p.Ref = "not an address", ""
		err = d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return k.Plan(ctx, tx, p) })
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("no address: %v", err)
		}
		k.until(january)
		k.want("all that was committed", "b@example.net: Your reminder for January", "c@example.net: Your reminder for January", "d@example.net: Your reminder for January")
	})
}

func TestOnlyTheNewestOfAnAddressLeaves(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		k.plan(reminder("a@example.net", "1"), reminder("b@example.net", "1"), reminder("A@Example.NET", "2"))
		k.plan(reminder("ivan@почта.рф", "1"), reminder("ivan@xn--80a1acny.xn--p1ai", "2"))
		other := reminder("a@example.net", "February")
		other.Group, other.Due = "reminder/2027-02", january.AddDate(0, 1, 0)
		k.plan(other)
		loose := reminder("a@example.net", "loose")
		loose.Group = ""
		k.plan(loose, loose)
		k.plan(reminder("gone@example.net", "1"), reminder("gone@example.net", "2"))
		k.suppress("reminder/2027-01", january, "GONE@example.net")
		k.plan(reminder("back@example.net", "1"))
		k.suppress("reminder/2027-01", january, "back@example.net")
		k.plan(reminder("back@example.net", "2"))
		k.suppress("reminder/2027-03", january.AddDate(0, 2, 0), "a@example.net")
		k.until(january)
		k.want("in January",
			"A@example.net: Your reminder for 2", "b@example.net: Your reminder for 1", "ivan@xn--80a1acny.xn--p1ai: Your reminder for 2",
			"a@example.net: Your reminder for loose", "a@example.net: Your reminder for loose", "back@example.net: Your reminder for 2")
		if diff := cmp.Diff([]mimeomail.Tally{
			{Day: "2027-01-04", Kind: "reminder", Sent: 6, Dropped: 5}, {Day: "2027-02-04", Kind: "reminder", Planned: 1},
		}, k.tally()); diff != "" {
			t.Errorf("tally (-want +got):\n%s", diff)
		}
		if k.rows() != 1 {
			t.Errorf("%d rows are left, want February's", k.rows())
		}
	})
}

func TestDelete(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		ref := func(p mimeomail.Planned, ref string) mimeomail.Planned {
			p.Ref = ref
			return p
		}
		k.plan(ref(reminder("only@example.net", "1"), "r1"))
		if !k.delete("r1") || k.delete("r1") || k.delete("unknown") || k.delete("") {
			t.Error("what Delete reports is wrong")
		}
		if k.rows() != 0 {
			t.Error("the row is still there")
		}
		// The newest is deleted: the one it replaced must not come back.
		k.plan(reminder("twice@example.net", "old"), reminder("other@example.net", "1"), ref(reminder("twice@example.net", "new"), "r2"))
		if !k.delete("r2") || k.delete("r2") {
			t.Error("what Delete reports is wrong")
		}
		loose := ref(reminder("loose@example.net", "1"), "r3")
		loose.Group = ""
		k.plan(loose)
		k.delete("r3")
		k.until(january)
		k.want("after deleting", "other@example.net: Your reminder for 1")
		if k.rows() != 0 {
			t.Errorf("%d rows are left", k.rows())
		}
	})
}

// TestAttempts lets the post fail and watches when it is tried again, while the
// keys of past days are destroyed each night.
func TestAttempts(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		var mu sync.Mutex
		tried := map[string][]time.Duration{}
		ids := map[string]bool{}
		k.post.refuse(func(m mimeomail.Message) error {
			mu.Lock()
			defer mu.Unlock()
			tried[m.To] = append(tried[m.To], c.Now().Sub(january))
			ids[m.ID] = true
			if m.To == "third@example.net" && len(tried[m.To]) == 3 {
				return nil
			}
			if m.To == "never@example.net" {
				return fmt.Errorf("at RCPT: %w", mimeomail.ErrRejected)
			}
			return errors.New("try later")
		})
		k.plan(reminder("lost@example.net", "1"), reminder("third@example.net", "old"), reminder("third@example.net", "1"), reminder("never@example.net", "1"))
		for day := noon; day.Before(january.AddDate(0, 0, 6)); day = day.AddDate(0, 0, 1) {
			k.until(day)
			night := day.Truncate(24 * time.Hour).Add(26 * time.Hour)
			k.until(night)
			if err := k.Reseal(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := k.vault.Keep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		h, m := time.Hour, time.Minute
		want := map[string][]time.Duration{
			"lost@example.net":  {0, 10 * m, h + 10*m, 7*h + 10*m, 31*h + 10*m, 79*h + 10*m},
			"third@example.net": {0, 10 * m, h + 10*m},
			"never@example.net": {0},
		}
		if diff := cmp.Diff(want, tried); diff != "" {
			t.Errorf("attempts (-want +got):\n%s\n%s", diff, k.log)
		}
		if len(ids) != 3 {
			t.Errorf("three mails were tried under %d ids", len(ids))
		}
		k.want("in the end", "third@example.net: Your reminder for 1")
		if diff := cmp.Diff([]mimeomail.Tally{
			{Day: "2027-01-04", Kind: "reminder", Sent: 1, Dropped: 1, Rejected: 1}, {Day: "2027-01-07", Kind: "reminder", Failed: 1},
		}, k.tally()); diff != "" {
			t.Errorf("tally (-want +got):\n%s", diff)
		}
		if k.rows() != 0 {
			t.Errorf("%d rows are left", k.rows())
		}
		if strings.Contains(k.log.String(), "@example.net") {
			t.Errorf("the log names addresses:\n%s", k.log)
		}
	})
}

// TestSuppressReachesAnAttempt withdraws a mail between two of its attempts.
func TestSuppressReachesAnAttempt(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		k.post.refuse(func(mimeomail.Message) error { return errors.New("try later") })
		k.plan(reminder("a@example.net", "1"), reminder("b@example.net", "1"))
		p := reminder("c@example.net", "1")
		p.Ref = "c"
		k.plan(p)
		k.until(january.Add(time.Minute))
		k.post.refuse(nil)
		k.suppress("reminder/2027-01", january, "a@example.net")
		if !k.delete("c") {
			t.Error("a mail that waits for its next attempt cannot be deleted")
		}
		k.until(january.Add(24 * time.Hour))
		k.want("after the second attempt", "b@example.net: Your reminder for 1")
		if k.rows() != 0 {
			t.Errorf("%d rows are left", k.rows())
		}
	})
}

func TestWordsThatCannotBeMade(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		planned := func(kind, to string) mimeomail.Planned {
			return mimeomail.Planned{Kind: kind, Due: noon, To: to, Params: words{"x"}}
		}
		k.Compose("panics", func(context.Context, string, json.RawMessage) (mimeomail.Message, error) {
			panic("about panics@example.net")
		})
		k.Compose("fails", func(_ context.Context, to string, _ json.RawMessage) (mimeomail.Message, error) {
			return mimeomail.Message{}, errors.New("no words for " + to)
		})
		k.Compose("unneeded", func(context.Context, string, json.RawMessage) (mimeomail.Message, error) {
			return mimeomail.Message{}, fmt.Errorf("paid meanwhile: %w", mimeomail.ErrUnneeded)
		})
		k.plan(planned("panics", "panics@example.net"), planned("fails", "fails@example.net"), planned("unneeded", "unneeded@example.net"),
			planned("unheard.of", "unheard@example.net"), planned("receipt", "fine@example.net"))
		k.until(noon.AddDate(0, 0, 6))
		k.want("the one with words", "fine@example.net: Your reminder for x")
		var got []string
		for _, one := range k.tally() {
			got = append(got, fmt.Sprintf("%s %s sent %d dropped %d rejected %d failed %d", one.Day, one.Kind, one.Sent, one.Dropped, one.Rejected, one.Failed))
		}
		if diff := cmp.Diff([]string{
			"2026-11-22 receipt sent 1 dropped 0 rejected 0 failed 0", "2026-11-22 unneeded sent 0 dropped 1 rejected 0 failed 0",
			"2026-11-25 fails sent 0 dropped 0 rejected 0 failed 1", "2026-11-25 panics sent 0 dropped 0 rejected 0 failed 1", "2026-11-25 unheard.of sent 0 dropped 0 rejected 0 failed 1",
		}, got); diff != "" {
			t.Errorf("tally (-want +got):\n%s", diff)
		}
		if strings.Contains(k.log.String(), "@example.net") {
			t.Errorf("the log names addresses:\n%s", k.log)
		}
	})
}

// TestMailPlannedWhileABatchLeaves plans more mail for the minute that is just
// being sent.
func TestMailPlannedWhileABatchLeaves(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		var mu sync.Mutex
		left := 20
		k.post.refuse(func(mimeomail.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if left == 0 {
				return nil
			}
			left--
			return d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
				return k.Plan(ctx, tx, mimeomail.Planned{Kind: "receipt", Due: c.Now(), To: fmt.Sprintf("r%d@example.net", left), Params: words{"x"}})
			})
		})
		k.plan(mimeomail.Planned{Kind: "receipt", Due: noon, To: "first@example.net", Params: words{"x"}})
		k.until(noon.Add(3 * time.Minute))
		if n := len(k.sent()); n != 21 || k.rows() != 0 {
			t.Errorf("%d of 21 letters left, %d rows remain", n, k.rows())
		}
	})
}

func TestSweepFindsForgottenMail(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		k.plan(reminder("a@example.net", "1"))
		k.write(func(ctx context.Context, tx *db.Tx) error { // as if the job had died
			_, err := tx.Exec(ctx, "delete from river_job where kind = 'mail.batch'")
			return err
		})
		k.until(january.Add(time.Hour))
		k.want("without its job")
		if err := k.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.until(january.Add(time.Hour))
		k.want("after the sweep", "a@example.net: Your reminder for 1")
	})
}

// TestLateMailOutlivesItsKey keeps the queue stopped over midnight.
func TestLateMailOutlivesItsKey(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		for i := range 1100 {
			k.plan(reminder(fmt.Sprintf("r%d@example.net", i%1000), fmt.Sprint(i)))
		}
		k.suppress("reminder/2027-01", january, "r7@example.net")
		k.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "delete from river_job where kind = 'mail.batch'")
			return err
		})
		k.until(january.AddDate(0, 0, 2))
		for range 2 {
			if err := k.Reseal(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := k.vault.Keep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := k.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.until(january.AddDate(0, 0, 2).Add(time.Hour))
		got := k.sent()
		if len(got) != 999 || slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "r7@") }) || !slices.Contains(got, "r10@example.net: Your reminder for 1010") {
			t.Errorf("%d letters, %q", len(got), got[:min(3, len(got))])
		}
		if k.rows() != 0 {
			t.Errorf("%d rows are left", k.rows())
		}
	})
}
