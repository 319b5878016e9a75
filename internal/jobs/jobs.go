// Package jobs does work later, in the same database as everything else.
//
// A job is a kind and a few arguments, enqueued in the transaction whose
// follow-up it is: it exists if and only if that transaction was committed. A
// worker then runs it, retries it with growing pauses when it fails, and puts
// it on the list of dead jobs, where an operator sees it, when it failed for
// good. Jobs wait for their time by the newsroom's clock and by no other.
//
// A job is done exactly once in effect. Whoever works it writes its outcome and
// the job's completion in one transaction (Job.Done); a process that is killed
// midway leaves a job that runs again, and a process that merely lost touch
// finds, when it comes to write, that the job is no longer its own. What a job
// does outside the database (a mail, a call to a bank) may happen twice and
// needs a key of its own.
//
// What is stored: kind, arguments, times, the number of attempts and the last
// error's text without anything that looks like an address. Arguments are rows
// on disk: ids or sealed bytes, never an address. A finished job is deleted in
// the transaction that finishes it.
//
// River runs the jobs behind this package, on either engine. It works through
// the db package's transactions only and has no connection, scheduler or leader
// of its own; see river.go.
package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Args are a job's arguments, encoded as a JSON object. Kind names the handler.
type Args interface{ Kind() string }

// When says when a job runs.
type When struct {
	// At is the earliest time; zero means at once.
	At time.Time
	// Unique skips the job silently while another one of the same kind and
	// arguments is unfinished.
	Unique bool
}

// Options are what a queue needs from outside.
type Options struct {
	// Now is the newsroom's clock, the same that the database was given.
	Now func() time.Time
	// Log receives failures; nil keeps silent. Arguments are never logged.
	Log *slog.Logger
	// Workers is how many jobs run at a time; 0 means 8.
	Workers int
	// Poll is how often the queue looks for jobs that became due or were
	// enqueued by another process; 0 means a second. Jobs of this process
	// that are due at once do not wait for it.
	Poll time.Duration
}

// attempts is how often a job is tried before it is dead. With the pauses of
// the back-off that takes about a day and a half: longer than most outages.
const attempts = 20

// Queue is the newsroom's list of things to do. It is safe for concurrent use
// once Start was called.
type Queue struct {
	d    *db.DB
	now  func() time.Time
	log  *slog.Logger
	poll time.Duration

	client  *river.Client[*db.Tx]
	workers *river.Workers
	pilot   pilot
	dialect dialect

	kinds     map[string]bool
	schedules []*schedule
	broken    error // what was wrong with the registrations

	running  atomic.Bool
	halting  atomic.Bool
	halt     chan struct{}  // closed when running jobs are to give up
	stopLoop func()         // ends the housekeeping
	loops    sync.WaitGroup // housekeeping
	node     string         // names this process in the jobs that it runs
	silent   atomic.Bool    // the database does not answer, and that was logged
	progress chan struct{}  // signalled after every outcome
	moving   sync.Mutex     // held by RunDue
	census   *census        // PostgreSQL only: which nodes are alive
	due      dueQueries     // built by Start from the kinds
}

// New makes a queue on d. Handlers are registered next, then Start is called;
// a process that only enqueues needs neither.
func New(d *db.DB, opt Options) (*Queue, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Workers == 0 {
		opt.Workers = 8
	}
	if opt.Poll == 0 {
		opt.Poll = time.Second
	}
	q := &Queue{
		d: d, now: opt.Now, log: opt.Log, poll: opt.Poll,
		workers: river.NewWorkers(), dialect: dialectOf(d.Dialect()),
		kinds: map[string]bool{}, halt: make(chan struct{}), progress: make(chan struct{}, 1), node: "node",
	}
	var err error
	if q.client, err = newClient(q, opt); err != nil {
		return nil, fmt.Errorf("preparing the job queue: %w", err)
	}
	return q, nil
}

// Enqueue adds a job in the caller's transaction.
func (q *Queue) Enqueue(ctx context.Context, tx *db.Tx, args Args, when When) error {
	if len(q.kinds) > 0 && !q.kinds[args.Kind()] {
		return fmt.Errorf("enqueuing %s: nothing handles that kind", args.Kind())
	}
	return q.insert(ctx, tx, args, when.At, func(encoded []byte) []byte {
		if !when.Unique {
			return nil
		}
		return key(args.Kind(), string(encoded))
	})
}

// key tells jobs apart that must not be unfinished at the same time.
func key(parts ...string) []byte {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d %s", len(p), p)
	}
	return h.Sum(nil)
}

func (q *Queue) insert(ctx context.Context, tx *db.Tx, args Args, at time.Time, key func(encoded []byte) []byte) error {
	encoded, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("enqueuing %s: %w", args.Kind(), err)
	}
	if at.After(tx.Now) {
		at = ceil(at)
	} else {
		at = floor(tx.Now)
		tx.OnCommit(func() { q.poke(ctx) })
	}
	if err := q.add(ctx, tx, args.Kind(), encoded, at, key(encoded)); err != nil {
		return fmt.Errorf("enqueuing %s: %w", args.Kind(), err)
	}
	return nil
}

// poke makes this process look for jobs at once.
func (q *Queue) poke(ctx context.Context) {
	if q.running.Load() {
		q.pilot.wake(ctx)
	}
}

// kindPattern is what River accepts, less its odder signs.
var kindPattern = regexp.MustCompile(`^[a-z][a-z0-9_.-]{1,99}$`)

// register notes a kind before Start; a bad one is reported there.
func (q *Queue) register(kind string, add func() error) {
	var err error
	switch {
	case q.running.Load():
		err = fmt.Errorf("the queue already runs; %s is registered too late", kind)
	case !kindPattern.MatchString(kind):
		err = fmt.Errorf("a job's kind has 2 to 100 small letters, digits and _.- but is %q", kind)
	case q.kinds[kind]:
		err = fmt.Errorf("two handlers for %s", kind)
	default:
		q.kinds[kind] = true
		err = add()
	}
	q.broken = errors.Join(q.broken, err)
}

// Permanent marks an error as one that no retry will mend: the job is dead at
// once. It returns nil for nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanent{err}
}

type permanent struct{ error }

func (p *permanent) Unwrap() error { return p.error }

// errTaken says that a job is no longer this run's: it was finished, or another
// process took it over. The transaction that hears it is rolled back.
var errTaken = fault.New(fault.Conflict, "This was already done, or is being done, elsewhere")

// floor and ceil give times the precision that both engines keep, so that no
// job runs before its time.
func floor(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func ceil(t time.Time) time.Time {
	if f := floor(t); !f.Equal(t) {
		return f.Add(time.Millisecond)
	}
	return t.UTC()
}
