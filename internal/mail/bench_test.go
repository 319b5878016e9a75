package mail_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/jobs"
	mimeomail "mimeo/internal/mail"
	"mimeo/internal/mail/mailtest"
	"mimeo/internal/vault"
)

var mails = flag.Int("mails", 5000, "how many reminders are due at once in BenchmarkReminders")

// BenchmarkReminders sends the same reminders, signed with DKIM, to a mail
// server in this process: by a bare loop of the mail library over one connection
// and by a queue in which all are due at once, each sealed at another time, so
// that no two share a key. The two take turns. ratio is the
// queue's rate over the loop's; MB is what the heap grew by at its highest
// while the queue sent; the server's side is included in all numbers.
func BenchmarkReminders(b *testing.B) {
	server := mailtest.Start(b, mailtest.Options{Keep: func(string) bool { return false }})
	key, _ := mailtest.DKIMKey(b)
	send := batchBench(b, server, key)
	bare := bareBench(b, server, key)
	var loop, queue, loopCPU, queueCPU, peak float64
	rounds := 0
	for b.Loop() {
		cpu := processor(b)
		loop += bare(*mails).Seconds()
		loopCPU += processor(b) - cpu
		took, cpu, heap := send(*mails)
		queue += took.Seconds()
		queueCPU += cpu
		peak = max(peak, heap)
		rounds++
	}
	if want := 2 * rounds * *mails; server.Count() != want {
		b.Fatalf("%d letters arrived, want %d", server.Count(), want)
	}
	all := float64(rounds * *mails)
	b.ReportMetric(all/loop, "bare-mails/s")
	b.ReportMetric(all/queue, "mails/s")
	b.ReportMetric(loop/queue, "ratio")
	b.ReportMetric(1e6*loopCPU/all, "bare-µs-CPU/mail")
	b.ReportMetric(1e6*queueCPU/all, "µs-CPU/mail")
	b.ReportMetric(peak/(1<<20), "MB")
}

const (
	benchSubject = "Your reminder for January"
	oneClick     = "https://example.org/remind/stop?t=AQAAAABpVAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

var (
	benchText = "You asked us in November to remind you of the newsroom in January.\n\nIf you still want to support us: https://example.org/support\n\nIf not, do nothing. " +
		strings.Repeat("We delete your address this week. ", 10) + "\n"
	benchHTML = "<!doctype html><html lang=\"en\"><body><p>" + strings.ReplaceAll(benchText, "\n\n", "</p><p>") + "</p></body></html>"
)

// bareBench is the loop: no queue, no seal, no database, one connection that
// is asked nothing between two letters.
func bareBench(b *testing.B, server *mailtest.Server, key []byte) func(n int) time.Duration {
	private, err := gomail.PrivKeyFromPEM(key)
	if err != nil {
		b.Fatal(err)
	}
	client, err := gomail.NewClient(server.Host, gomail.WithPort(server.Port), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithoutNoop(), gomail.WithoutRset(),
		gomail.WithAlwaysDKIMSign(gomail.NewDKIMSigner("example.org", "news", private)))
	if err != nil {
		b.Fatal(err)
	}
	return func(n int) time.Duration {
		began := time.Now()
		if err := client.DialWithContext(b.Context()); err != nil {
			b.Fatal(err)
		}
		for i := range n {
			m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
			if err := m.From("The Newsroom <news@example.org>"); err != nil {
				b.Fatal(err)
			}
			if err := m.To(fmt.Sprintf("reader%d@example.net", i)); err != nil {
				b.Fatal(err)
			}
			m.Subject(benchSubject)
			m.SetDate()
			m.SetMessageIDWithValue(fmt.Sprintf("id%d@example.org", i))
			if err := m.SetListUnsubscribeOneClick(oneClick); err != nil {
				b.Fatal(err)
			}
			m.SetBodyString(gomail.TypeTextPlain, benchText)
			m.AddAlternativeString(gomail.TypeTextHTML, benchHTML)
			if err := client.Send(m); err != nil {
				b.Fatal(err)
			}
		}
		took := time.Since(began)
		if err := client.Close(); err != nil {
			b.Fatal(err)
		}
		return took
	}
}

// batchBench plans n reminders ahead and measures from the moment that they
// are due to the moment that the queue is empty.
func batchBench(b *testing.B, server *mailtest.Server, key []byte) func(n int) (took time.Duration, cpu, heap float64) {
	c := dbtest.NewClock(noon)
	url := dbtest.SQLiteURL(b)
	d := dbtest.Open(b, url, c.Now)
	v, err := vault.Open(b.Context(), d, vault.Options{Dir: filepath.Join(b.TempDir(), "keys"), Now: c.Now})
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
	o := options(server)
	o.DKIM = &mimeomail.DKIM{Domain: "example.org", Selector: "news", Key: key}
	o.From, o.Now = "The Newsroom <news@example.org>", c.Now
	m := mimeomail.NewQueue(d, q, v, post(b, o), mimeomail.Options{Now: c.Now})
	m.Compose("reminder", func(context.Context, string, json.RawMessage) (mimeomail.Message, error) {
		return mimeomail.Message{Subject: benchSubject, Text: benchText, HTML: benchHTML, OneClick: oneClick, Lang: "en"}, nil
	})
	if err := q.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := q.Stop(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return func(n int) (time.Duration, float64, float64) {
		const apart = 11 * time.Second
		due := c.Now().Add(time.Duration(n) * apart).Add(24 * time.Hour)
		for i := 0; i < n; i += 500 {
			end := min(i+500, n)
			if err := d.Write(b.Context(), func(ctx context.Context, tx *db.Tx) error {
				for i := i; i < end; i++ {
					if err := m.Plan(ctx, tx, mimeomail.Planned{Kind: "reminder", Due: due, To: fmt.Sprintf("reader%d@example.net", i), Params: words{"January"}, Group: "reminder/2027-01"}); err != nil {
						return err
					}
					c.Advance(apart)
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
		stop := highest()
		cpu, began := processor(b), time.Now()
		if err := q.RunDue(b.Context(), due, c.Set); err != nil {
			b.Fatal(err)
		}
		return time.Since(began), processor(b) - cpu, stop()
	}
}

// processor is the CPU time that this process has used, in seconds.
func processor(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// highest watches the heap and tells by how much it grew at most.
func highest() (stop func() float64) {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() float64 {
		metrics.Read(sample)
		return float64(sample[0].Value.Uint64())
	}
	before := read()
	end, result := make(chan struct{}), make(chan float64)
	go func() {
		top := before
		t := time.NewTicker(2 * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				top = max(top, read())
			case <-end:
				result <- top - before
				return
			}
		}
	}()
	return func() float64 {
		close(end)
		return <-result
	}
}

// BenchmarkPlan is what planning a mail adds to a transaction: sealing, the
// row, and a look whether the minute has its job.
func BenchmarkPlan(b *testing.B) {
	c := dbtest.NewClock(noon)
	d := dbtest.Open(b, dbtest.SQLiteURL(b), c.Now)
	v, err := vault.Open(b.Context(), d, vault.Options{Dir: filepath.Join(b.TempDir(), "keys"), Now: c.Now})
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
	m := mimeomail.NewQueue(d, q, v, outbox(b), mimeomail.Options{Now: c.Now})
	for name, due := range map[string]time.Time{"at-once": noon, "in-January": january} {
		p := mimeomail.Planned{Kind: "receipt", Due: due, To: "reader@example.net", Params: words{"x"}}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := d.Write(b.Context(), func(ctx context.Context, tx *db.Tx) error { return m.Plan(ctx, tx, p) }); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"-prepared", func(b *testing.B) { // the transaction alone
			l, err := m.Prepare(p)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := d.Write(b.Context(), func(ctx context.Context, tx *db.Tx) error { return m.Put(ctx, tx, l) }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("bare-row", func(b *testing.B) { // one small row in a durable transaction, to compare
		for i := 0; b.Loop(); i++ {
			if err := d.Write(b.Context(), func(ctx context.Context, tx *db.Tx) error {
				return tx.SetMeta(ctx, "bench", strconv.Itoa(i))
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
