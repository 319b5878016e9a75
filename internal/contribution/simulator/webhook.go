package simulator

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"mimeo/internal/db"
)

// What becomes of an event.
const (
	fateWaiting = "waiting"
	fateDropped = "dropped on purpose"
	fateUnheard = "given up"
)

// answerTime is how long the newsroom may take to answer a webhook.
const answerTime = 10 * time.Second

// backOff is how long to wait after each failed delivery; the last is repeated
// until giveUp has passed since the event.
func backOff(attempt int) time.Duration {
	waits := [...]time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 12 * time.Hour}
	return waits[min(attempt, len(waits)-1)]
}

const giveUp = 72 * time.Hour

// tell makes an event of what happened to an object. It leaves when the
// transaction is durable, unless a fault decides otherwise.
func (p *Processor) tell(ctx context.Context, tx *db.Tx, kind string, o stored) error {
	if p.opt.Post == nil {
		return nil
	}
	object, err := p.whole(ctx, tx, o)
	if err != nil {
		return err
	}
	id, err := p.id("evt_")
	if err != nil {
		return err
	}
	text, err := json.Marshal(doc{
		"id": id, "object": "event", "api_version": APIVersion, "created": tx.Now.Unix(), "data": doc{"object": object},
		"livemode": false, "pending_webhooks": 1, "request": doc{"id": nil, "idempotency_key": nil}, "type": kind,
	})
	if err != nil {
		return fmt.Errorf("wording an event: %w", err)
	}
	payload, err := p.seal.lock(id, string(text))
	if err != nil {
		return err
	}
	fate := fateWaiting
	copies := p.faults.Load().copies()
	if len(copies) == 0 {
		fate = fateDropped
	}
	if err := addEvent(ctx, tx, id, kind, fate, payload); err != nil {
		return err
	}
	for _, late := range copies {
		if err := p.schedule(ctx, tx, duty{kind: dueEvent, ref: id, at: tx.Now.Add(late)}); err != nil {
			return err
		}
	}
	return nil
}

// schedule notes a duty and wakes Run once it is durable.
func (p *Processor) schedule(ctx context.Context, tx *db.Tx, d duty) error {
	d.since = tx.Now
	if err := addDuty(ctx, tx, d); err != nil {
		return err
	}
	tx.OnCommit(func() {
		at := db.Micros(d.at)
		old := p.next.Load()
		for at < old && !p.next.CompareAndSwap(old, at) {
			old = p.next.Load()
		}
		select {
		case p.poke <- struct{}{}:
		default:
		}
	})
	return nil
}

// renew remembers when the next duty falls due.
func (p *Processor) renew(ctx context.Context) error {
	at, waiting, err := p.Next(ctx)
	if err != nil {
		return err
	}
	next := never
	if waiting {
		next = db.Micros(at)
	}
	p.next.Store(next)
	return nil
}

// Next returns when the next webhook, or the end of a checkout, falls due: a
// time that may have passed already. It returns false when nothing is waiting.
func (p *Processor) Next(ctx context.Context) (at time.Time, waiting bool, err error) {
	err = p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		at, waiting, err = firstDue(ctx, tx)
		return err
	})
	return at, waiting, err
}

// Run delivers webhooks as they fall due, until ctx ends. The clock may jump:
// it is looked at several times a second. A command beside the server may have
// added to the file: that is looked at every few seconds.
func (p *Processor) Run(ctx context.Context) {
	const between, strangers = 200 * time.Millisecond, 15
	tick := time.NewTicker(between)
	defer tick.Stop()
	for {
		if _, err := p.Deliver(ctx); err != nil && ctx.Err() == nil {
			p.opt.Log.ErrorContext(ctx, "simulator: webhooks wait", "error", err)
		}
		for ticks := 1; ; ticks++ {
			select {
			case <-ctx.Done():
				return
			case <-p.poke:
			case <-tick.C:
				if db.Micros(p.opt.Now()) < p.next.Load() && ticks < strangers {
					continue
				}
			}
			break
		}
	}
}

// Deliver does everything that is due now and returns, once it is done, how
// much that was. Whoever moves the clock calls it, so that the webhooks of the
// time passed over have arrived.
func (p *Processor) Deliver(ctx context.Context) (done int, err error) {
	p.delivering.Lock()
	defer p.delivering.Unlock()
	for {
		var due []duty
		err := p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
			due, err = dueBy(ctx, tx, p.opt.Now(), 64)
			return err
		})
		if err != nil {
			return done, err
		}
		if len(due) == 0 {
			return done, p.renew(ctx)
		}
		p.faults.Load().mix(due)
		for _, d := range due {
			if err := p.discharge(ctx, d); err != nil {
				return done, err
			}
			done++
		}
	}
}

func (p *Processor) discharge(ctx context.Context, d duty) error {
	switch d.kind {
	case dueEvent:
		return p.deliver(ctx, d)
	case dueExpiry:
		return p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			s, err := get[*session](ctx, tx, d.ref)
			if err != nil {
				return err
			}
			if s.Status != "open" {
				return dropDuty(ctx, tx, d.seq)
			}
			return p.expire(ctx, tx, s)
		})
	default:
		return fmt.Errorf("simulator.db holds a duty of unknown kind %q", d.kind)
	}
}

// deliver sends an event once. Between the answer and its note in the file a
// kill may fall; then it is sent again, as webhooks are.
func (p *Processor) deliver(ctx context.Context, d duty) error {
	var sealed []byte
	err := p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		sealed, err = eventPayload(ctx, tx, d.ref)
		return err
	})
	if err != nil {
		return err
	}
	payload, err := p.seal.unlock(d.ref, sealed)
	if err != nil {
		return err
	}
	fate, heard := p.post(ctx, []byte(payload))
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		wait := backOff(d.attempt)
		switch {
		case heard:
			err = dropDuty(ctx, tx, d.seq)
		case tx.Now.Add(wait).Sub(d.since) > giveUp:
			fate = fateUnheard
			err = dropDuty(ctx, tx, d.seq)
		default:
			d.at, d.attempt = tx.Now.Add(wait), d.attempt+1
			err = moveDuty(ctx, tx, d)
		}
		if err != nil {
			return err
		}
		return setFate(ctx, tx, d.ref, fate)
	})
}

// post sends one signed request and says how it was answered.
func (p *Processor) post(ctx context.Context, payload []byte) (fate string, heard bool) {
	if p.opt.Post == nil {
		return "nobody to tell", true
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	header := http.Header{}
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Stripe-Signature", Sign(payload, p.opt.Secret, p.opt.Now()))
	header.Set("User-Agent", "Mimeo-Simulator")
	status, err := p.opt.Post(ctx, header, payload)
	if err != nil {
		return "no answer", false
	}
	return "answered " + strconv.Itoa(status), status >= 200 && status < 300
}

// Sign is the Stripe-Signature of a webhook sent at a time.
func Sign(payload []byte, secret string, at time.Time) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(payload)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// PostTo returns an Options.Post that sends webhooks to an address.
func PostTo(client *http.Client, address string) func(context.Context, http.Header, []byte) (int, error) {
	return func(ctx context.Context, header http.Header, body []byte) (int, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			return 0, fmt.Errorf("preparing a webhook: %w", err)
		}
		r.Header = header
		answer, err := client.Do(r)
		if err != nil {
			return 0, fmt.Errorf("sending a webhook: %w", err)
		}
		_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
		if end := answer.Body.Close(); err == nil {
			err = end
		}
		if err != nil {
			return 0, fmt.Errorf("reading the answer to a webhook: %w", err)
		}
		return answer.StatusCode, nil
	}
}
