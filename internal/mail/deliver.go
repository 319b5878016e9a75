package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"mimeo/internal/db"
)

// fate is what became of a letter.
type fate int

const (
	sent     fate = iota + 1
	replaced      // a newer one of the same address, or a mark, keeps it back
	dropped       // its composing function found it unneeded
	rejected
	failed
	deferred // it waits for another attempt
)

// outcome is a letter's fate, to be written down; none when it was interrupted.
// Of a deferred one the row already says when and under which key it waits.
type outcome struct {
	row
	fate fate
}

// deliver makes a letter's words, sends it and tells what became of it.
func (r *run) deliver(ctx context.Context, l letter) outcome {
	o := outcome{row: l.row}
	if l.err != nil {
		r.log.Error("a planned mail cannot be opened", "kind", l.kind, "day", l.day, "err", l.err)
		return r.postpone(o, nil)
	}
	message, err := r.words(ctx, l)
	if errors.Is(err, ErrUnneeded) {
		o.fate = dropped
		return o
	}
	if err != nil {
		// The cause may quote what the mail is about.
		r.log.Error("a mail has no words", "kind", l.kind, "err", fmt.Sprintf("%T", err))
		return r.postpone(o, &l.packet)
	}
	select {
	case r.lines <- struct{}{}:
	case <-ctx.Done():
		return o
	}
	err = r.post.Send(ctx, message)
	<-r.lines
	switch {
	case err == nil:
		o.fate = sent
	case errors.Is(err, ErrRejected):
		r.log.Info("a mail was rejected", "kind", l.kind, "err", err)
		o.fate = rejected
	case ctx.Err() != nil:
		return o
	default:
		r.log.Warn("a mail was not taken", "kind", l.kind, "attempt", l.attempts+1, "err", err)
		return r.postpone(o, &l.packet)
	}
	return o
}

// words calls the composing function of a letter's kind.
func (r *run) words(ctx context.Context, l letter) (m Message, err error) {
	compose := r.compose[l.kind]
	if compose == nil {
		return m, errors.New("nobody writes mail of that kind")
	}
	defer func() {
		if v := recover(); v != nil {
			r.log.Error("writing a mail panicked", "kind", l.kind, "stack", string(debug.Stack()))
			err = errors.New("panic")
		}
	}()
	if m, err = compose(ctx, l.packet.To, l.packet.Params); err != nil {
		return m, err
	}
	if m.To == "" {
		m.To = l.packet.To
	}
	if m.ID == "" {
		m.ID = l.packet.ID
	}
	return m, nil
}

// postpone plans the next attempt, or gives up after the last. A letter that
// could not be opened keeps the packet that it has.
func (r *run) postpone(o outcome, p *packet) outcome {
	if o.attempts >= len(pauses) {
		o.fate = failed
		return o
	}
	at := r.now().Add(pauses[o.attempts])
	if cut := at.Truncate(time.Minute); !cut.Equal(at) { // full minutes, so that few jobs serve many
		at = cut.Add(time.Minute)
	}
	o.fate, o.due = deferred, db.Micros(at)
	o.attempts++
	if p == nil {
		return o
	}
	plain, err := json.Marshal(p)
	if err == nil {
		var sealed []byte
		if sealed, err = r.sealer.Seal(dayOf(at), sealContext(o.kind), plain); err == nil {
			o.day, o.sealed = dayOf(at), sealed
			return o
		}
	}
	r.log.Error("a mail cannot be sealed for its next attempt", "kind", o.kind, "err", err)
	return o
}
