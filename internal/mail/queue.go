package mail

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"runtime"
	"strings"
	"sync"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/jobs"
)

// Sealer seals what waits for a UTC day ("2027-01-04") so that only that day's
// key opens it, under a context that must be named again.
type Sealer interface {
	Seal(day, context string, plain []byte) ([]byte, error)
	Open(day, context string, sealed []byte) ([]byte, error)
}

// Options are what a Queue needs from outside. Now is required.
type Options struct {
	Now    func() time.Time
	Log    *slog.Logger
	Random io.Reader // makes Message-IDs, also concurrently; crypto/rand when nil
	// Connections is how many letters of a batch are under way at a time;
	// 0 means 10.
	Connections int
}

// ahead is how many letters there may be for each connection, the one that is
// under way included: while what became of one is on its way to the disk, the
// connection carries another.
const ahead = 3

// Queue is the mail that waits for its day. It is safe for concurrent use once
// the jobs run.
type Queue struct {
	db      *db.DB
	jobs    *jobs.Queue
	sealer  Sealer
	post    Post
	now     func() time.Time
	log     *slog.Logger
	random  io.Reader
	senders int
	lines   chan struct{} // a token for each letter under way
	openers int

	compose map[string]func(ctx context.Context, to string, params json.RawMessage) (Message, error)

	mu     sync.Mutex
	alarms map[int64]struct{} // minutes to come for which this process has committed a job
}

// NewQueue makes a queue and registers its jobs, so it comes before the start
// of q.
func NewQueue(d *db.DB, q *jobs.Queue, s Sealer, p Post, o Options) *Queue {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Connections == 0 {
		o.Connections = 10
	}
	m := &Queue{
		db: d, jobs: q, sealer: s, post: p, now: o.Now, log: o.Log, random: o.Random,
		senders: ahead * o.Connections, lines: make(chan struct{}, o.Connections),
		openers: max(runtime.GOMAXPROCS(0), 1),
		compose: map[string]func(ctx context.Context, to string, params json.RawMessage) (Message, error){},
		alarms:  map[int64]struct{}{},
	}
	jobs.Handle(q, m.work, jobs.Timeout(longestBatch))
	jobs.Handle(q, m.workSweep)
	return m
}

// Compose registers how mail of a kind gets its words, from the address and
// the parameters it was planned with; call it before the jobs start. It is
// called when the mail is due, from several goroutines, and again for the same
// mail when that was interrupted: it must give the same letter each time. It may
// leave To and ID empty. ErrUnneeded drops the mail; any other error counts as a
// failed attempt.
func (m *Queue) Compose(kind string, compose func(ctx context.Context, to string, params json.RawMessage) (Message, error)) {
	m.compose[kind] = compose
}

// Planned is a mail that is to leave at its time.
type Planned struct {
	Kind   string    // whose composing function makes the words
	Due    time.Time // cut to the minute; what is past means now
	To     string
	Params any // encoded as JSON and sealed with the address
	// Group, when set, lets only the newest mail of an address in the group
	// and minute leave. It is on disk in clear, as the kind is.
	Group string
	// Ref, when set, is a random id by which the mail can be deleted.
	Ref string
}

// Letter is a planned mail, sealed. It is made before a transaction, so that
// the transaction is short.
type Letter struct {
	kind, group, ref string
	due              time.Time
	day              string
	plain, sealed    []byte
}

// packet is what is sealed: a mail, or the fingerprint of an address whose mail
// is withdrawn.
type packet struct {
	ID          string          `json:"i,omitempty"`
	To          string          `json:"t,omitempty"`
	Params      json.RawMessage `json:"p,omitempty"`
	Fingerprint []byte          `json:"f,omitempty"`
}

// Prepare seals a mail for Put. It checks the address: the fault it returns is
// in the words of whoever typed it.
func (m *Queue) Prepare(p Planned) (*Letter, error) {
	to, err := Address(p.To)
	if err != nil {
		return nil, err
	}
	if p.Kind == "" {
		return nil, errors.New("planning a mail: it has no kind")
	}
	var random [16]byte
	if _, err := io.ReadFull(m.random, random[:]); err != nil {
		return nil, fmt.Errorf("planning a mail: %w", err)
	}
	params, err := json.Marshal(p.Params)
	if err != nil {
		return nil, fmt.Errorf("planning a mail: its parameters: %w", err)
	}
	plain, err := json.Marshal(packet{ID: idLetters.EncodeToString(random[:]), To: to, Params: params})
	if err != nil {
		return nil, fmt.Errorf("planning a mail: %w", err)
	}
	l := &Letter{kind: p.Kind, group: p.Group, ref: p.Ref, due: p.Due, plain: plain}
	return l, m.seal(l, dayOf(minute(p.Due, m.now())))
}

var idLetters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func (m *Queue) seal(l *Letter, day string) (err error) {
	l.day = day
	if l.sealed, err = m.sealer.Seal(day, sealContext(l.kind), l.plain); err != nil {
		return fmt.Errorf("planning a mail: %w", err)
	}
	return nil
}

func sealContext(kind string) string { return "mail|" + kind }

// minute is the batch that a mail belongs to.
func minute(due, now time.Time) time.Time {
	if due.Before(now) {
		due = now
	}
	return due.UTC().Truncate(time.Minute)
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// Plan seals a mail and puts it into the queue, in the caller's transaction.
func (m *Queue) Plan(ctx context.Context, tx *db.Tx, p Planned) error {
	l, err := m.Prepare(p)
	if err != nil {
		return err
	}
	return m.Put(ctx, tx, l)
}

// Put writes a prepared mail and sees to it that a job sends it.
func (m *Queue) Put(ctx context.Context, tx *db.Tx, l *Letter) error {
	due := minute(l.due, tx.Now)
	if day := dayOf(due); day != l.day { // midnight came in between
		if err := m.seal(l, day); err != nil {
			return err
		}
	}
	err := insertMail(ctx, tx, row{bucket: db.Micros(due), due: db.Micros(due), state: planned, kind: l.kind, group: l.group, day: l.day, sealed: l.sealed}, l.ref)
	if db.IsUnique(err) {
		return fault.Wrap(fault.Conflict, "That was planned already", err)
	}
	if err != nil {
		return fmt.Errorf("planning a mail: %w", err)
	}
	return m.ring(ctx, tx, db.Micros(due))
}

const (
	// safely is how far a minute must lie ahead for one job to serve all who
	// plan for it: longer than any transaction takes. Should one take longer
	// still, its mail waits for the sweep.
	safely = 2 * time.Minute
	// mostAlarms bounds the memory of minutes that have their job.
	mostAlarms = 4096
)

// ring enqueues the job of a minute, unless this process knows that there is
// one. A job that is running counts as there for the database too: before it
// ends it looks for mail that came in meanwhile.
func (m *Queue) ring(ctx context.Context, tx *db.Tx, bucket int64) error {
	toCome := db.Time(bucket).After(tx.Now.Add(safely))
	if toCome {
		m.mu.Lock()
		_, rung := m.alarms[bucket]
		m.mu.Unlock()
		if rung {
			return nil
		}
	}
	if err := m.jobs.Enqueue(ctx, tx, batch{Bucket: bucket}, jobs.When{At: db.Time(bucket), Unique: true}); err != nil {
		return fmt.Errorf("planning a mail: %w", err)
	}
	if toCome {
		tx.OnCommit(func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			if len(m.alarms) >= mostAlarms {
				clear(m.alarms)
			}
			m.alarms[bucket] = struct{}{}
		})
	}
	return nil
}

// Delete takes a mail that has not left out of the queue and reports whether
// there was one. Its address is gone with it. Should older mail of the same
// group still wait, the row stays as a mark that withdraws what was planned for
// that address before: its packet then holds a fingerprint in place of the
// address.
func (m *Queue) Delete(ctx context.Context, tx *db.Tx, ref string) (bool, error) {
	if ref == "" {
		return false, nil
	}
	r, err := mailByRef(ctx, tx, ref)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("deleting a mail: %w", err)
	}
	if r.group != "" {
		older, err := anyPlanned(ctx, tx, r.bucket, r.group, r.seq)
		if err != nil {
			return false, fmt.Errorf("deleting a mail: %w", err)
		}
		if older {
			return true, m.withdraw(ctx, tx, r)
		}
	}
	if _, err := deleteMail(ctx, tx, r.seq); err != nil {
		return false, fmt.Errorf("deleting a mail: %w", err)
	}
	return true, nil
}

// withdraw turns a mail into a mark.
func (m *Queue) withdraw(ctx context.Context, tx *db.Tx, r row) error {
	p, err := m.open(r)
	if err != nil {
		return fmt.Errorf("deleting a mail: %w", err)
	}
	day, sealed, err := m.mark(r.kind, fingerprint(r.group, p.To), db.Time(r.bucket), tx.Now)
	if err != nil {
		return fmt.Errorf("deleting a mail: %w", err)
	}
	if err := withdrawMail(ctx, tx, r.seq, day, sealed); err != nil {
		return fmt.Errorf("deleting a mail: %w", err)
	}
	return nil
}

// mark seals a fingerprint.
func (m *Queue) mark(kind string, fingerprint [fingerprintSize]byte, due, now time.Time) (day string, sealed []byte, err error) {
	plain, err := json.Marshal(packet{Fingerprint: fingerprint[:]})
	if err != nil {
		return "", nil, err
	}
	day = dayOf(minute(due, now))
	sealed, err = m.sealer.Seal(day, sealContext(kind), plain)
	return day, sealed, err
}

// Suppress withdraws whatever was planned so far for an address in a group and
// for the given due time. Since nobody can look the address up, it leaves a
// sealed mark that the batch heeds when it is opened.
func (m *Queue) Suppress(ctx context.Context, tx *db.Tx, group string, due time.Time, to string) error {
	if group == "" {
		return errors.New("withdrawing mail: no group is named")
	}
	to, err := Address(to)
	if err != nil {
		return err
	}
	bucket := db.Micros(due.UTC().Truncate(time.Minute))
	if waits, err := anyPlanned(ctx, tx, bucket, group, math.MaxInt64); err != nil {
		return fmt.Errorf("withdrawing mail: %w", err)
	} else if !waits {
		return nil
	}
	day, sealed, err := m.mark("", fingerprint(group, to), due, tx.Now)
	if err != nil {
		return fmt.Errorf("withdrawing mail: %w", err)
	}
	if err := insertMail(ctx, tx, row{bucket: bucket, due: bucket, state: withdrawn, group: group, day: day, sealed: sealed}, ""); err != nil {
		return fmt.Errorf("withdrawing mail: %w", err)
	}
	return nil
}

const fingerprintSize = 16

// fingerprint tells addresses of a group apart in little memory.
func fingerprint(group, address string) (f [fingerprintSize]byte) {
	sum := sha256.Sum256([]byte(group + "\x00" + fold(address)))
	copy(f[:], sum[:])
	return f
}

// open unseals a row's packet.
func (m *Queue) open(r row) (p packet, err error) {
	plain, err := m.sealer.Open(r.day, sealContext(r.kind), r.sealed)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return p, errors.New("a sealed mail cannot be read") // the cause would quote it
	}
	if p.To == "" && len(p.Fingerprint) != fingerprintSize || strings.ContainsAny(p.ID, "\r\n") {
		return p, errors.New("a sealed mail has no address")
	}
	return p, nil
}
