// Package app builds a newsroom out of its parts and runs it: everything that
// is wired to everything else is wired here, in one function, in the order in
// which it is later stopped.
//
// Open gives the parts without running anything, for commands that work
// beside a server; Serve runs the whole. The demo is the same newsroom with a
// clock that can be moved, an outbox in place of mail and a simulated payment
// processor; it differs in what is plugged in and in nothing else.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"mimeo/internal/appeal"
	"mimeo/internal/byline"
	"mimeo/internal/config"
	"mimeo/internal/contribution"
	"mimeo/internal/contribution/simulator"
	"mimeo/internal/db"
	"mimeo/internal/entity"
	"mimeo/internal/front"
	"mimeo/internal/ident"
	"mimeo/internal/jobs"
	"mimeo/internal/lang"
	"mimeo/internal/ledger"
	"mimeo/internal/mail"
	"mimeo/internal/media"
	"mimeo/internal/newsletter"
	"mimeo/internal/reminder"
	"mimeo/internal/search"
	"mimeo/internal/staff"
	"mimeo/internal/statement"
	"mimeo/internal/story"
	"mimeo/internal/story/archive"
	"mimeo/internal/vault"
)

// Options are what does not come from the configuration.
type Options struct {
	Log  *slog.Logger
	Demo bool
	At   time.Time // where the demo's clock begins, zero for now
	Out  io.Writer // where Serve prints the address

	serving bool
}

// App is a newsroom, put together.
type App struct {
	DB            *db.DB
	Jobs          *jobs.Queue
	Vault         *vault.Vault
	Stories       *story.Desk
	Bylines       *byline.Book
	Search        *search.Index
	Entities      *entity.Register
	Statements    *statement.Book
	Appeals       *appeal.Board
	Ledger        *ledger.Book
	Contributions *contribution.Till
	Reminders     *reminder.Diary
	Staff         *staff.Door
	Newsletters   *newsletter.Press
	Fronts        *front.Layout
	Languages     *lang.Book
	Media         *media.Store
	Archive       *archive.Archive

	config config.Config
	log    *slog.Logger
	clock  *clock
	ids    *ident.Source
	mails  *mail.Queue
	outbox *mail.Outbox         // nil when mail really leaves
	bank   *simulator.Processor // nil outside the demo
	zone   *time.Location
	isDemo bool
	// serving says that this is the process that serves the data folder, not
	// a command beside it.
	serving bool
	// named says that the options name an address.
	named  bool
	closes []func() error
}

// demoMark is how a data folder says that a demo wrote it.
const demoMark = "demo"

// Open opens the data folder and puts the parts together. Nothing runs yet,
// and the same data may be open elsewhere.
func Open(ctx context.Context, c config.Config, opt Options) (a *App, err error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	a = &App{config: c, log: opt.Log, clock: newClock(time.Now), serving: opt.serving}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
			a = nil
		}
	}()
	if err := prepare(c.Data); err != nil {
		return a, err
	}
	fresh := false
	if c.Database == "" {
		if fresh, err = missing(c.Data); err != nil {
			return a, err
		}
	}
	a.named = c.BaseURL != "" || c.Desk.BaseURL != "" || c.Desk.Listen != ""
	if c.BaseURL == "" {
		a.config.BaseURL = "http://" + c.Listen
	}
	if a.DB, err = db.Open(ctx, db.Options{URL: address(c), Now: a.clock.Now, Log: opt.Log}); err != nil {
		return a, err
	}
	a.closes = append(a.closes, a.DB.Close)
	if err := a.DB.Migrate(ctx); err != nil {
		return a, err
	}
	if err := a.mark(ctx, opt); err != nil {
		return a, err
	}
	if fresh && !opt.serving {
		a.log.Warn("there was no newsroom in the data folder; an empty one was made", "folder", c.Data)
	}
	if a.isDemo {
		a.config = demoConfig(a.config)
		if err := a.clock.load(ctx, a.DB, opt.At); err != nil {
			return a, err
		}
	}
	return a, a.assemble(ctx)
}

// mark notes what kind of newsroom the data is of, and refuses to serve one as
// the other: a demo's money is not money.
func (a *App) mark(ctx context.Context, opt Options) error {
	return a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		kind, err := tx.Meta(ctx, demoMark)
		if err != nil {
			return fmt.Errorf("reading what the data folder is for: %w", err)
		}
		switch {
		case !opt.serving: // a command beside the server takes what it finds
			a.isDemo = kind == "yes"
			return nil
		case kind == "":
			kind = "no"
			if opt.Demo {
				kind = "yes"
			}
			if err := tx.SetMeta(ctx, demoMark, kind); err != nil {
				return err
			}
		case (kind == "yes") != opt.Demo:
			return errWrongKind(opt.Demo)
		}
		a.isDemo = kind == "yes"
		return nil
	})
}

func (a *App) assemble(ctx context.Context) (err error) {
	c := a.config
	if a.zone, err = time.LoadLocation(c.Newsroom.Zone); err != nil {
		return fmt.Errorf("newsroom.zone: %w", err)
	}
	now := a.clock.Now
	a.ids = ident.NewSource(now, rand.Reader)
	if a.Languages, err = lang.Load(); err != nil {
		return err
	}
	if a.Vault, err = vault.Open(ctx, a.DB, vault.Options{Dir: filepath.Join(c.Data, "keys"), Now: now, Random: rand.Reader, Log: a.log}); err != nil {
		return err
	}
	if a.Jobs, err = jobs.New(a.DB, jobs.Options{Now: now, Log: a.log}); err != nil {
		return err
	}
	if err := a.Jobs.Migrate(ctx); err != nil {
		return err
	}
	post, err := a.post()
	if err != nil {
		return err
	}
	if err := a.door(ctx); err != nil {
		return err
	}
	a.mails = mail.NewQueue(a.DB, a.Jobs, a.Vault, post, mail.Options{Now: now, Log: a.log})
	a.Stories = story.New(a.DB, a.ids, story.Options{
		Zone: a.zone, DefaultLang: c.Newsroom.Languages[0],
		Record: func(ctx context.Context, tx *db.Tx, act story.Act) error {
			return a.record(ctx, tx, act.Actor, act.Action, act.Object)
		},
	})
	a.Stories.Work(a.Jobs)
	a.credits()
	a.sources()
	a.finder()
	if err := a.herald(); err != nil {
		return err
	}
	a.keepArchive()
	if err := a.gallery(ctx); err != nil {
		return err
	}
	a.Fronts = front.New(a.DB, a.Stories, a.record)
	a.Appeals = appeal.New(a.DB, a.log)
	if err := a.Appeals.Reload(ctx); err != nil {
		return err
	}
	a.Ledger = ledger.New()
	if err := a.takeMoney(ctx); err != nil {
		return err
	}
	return errors.Join(a.remind(), a.press())
}

// Now is the newsroom's time.
func (a *App) Now() time.Time { return a.clock.Now().UTC() }

// ForgetKeys lets the data be opened again whose key folder was lost.
func ForgetKeys(ctx context.Context, c config.Config, log *slog.Logger) error {
	d, err := db.Open(ctx, db.Options{URL: address(c), Now: time.Now, Log: log})
	if err != nil {
		return err
	}
	return errors.Join(d.Migrate(ctx), vault.Forget(ctx, d), d.Close())
}

// address is where the database is.
func address(c config.Config) string {
	if c.Database != "" {
		return c.Database
	}
	return "sqlite:" + databaseFile(c.Data)
}

// Close releases what Open took, the last first.
func (a *App) Close() error {
	var errs []error
	for i := len(a.closes) - 1; i >= 0; i-- {
		errs = append(errs, a.closes[i]())
	}
	a.closes = nil
	return errors.Join(errs...)
}
