package mail_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/jobs"
	mimeomail "mimeo/internal/mail"
	"mimeo/internal/mail/mailtest"
	"mimeo/internal/vault"
)

// TestNewestByAnyHistory plans, withdraws and deletes in random order and
// compares who gets mail with a model that keeps one line for each address.
func TestNewestByAnyHistory(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		due, round := january, 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			due = due.Add(time.Hour)
			before := len(k.out.Messages())
			group := fmt.Sprintf("round/%d", round)
			live := map[string]string{} // by address: the subject that is to arrive
			refs := map[string]string{} // by reference: its address
			for i := range rapid.IntRange(1, 25).Draw(rt, "steps") {
				to := rapid.SampledFrom([]string{"a@example.net", "b@example.net", "c@example.net"}).Draw(rt, "to")
				spelled := rapid.SampledFrom([]string{to, strings.ToUpper(to), " " + to}).Draw(rt, "spelled")
				subject := "Your reminder for " + strconv.Itoa(i)
				switch rapid.SampledFrom([]string{"plan", "plan", "plan", "suppress", "delete"}).Draw(rt, "step") {
				case "plan":
					ref := fmt.Sprintf("%d/%d", round, i)
					k.plan(mimeomail.Planned{Kind: "reminder", Due: due, To: spelled, Params: words{strconv.Itoa(i)}, Group: group, Ref: ref})
					live[to], refs[ref] = subject, to
				case "suppress":
					k.suppress(group, due, spelled)
					delete(live, to)
				case "delete":
					ref := fmt.Sprintf("%d/%d", round, rapid.IntRange(0, i).Draw(rt, "which"))
					if was := k.delete(ref); was != (refs[ref] != "") {
						rt.Fatalf("deleting %s: %v", ref, was)
					}
					if _, step, _ := strings.Cut(ref, "/"); refs[ref] != "" && live[refs[ref]] == "Your reminder for "+step {
						delete(live, refs[ref])
					}
					delete(refs, ref)
				}
			}
			k.until(due)
			got := map[string]string{}
			for _, s := range k.out.Messages()[before:] {
				to := strings.ToLower(s.To)
				if got[to] != "" {
					rt.Fatalf("%s got two mails", to)
				}
				got[to] = s.Subject
			}
			if fmt.Sprint(got) != fmt.Sprint(live) {
				rt.Fatalf("arrived %v, want %v", got, live)
			}
			if k.rows() != 0 {
				rt.Fatalf("%d rows are left", k.rows())
			}
		})
	})
}

// TestARunThatLostItsMinuteStops takes the minute away in the middle of a batch.
func TestARunThatLostItsMinuteStops(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		const mails, theft = 100, 20
		var mu sync.Mutex
		ids := map[string]int{}
		sent := 0
		k.post.refuse(func(m mimeomail.Message) error {
			mu.Lock()
			defer mu.Unlock()
			sent++
			ids[m.ID]++
			if sent == theft {
				return d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
					_, err := tx.Exec(ctx, "update mail_run set holder = 'another'")
					return err
				})
			}
			return nil
		})
		for i := range mails {
			k.plan(reminder(fmt.Sprintf("r%d@example.net", i), "1"))
		}
		k.until(january)
		mu.Lock()
		first := sent
		mu.Unlock()
		if first < theft || first > theft+30 {
			t.Errorf("%d letters left, though the minute was lost after %d", first, theft)
		}
		k.until(january.Add(time.Minute)) // the job's next attempt
		if len(ids) != mails || sent > mails+30 || k.rows() != 0 {
			t.Errorf("%d of %d letters left in %d sendings, %d rows remain", len(ids), mails, sent, k.rows())
		}
	})
}

// TestStoppedInMidBatch stops a process without patience: what is under way
// arrives and is written down, so that nothing leaves twice.
func TestStoppedInMidBatch(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		k := newDesk(t, d, c)
		const mails = 200
		for i := range mails {
			k.plan(reminder(fmt.Sprintf("r%d@example.net", i), "1"))
		}
		stopped := make(chan error, 1)
		var once sync.Once
		k.post.refuse(func(mimeomail.Message) error {
			once.Do(func() {
				go func() {
					hurry, cancel := context.WithCancel(context.Background())
					cancel()
					stopped <- k.jobs.Stop(hurry)
				}()
			})
			return nil
		})
		c.Set(january)
		if err := <-stopped; err != nil {
			t.Fatalf("%v\n%s", err, k.log)
		}
		before := len(k.sent())
		if before == mails || before == 0 {
			t.Fatalf("%d letters had left when it was stopped", before)
		}
		again := deskWith(t, d, c, k.keys)
		again.until(january)
		if after := len(again.sent()); before+after != mails || again.rows() != 0 {
			t.Errorf("%d letters left before and %d after the stop, want %d in all; %d rows remain", before, after, mails, again.rows())
		}
	})
}

// TestDatabaseLostInMidBatch cuts every connection to PostgreSQL while letters
// leave, again and again.
func TestDatabaseLostInMidBatch(t *testing.T) {
	c := dbtest.NewClock(noon)
	d := dbtest.Open(t, dbtest.PostgresURL(t), c.Now)
	k := newDesk(t, d, c)
	const mails, cuts = 300, 4
	for i := range mails {
		k.plan(reminder(fmt.Sprintf("r%d@example.net", i), "1"))
	}
	var mu sync.Mutex
	ids, sent := map[string]bool{}, 0
	k.post.refuse(func(m mimeomail.Message) error {
		mu.Lock()
		ids[m.ID] = true
		sent++
		cut := sent%(mails/cuts) == 0 && sent <= mails
		mu.Unlock()
		if cut {
			err := d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
				var n int
				return tx.QueryRow(ctx, "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()").Scan(&n)
			})
			if err != nil && fault.KindOf(err) != fault.Unavailable {
				t.Error(err)
			}
		}
		return nil
	})
	left := func() (n int) {
		n = -1
		err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return tx.QueryRow(ctx, "select count(*) from planned_mail").Scan(&n)
		})
		if err != nil && fault.KindOf(err) != fault.Unavailable {
			t.Fatal(err)
		}
		return n
	}
	for deadline := time.Now().Add(60 * time.Second); left() != 0; time.Sleep(10 * time.Millisecond) {
		if c.Advance(time.Second); c.Now().Before(january) {
			c.Set(january)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d rows remain\n%s", left(), k.log)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(ids) != mails || sent > mails+cuts*30 {
		t.Errorf("%d of %d letters left in %d sendings", len(ids), mails, sent)
	}
	t.Logf("%d letters left in %d sendings", len(ids), sent)
}

// TestKilledInMidBatch kills processes that send, again and again, and wants
// every mail to have arrived: each under one Message-ID, the replaced ones not
// at all, and nothing of any address on the disk at any moment.
func TestKilledInMidBatch(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		url := dbtest.SQLiteURL(t)
		killInMidBatch(t, url, 1, filepath.Dir(strings.TrimPrefix(url, "sqlite:")))
	})
	t.Run("postgres", func(t *testing.T) {
		url := dbtest.PostgresURL(t)
		folders, err := filepath.Glob(filepath.Join(os.TempDir(), fmt.Sprintf("mimeo-pg-%d-*", os.Getpid()))) //nolint:usetesting // where dbtest puts the server
		if err != nil || len(folders) != 1 {
			t.Fatalf("where is the server's data? %v, %v", folders, err)
		}
		killInMidBatch(t, url, 2, folders[0])
	})
}

const (
	killMails   = 400
	killEach    = 45 // letters between two kills
	killSenders = 4
	planted     = "zq7planted"
)

func killInMidBatch(t *testing.T, url string, nodes int, data string) {
	keys := filepath.Join(t.TempDir(), "keys")
	// The server takes no more than limit letters, so that each kill comes in
	// the middle of a batch with all senders busy.
	var server *mailtest.Server
	limit, moved := killEach, sync.NewCond(&sync.Mutex{})
	raise := func(to int) {
		moved.L.Lock()
		limit = to
		moved.L.Unlock()
		moved.Broadcast()
	}
	server = mailtest.Start(t, mailtest.Options{Fail: func(stage mailtest.Stage, _ string) error {
		moved.L.Lock()
		defer moved.L.Unlock()
		for stage == mailtest.AfterData && server.Count() >= limit {
			moved.Wait()
		}
		return nil
	}})
	defer raise(math.MaxInt)
	d := dbtest.Open(t, url, time.Now)
	v, err := vault.Open(t.Context(), d, vault.Options{Dir: keys, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	q, err := jobs.New(d, jobs.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := mimeomail.NewQueue(d, q, v, nil, mimeomail.Options{Now: time.Now})
	due := time.Now()
	want := map[string]string{} // by address: the subject of the one that may arrive
	for i := range killMails {
		p := mimeomail.Planned{Kind: "reminder", Due: due, To: fmt.Sprintf("%s%d@example.net", planted, i%(killMails*3/4)), Params: words{fmt.Sprint(planted, i)}, Group: "reminder/2027-01"}
		if i%10 == 9 { // some outside of any group
			p.Group, p.To = "", fmt.Sprintf("%sloose%d@example.net", planted, i)
		}
		want[p.To] = "Your reminder for " + fmt.Sprint(planted, i)
		if err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return m.Plan(ctx, tx, p) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := exec.CommandContext(t.Context(), "grep", "-rqasF", "reminder/2027-01", data).Run(); err != nil {
		t.Fatalf("the scan does not even find what is there in clear: %v", err)
	}
	noTrace(t, "planned", data, keys)

	start := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSenderProcess$")
		cmd.Env = append(os.Environ(), "MAIL_DB="+url, "MAIL_KEYS="+keys, "MAIL_PORT="+strconv.Itoa(server.Port))
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	var running []*exec.Cmd
	for range nodes {
		running = append(running, start())
	}
	kills := 0
	left := func() (n int) {
		if err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return tx.QueryRow(ctx, "select count(*) from planned_mail").Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for deadline := time.Now().Add(90 * time.Second); left() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d rows are left after %d kills, %d letters arrived", left(), kills, server.Count())
		}
		if server.Count() < (kills+1)*killEach {
			continue
		}
		kills++
		for i, cmd := range running { // all of them, or one of them
			if kills%2 == 0 && i != kills/2%nodes {
				continue
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			noTrace(t, fmt.Sprint("kill ", kills), data, keys)
			running[i] = start()
		}
		raise((kills + 1) * killEach)
	}
	for _, cmd := range running {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	noTrace(t, "over", data, keys)

	ids := map[string]map[string]bool{}
	for _, l := range server.Letters() {
		if ids[l.To] == nil {
			ids[l.To] = map[string]bool{}
		}
		ids[l.To][l.ID()] = true
		if got := l.Header.Get("Subject"); got != want[l.To] {
			t.Errorf("%s got %q, want %q", l.To, got, want[l.To])
		}
	}
	for to := range want {
		if len(ids[to]) != 1 {
			t.Errorf("%s got mail under %d ids", to, len(ids[to]))
		}
	}
	again := server.Count() - len(want)
	if again > kills*3*killSenders {
		t.Errorf("%d letters arrived twice in %d kills", again, kills)
	}
	if kills < 4 {
		t.Errorf("only %d kills came in mid-batch", kills)
	}
	tally, err := m.Tally(t.Context(), due.AddDate(0, 0, -1), due.AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	sent, dropped := int64(0), int64(0)
	for _, one := range tally {
		sent, dropped = sent+one.Sent, dropped+one.Dropped
	}
	if sent != int64(len(want)) || dropped != int64(killMails-len(want)) {
		t.Errorf("tally %+v, want %d sent and %d dropped", tally, len(want), killMails-len(want))
	}
	t.Logf("%d mails, %d kills, %d letters sent a second time under their first id", len(want), kills, again)
}

// noTrace looks for the planted addresses in every byte of the folders. It lets
// another process read: to open and close a file of SQLite's would take away the
// locks that this process has on it.
func noTrace(t *testing.T, when string, folders ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "grep", append([]string{"-rlaisF", planted}, folders...)...).Output()
	if len(out) > 0 {
		t.Errorf("%s: an address is in\n%s", when, out)
	}
	// 1: no match; 2: a file went away while it was read, which PostgreSQL's do.
	var end *exec.ExitError
	if err != nil && (!errors.As(err, &end) || end.ExitCode() > 2) {
		t.Fatal(err)
	}
}

// TestSenderProcess is the process that TestKilledInMidBatch kills.
func TestSenderProcess(t *testing.T) {
	url := os.Getenv("MAIL_DB")
	if url == "" {
		t.Skip("runs only as the child of TestKilledInMidBatch")
	}
	ctx := context.Background()
	d, err := db.Open(ctx, db.Options{URL: url, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(ctx, d, vault.Options{Dir: os.Getenv("MAIL_KEYS"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	q, err := jobs.New(d, jobs.Options{Now: time.Now, Poll: 50 * time.Millisecond, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(os.Getenv("MAIL_PORT"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := mimeomail.NewSMTP(mimeomail.SMTPOptions{
		From: "The Newsroom <news@example.org>", Now: time.Now, Log: log,
		Servers: []mimeomail.Server{{Host: "127.0.0.1", Port: port, Security: mimeomail.Plain}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m := mimeomail.NewQueue(d, q, v, p, mimeomail.Options{Now: time.Now, Log: log, Connections: killSenders})
	m.Compose("reminder", func(ctx context.Context, to string, params json.RawMessage) (mimeomail.Message, error) {
		return compose(ctx, to, params)
	})
	if err := q.Start(ctx); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Minute) // until it is killed
}
