package app

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"mimeo/internal/contribution/simulator"
	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/jobs"
	"mimeo/internal/mail"
	"mimeo/internal/staff"
	"mimeo/internal/web"
)

//go:embed demo.html demo.css
var demoFiles embed.FS

var demoPage = template.Must(template.ParseFS(demoFiles, "demo.html"))

// demo is what only the demo has: the outbox, the simulated processor, a clock
// that moves, and the page that shows all of it.
type demo struct {
	clock  *clock
	db     *db.DB
	queue  *jobs.Queue
	outbox *mail.Outbox
	bank   *simulator.Processor
	settle func(ctx context.Context) error // flushes what is counted in memory
	signIn web.Handler                     // lets anybody in at the desk

	moving sync.Mutex
}

// routes are the demo's addresses.
func (d *demo) routes(handle func(pattern string, h web.Handler)) {
	handle("GET /demo/{$}", d.page)
	handle("GET /demo/demo.css", d.css)
	handle("POST /demo/clock", d.moveClock)
	handle("GET /demo/outbox.json", d.outboxJSON)
	handle("GET /demo/bank.json", d.bankJSON)
	handle("POST /demo/faults", d.setFaults)
	handle("POST /demo/signin", d.signIn)
}

// step is one button that moves the clock.
type step struct{ ISO, Words string }

func (d *demo) page(w http.ResponseWriter, r *http.Request) error {
	bank, err := d.bank.Bank(r.Context())
	if err != nil {
		return err
	}
	now := d.clock.Now().UTC()
	sent := d.outbox.Messages()
	view := struct {
		Now       time.Time
		Said      string
		Suggest   string
		Steps     []step
		Mail      []mail.Sent
		MailCount int
		Bank      []simulator.Line
		Roles     []staff.Role
	}{
		Roles: staff.Roles(),
		Now:   now, Suggest: now.AddDate(0, 2, 0).Format(time.RFC3339), MailCount: len(sent),
		Steps: []step{{"PT1H", "An hour on"}, {"P1D", "A day on"}, {"P1W", "A week on"}, {"P1M", "A month on"}},
	}
	if r.URL.Query().Get("moved") != "" {
		view.Said = "The clock has moved on, and all that fell due has been done."
	}
	for i := len(sent) - 1; i >= 0 && len(view.Mail) < 50; i-- {
		view.Mail = append(view.Mail, sent[i])
	}
	for i := len(bank) - 1; i >= 0 && len(view.Bank) < 60; i-- {
		view.Bank = append(view.Bank, bank[i])
	}
	var page bytes.Buffer
	if err := demoPage.Execute(&page, view); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(page.Bytes())
	return err
}

func (d *demo) css(w http.ResponseWriter, _ *http.Request) error {
	sheet, err := demoFiles.ReadFile("demo.css")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, err = w.Write(sheet)
	return err
}

// moveClock answers once every job due by the new time has run.
func (d *demo) moveClock(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	var when func(now time.Time) time.Time
	switch at, by := form.Of("to"), form.Of("advance"); {
	case at != "" && by != "":
		return fault.Invalidf("Give either a time or a duration, not both")
	case at != "":
		to, err := time.Parse(time.RFC3339, strings.Replace(at, " ", "T", 1))
		if err != nil {
			return fault.Invalidf("Write the time like 2027-01-05T10:00:00Z")
		}
		when = func(time.Time) time.Time { return to.UTC() }
	default:
		s, err := parseSpan(by)
		if err != nil {
			return err
		}
		when = s.after
	}
	if err := d.move(r.Context(), when); err != nil {
		return err
	}
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Redirect(w, r, "/demo/?moved=1", http.StatusSeeOther)
		return nil
	}
	return writeJSON(w, map[string]time.Time{"now": d.clock.Now().UTC().Truncate(time.Second)})
}

// move brings the clock to a time by way of everything that falls due before:
// jobs in the order of their times, and between them the processor's messages.
func (d *demo) move(ctx context.Context, when func(now time.Time) time.Time) error {
	d.moving.Lock()
	defer d.moving.Unlock()
	now := d.clock.Now()
	to := when(now)
	if to.Before(now) {
		return fault.Invalidf("The demo's clock stands at %s and never goes back", now.UTC().Format(time.RFC3339))
	}
	if to.After(d.clock.real().Add(farthest)) {
		return fault.Invalidf("The demo's clock goes twenty years ahead at most")
	}
	// What is due at a time that the clock cannot be brought to never runs, and
	// what ran ends only when that can be written down: nobody waits in vain.
	ctx, giveUp := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { d.watch(ctx, giveUp) })
	defer watch.Wait()
	defer giveUp(nil)
	note := func(err error) {
		if err != nil {
			giveUp(err)
		}
	}
	set := func(t time.Time) {
		for ctx.Err() == nil {
			next, more, err := d.bank.Next(ctx)
			note(err)
			if !more || next.After(t) {
				break
			}
			if next.After(d.clock.Now()) {
				note(d.clock.set(ctx, d.db, next))
			}
			_, err = d.bank.Deliver(ctx)
			note(err)
		}
		if t.After(d.clock.Now()) {
			note(d.clock.set(ctx, d.db, t))
		}
	}
	for {
		err := d.queue.RunDue(ctx, to, set)
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if err != nil {
			return err
		}
		next, more, err := d.bank.Next(ctx)
		if err != nil {
			return err
		}
		if !more || next.After(to) {
			return d.settle(ctx)
		}
		set(next) // what the last jobs made the processor say
	}
}

// watch gives up for good when nothing can be written down any more.
func (d *demo) watch(ctx context.Context, giveUp context.CancelCauseFunc) {
	t := time.NewTicker(2 * time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := writable(ctx, d.db); fault.KindOf(err) == fault.Unavailable {
				giveUp(err)
			}
		}
	}
}

func (d *demo) outboxJSON(w http.ResponseWriter, _ *http.Request) error {
	type sent struct {
		To      string              `json:"to"`
		From    string              `json:"from"`
		Subject string              `json:"subject"`
		Headers map[string][]string `json:"headers"`
		Text    string              `json:"text"`
		HTML    string              `json:"html"`
		At      time.Time           `json:"at"`
	}
	all := []sent{}
	for _, m := range d.outbox.Messages() {
		all = append(all, sent{m.To, m.From, m.Subject, m.Headers, m.Text, m.HTML, m.At.UTC()})
	}
	return writeJSON(w, all)
}

func (d *demo) bankJSON(w http.ResponseWriter, r *http.Request) error {
	lines, err := d.bank.Bank(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, append([]simulator.Line{}, lines...))
}

func (d *demo) setFaults(w http.ResponseWriter, r *http.Request) error {
	raw, err := io.ReadAll(r.Body) // bounded by web.Protect
	if err != nil {
		return fault.Wrap(fault.Invalid, "The faults did not arrive whole", err)
	}
	f, err := simulator.ParseFaults(raw)
	if err != nil {
		return err
	}
	if err := d.bank.SetFaults(f); err != nil {
		return err
	}
	return writeJSON(w, f)
}

func writeJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
