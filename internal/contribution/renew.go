package contribution

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/jobs"
	"mimeo/internal/vault"
)

const (
	// batch is how many pledges are read at a time.
	batch = 200
	// chargers is how many renewals are under way at once.
	chargers = 8
)

// planRenewal sees to it that the batch of a day will be worked on. The memory
// of what is enqueued saves a statement; it is trusted for future days only,
// because the job of a day that has come may be finished.
func (t *Till) planRenewal(ctx context.Context, tx *db.Tx, day Day) error {
	if day == "" {
		return nil
	}
	if day > DayOf(tx.Now) {
		t.mu.Lock()
		known := t.renewals[day]
		t.mu.Unlock()
		if known {
			return nil
		}
	}
	if err := t.jobs.Enqueue(ctx, tx, renewArgs{Day: day}, jobs.When{At: day.Time(), Unique: true}); err != nil {
		return fmt.Errorf("planning the renewals of %s: %w", day, err)
	}
	tx.OnCommit(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		for old := range t.renewals {
			if old <= DayOf(tx.Now) {
				delete(t.renewals, old)
			}
		}
		t.renewals[day] = true
	})
	return nil
}

// renewDue charges everything that is due by now, each period of each pledge at
// most once, and returns the first trouble after having tried them all.
func (t *Till) renewDue(ctx context.Context) error {
	today := DayOf(t.opt.Now())
	var last kept
	var trouble error
	for {
		var page []kept
		if err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			page, err = dueAfter(ctx, tx, today, last.due, last.ID, batch)
			return err
		}); err != nil {
			return err
		}
		if err := t.renewPage(ctx, page); err != nil && trouble == nil {
			trouble = err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(page) < batch {
			return trouble
		}
		last = page[len(page)-1]
	}
}

func (t *Till) renewPage(ctx context.Context, page []kept) error {
	var (
		wait    sync.WaitGroup
		mu      sync.Mutex
		trouble error
	)
	slots := make(chan struct{}, chargers)
	for _, p := range page {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			if err := t.renew(ctx, p.ID); err != nil {
				mu.Lock()
				defer mu.Unlock()
				if trouble == nil {
					trouble = fmt.Errorf("renewing a gift: %w", err)
				}
			}
		})
	}
	wait.Wait()
	return trouble
}

// renew charges what one pledge owes today. An error means that it is not known
// what happened; calling it again continues with the same payment and key.
func (t *Till) renew(ctx context.Context, id string) error {
	var pledge kept
	if err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		pledge, err = selectPledge(ctx, tx, id)
		return err
	}); err != nil {
		return err
	}
	p, err := t.provider(pledge.Provider)
	if err != nil {
		return err
	}
	who, err := t.open(pledge)
	if err != nil {
		return err
	}
	var pay record
	if err := t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		pay, err = t.claim(ctx, tx, id, who)
		return err
	}); err != nil {
		return ignoring(err, errSeen)
	}
	if pay.ID == "" { // the pledge is over
		return nil
	}
	if pay.State != Started { // settled but not followed up
		return t.follow(ctx, pay.ID, Fact{})
	}
	fact, err := t.charge(ctx, p, pay, who)
	if err != nil {
		return err
	}
	_, err = t.settle(ctx, p.Name(), fact, "")
	return err
}

// claim writes the payment that is to be charged, or finds the one whose
// outcome is not known. It holds the pledge while it does: whoever stopped it
// before is obeyed, and whoever stops it afterwards is told that a payment is
// on its way. errSeen means that there is nothing to charge, an empty record
// that the pledge is over.
func (t *Till) claim(ctx context.Context, tx *db.Tx, id string, who contact) (record, error) {
	pledge, err := lockPledge(ctx, tx, id)
	if err != nil {
		return record{}, err
	}
	rows, err := payments(ctx, tx, "select "+paymentColumns+" from payment where pledge = $1", id)
	if err != nil {
		return record{}, err
	}
	all := make([]Payment, 0, len(rows))
	for _, r := range rows {
		all = append(all, r.Payment)
		if r.todo && r.State != Started {
			return r, nil
		}
	}
	today := DayOf(tx.Now)
	s := StandingOf(pledge.Rhythm, all)
	phase, reason := PhaseOf(pledge.Pledge, s, tx.Now)
	lost := who.Email == "" || who.Customer == ""
	switch {
	case phase == Ended, phase != Pending && lost && !s.Open:
		if lost && phase != Ended {
			t.opt.Log.Error("a gift ends because what is needed to renew it cannot be read", "pledge", id)
			reason = ByFailure
		}
		pledge.endIf(Ended, reason, today)
		return record{}, updatePledge(ctx, tx, pledge)
	case s.Open:
		for _, r := range rows {
			if r.State == Started && r.Period == s.Period && !r.Hosted && !lost {
				return r, nil
			}
		}
		return record{}, errSeen // the donor is paying on the provider's page
	case s.Try == "" || s.Try > today:
		return record{}, errSeen
	}
	pay := record{rhythm: pledge.Rhythm, todo: true, Payment: Payment{
		ID: t.ids.Secret(), Pledge: id, Provider: pledge.Provider, Key: t.ids.Secret(), Period: s.Period,
		Amount: pledge.Amount, State: Started, Begun: today,
	}}
	return pay, insertPayment(ctx, tx, pay.Payment, pledge.Rhythm, "")
}

// charge takes a payment whose row is durable. On the day of the row the
// provider still knows its key, and a repetition is harmless; later it may have
// forgotten, so it is asked what became of the payment first.
func (t *Till) charge(ctx context.Context, p Provider, pay record, who contact) (Fact, error) {
	r := Renewal{
		Key: pay.Key, Payment: pay.ID, Pledge: pay.Pledge, Amount: pay.Amount,
		Customer: who.Customer, Method: who.Method, Descriptor: t.opt.Descriptor,
	}
	ctx, cancel := t.patient(ctx)
	defer cancel()
	if pay.Begun != DayOf(t.opt.Now()) {
		fact, err := p.Find(ctx, r)
		if err == nil {
			return settled(fact)
		}
		if fault.KindOf(err) != fault.Missing {
			return Fact{}, fmt.Errorf("looking for a renewal: %w", err)
		}
	}
	fact, err := p.Charge(ctx, r)
	if fault.KindOf(err) == fault.Conflict {
		// The key was used with other words, before the operator changed
		// them: what it did then is what counts.
		if fact, err = p.Find(ctx, r); fault.KindOf(err) == fault.Missing {
			err = fault.Wrap(fault.Unavailable, "The payment processor cannot say what became of a payment", err)
		}
	}
	if fault.KindOf(err) == fault.Invalid {
		t.opt.Log.Warn("the provider refuses a renewal", "provider", p.Name(), "err", err)
		return Fact{Payment: pay.ID, Pledge: pay.Pledge, State: Failed, At: t.opt.Now(), Amount: pay.Amount}, nil
	}
	if err != nil {
		return Fact{}, fmt.Errorf("charging a renewal: %w", err)
	}
	return settled(fact)
}

// settled refuses a Fact that decides nothing, so that the renewal is taken up
// again later.
func settled(f Fact) (Fact, error) {
	if f.State == Started && !f.Processing {
		return Fact{}, fault.Unavailablef("The payment processor has not decided yet")
	}
	return f, nil
}

// Carry moves every packet that is sealed to a day before today over to today,
// or to the day on which it is needed. Call it before the keys of past days are
// destroyed (vault.Keep): what is not carried over cannot be renewed.
func (t *Till) Carry(ctx context.Context) error {
	after := ""
	for {
		today := DayOf(t.opt.Now())
		var page []kept
		if err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			page, err = sealedBefore(ctx, tx, today, after, batch)
			return err
		}); err != nil {
			return err
		}
		for _, p := range page {
			if err := t.carry(ctx, p, max(p.due, today)); err != nil {
				return fmt.Errorf("carrying a packet over: %w", err)
			}
			after = p.ID
		}
		if len(page) < batch {
			return nil
		}
	}
}

func (t *Till) carry(ctx context.Context, p kept, to Day) error {
	who, err := t.open(p)
	if err != nil {
		return err
	}
	var packet []byte
	if who.Email != "" {
		if packet, err = t.seal(to, p.ID, who); errors.Is(err, vault.ErrDestroyed) {
			return nil // midnight has passed; the next round does it
		} else if err != nil {
			return err
		}
	}
	return t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := lockPledge(ctx, tx, p.ID)
		if err != nil || now.packetDay != p.packetDay {
			return err
		}
		if packet == nil {
			t.opt.Log.Error("a gift ends because what is needed to renew it cannot be read", "pledge", p.ID)
			now.endIf(Ended, ByFailure, DayOf(tx.Now))
		} else {
			now.packet, now.packetDay = packet, to
		}
		return updatePledge(ctx, tx, now)
	})
}
