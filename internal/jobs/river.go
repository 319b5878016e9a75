package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivershared/baseservice"
	"github.com/riverqueue/river/rivershared/riverpilot"
	"github.com/riverqueue/river/rivertype"

	"mimeo/internal/db"
)

// How River is used. Its are the tables and their migrations, the producer that
// fetches when there is room, and the pool of workers with their time limits
// and their orderly end. Its statements are replaced by those in sql.go, for
// these reasons:
//
//   - Everything passes through db.Write. On SQLite the queue shares the one
//     writer and its group commit, where a second writer would make a payment
//     wait for a lock; and statements prepared once cost a tenth of River's,
//     which are parsed each time, in a transaction that books a payment.
//   - It has no leader and no maintenance. A waiting job is "available" from
//     its time on, which fetching compares, so that nothing has to move it on;
//     outcomes are written by handle.go; the jobs of dead processes are found
//     by census.go. So no pause follows the death of a leader.
//   - Its clock is ours, so that a moved clock moves the jobs and nothing else.
//   - It does not listen. A commit in this process wakes its own workers, and
//     a look each second finds the rest.
//
// River calls the interfaces used for this internal. Its modules are pinned to
// one version, and the tests of this package are the contract that another one
// must pass.

// fetchPause is the least time between two fetches, which a burst of jobs
// shares.
const fetchPause = 2 * time.Millisecond

func newClient(q *Queue, opt Options) (*river.Client[*db.Tx], error) {
	return river.NewClient(&driver{q: q}, &river.Config{
		ID:                     "node",
		FetchCooldown:          fetchPause,
		FetchPollInterval:      max(opt.Poll, fetchPause),
		LeaderElectionDisabled: true,
		Logger:                 slog.New(warnings{opt.Log.Handler()}),
		PollOnly:               true,
		Queues:                 map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: opt.Workers}},
		RetryPolicy:            backoff{opt.Now},
		Test:                   river.TestConfig{Time: clock{opt.Now}},
		Workers:                q.workers,
	})
}

// driver is a River driver without a connection. What a client does not call
// that has no leader and inserts nothing would be a nil call; the tests
// exercise all that it does.
type driver struct {
	riverdriver.Driver[*db.Tx]
	q *Queue
}

func (d *driver) PoolIsSet() bool                   { return true }
func (d *driver) SupportsListener() bool            { return false }
func (d *driver) GetExecutor() riverdriver.Executor { return hands{q: d.q} }
func (d *driver) PluginInit(*baseservice.Archetype) {}
func (d *driver) PluginPilot() riverpilot.Pilot     { return &d.q.pilot }

// pilot catches the function that wakes the producer.
type pilot struct {
	riverpilot.StandardPilot
	notify func(ctx context.Context, inserted []*rivertype.JobInsertResult)
}

func (p *pilot) PilotInit(_ *baseservice.Archetype, params *riverpilot.PilotInitParams) {
	p.notify = params.NotifyNonTxJobInsert
}

func (p *pilot) wake(ctx context.Context) {
	p.notify(ctx, []*rivertype.JobInsertResult{{Job: &rivertype.JobRow{Queue: river.QueueDefault}}})
}

// hands is what River has in place of a connection.
type hands struct {
	riverdriver.Executor
	q *Queue
}

func (h hands) Ping(context.Context) error       { return nil }
func (h hands) InitDriver(context.Context) error { return nil }

func (h hands) QueueCreateOrSetUpdatedAt(_ context.Context, p *riverdriver.QueueCreateOrSetUpdatedAtParams) (*rivertype.Queue, error) {
	return &rivertype.Queue{Name: p.Name, Metadata: []byte("{}")}, nil
}

func (h hands) QueueGet(_ context.Context, p *riverdriver.QueueGetParams) (*rivertype.Queue, error) {
	return &rivertype.Queue{Name: p.Name, Metadata: []byte("{}")}, nil
}

func (h hands) JobGetCancelRequested(context.Context, *riverdriver.JobGetCancelRequestedParams) ([]int64, error) {
	return nil, nil
}

// JobGetAvailable fetches due jobs. Most often there are none, which a read
// tells. An outage is logged once, not once a second.
func (h hands) JobGetAvailable(ctx context.Context, p *riverdriver.JobGetAvailableParams) (*riverdriver.JobGetAvailableResult, error) {
	var fetched []*rivertype.JobRow
	due, err := h.q.any(ctx, h.q.due.waiting, h.q.now())
	if due {
		err = h.q.d.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			fetched, err = h.q.fetch(ctx, tx, p.MaxToLock)
			return err
		})
	}
	if err != nil {
		if !h.q.silent.Swap(true) {
			h.q.log.Error("jobs cannot be fetched", "err", err)
		}
		return &riverdriver.JobGetAvailableResult{}, nil
	}
	if h.q.silent.Swap(false) {
		h.q.log.Info("jobs are fetched again")
	}
	return &riverdriver.JobGetAvailableResult{Jobs: fetched}, nil
}

// JobSetStateIfRunningMany hears from River what became of jobs. Of those that
// reached their handler it says that they are complete: their true outcome was
// written by run.do. The others, whose arguments could not be read, fail here.
func (h hands) JobSetStateIfRunningMany(ctx context.Context, p *riverdriver.JobSetStateIfRunningManyParams) ([]*rivertype.JobRow, error) {
	for i, id := range p.ID {
		if p.State[i] == rivertype.JobStateCompleted {
			continue
		}
		var why rivertype.AttemptError
		if err := json.Unmarshal(p.ErrData[i], &why); err != nil {
			why.Error = "the job could not be started"
		}
		why.Error = scrub(why.Error)
		err := h.q.d.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			if p.FinalizedAt[i] != nil {
				_, err = h.q.die(ctx, tx, id, why.Attempt, why.Error)
			} else {
				_, err = h.q.delay(ctx, tx, id, why.Attempt, *p.ScheduledAt[i], why.Error)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("failing job %d: %w", id, err)
		}
		h.q.log.Error("a job could not be started", "job", id, "attempt", why.Attempt, "dead", p.FinalizedAt[i] != nil, "err", why.Error)
	}
	return nil, nil
}

// clock is the newsroom's clock as River wants it.
type clock struct{ now func() time.Time }

func (c clock) Now() time.Time { return floor(c.now()) }

func (c clock) NowOrNil() *time.Time {
	now := c.Now()
	return &now
}

// backoff serves the jobs that fail before they reach their handler.
type backoff struct{ now func() time.Time }

func (b backoff) NextRetry(job *rivertype.JobRow) time.Time {
	return ceil(b.now().Add(pause(job.Attempt)))
}

// warnings drops what River logs below a warning.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}
func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }
func (w warnings) WithGroup(name string) slog.Handler   { return warnings{w.Handler.WithGroup(name)} }
