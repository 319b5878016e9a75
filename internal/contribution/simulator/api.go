package simulator

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"mimeo/internal/db"
)

// call is one entry of the API. What it changes and what it answers are one
// transaction with the kept answer.
type call func(ctx context.Context, tx *db.Tx, r *http.Request, q *params) (reply, error)

// reply is a finished answer: a decline is one, a refused parameter is not.
type reply struct {
	status int
	body   doc
}

func (p *Processor) calls() map[string]call {
	return map[string]call{
		"POST /v1/checkout/sessions":             p.createSession,
		"GET /v1/checkout/sessions":              p.listSessions,
		"GET /v1/checkout/sessions/{id}":         fetch[*session](p),
		"POST /v1/checkout/sessions/{id}/expire": p.expireSession,
		"POST /v1/payment_intents":               p.createIntent,
		"GET /v1/payment_intents":                p.listIntents,
		"GET /v1/payment_intents/{id}":           fetch[*intent](p),
		"GET /v1/charges/{id}":                   fetch[*charge](p),
		"GET /v1/customers/{id}":                 fetch[*customer](p),
		"DELETE /v1/customers/{id}":              p.deleteCustomer,
		"GET /v1/payment_methods/{id}":           fetch[*method](p),
		"POST /v1/payment_methods/{id}/detach":   p.detachMethod,
		"POST /v1/refunds":                       p.createRefund,
		"GET /v1/refunds":                        p.listOf(kindRefund),
		"GET /v1/refunds/{id}":                   fetch[*refund](p),
		"GET /v1/disputes":                       p.listOf(kindDispute),
		"GET /v1/disputes/{id}":                  fetch[*dispute](p),
		"GET /v1/payouts/{id}":                   fetch[*payout](p),
		"GET /v1/balance_transactions":           p.listMovements,
		"GET /v1/balance_transactions/{id}":      fetch[*movement](p),
	}
}

// keepAnswers is how long a repeated key gets its first answer again.
const keepAnswers = 24 * time.Hour

// answer wraps a call with what they all share: the key, the faults, the form,
// the transaction and Stripe's idempotency.
func (p *Processor) answer(do call) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if id, err := p.id("req_"); err == nil {
			w.Header().Set("Request-Id", id)
		}
		plan := p.faults.Load()
		if plan.fails() {
			respond(w, 500, (&problem{Type: typeAPI, Message: "Something went wrong on the processor's end (a fault that was asked for)."}).doc())
			return
		}
		status, body, replayed := p.run(r, do)
		if replayed {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		// Answers to refused requests come through: the fault is for work that
		// was done and is not heard of.
		if status < 300 && plan.hangsUp() {
			p.hangUp(w, r)
			return
		}
		respond(w, status, body)
	}
}

// run performs a call and returns its answer as bytes.
func (p *Processor) run(r *http.Request, do call) (status int, body any, replayed bool) {
	if !p.admits(r) {
		return 401, (&problem{Type: typeInvalid, Message: "Invalid API Key provided."}).doc(), false
	}
	if do == nil {
		return 404, (&problem{Type: typeInvalid, Message: "Unrecognized request URL (" + r.Method + ": " + clean(r.URL.Path) + ")."}).doc(), false
	}
	form, bad := readForm(r)
	if bad != nil {
		return bad.Status, bad.doc(), false
	}
	answer, again, err := p.transact(r, do, form)
	var refused *problem
	switch {
	case errors.As(err, &refused):
		return refused.Status, refused.doc(), false
	case err != nil:
		p.opt.Log.ErrorContext(r.Context(), "simulator: a call failed", "path", r.Pattern, "error", err)
		return 500, (&problem{Type: typeAPI, Message: "The simulator failed."}).doc(), false
	}
	return answer.status, answer.body, again
}

// kept is a reply whose body is already JSON.
type kept struct {
	status int
	body   json.RawMessage
}

func (p *Processor) transact(r *http.Request, do call, form *node) (out kept, again bool, err error) {
	perform := func(ctx context.Context, tx *db.Tx) error {
		q := newParams(form)
		expand := q.texts("expand", 200)
		answer, err := do(ctx, tx, r, q)
		if err != nil {
			return err
		}
		// A declined card is answered with an error, in which nothing expands.
		if answer.status < 300 {
			if err := p.expand(ctx, tx, answer.body, expand); err != nil {
				return err
			}
		}
		out.status = answer.status
		out.body, err = json.Marshal(answer.body)
		return err
	}
	if r.Method == http.MethodGet {
		return out, false, p.db.Read(r.Context(), perform)
	}
	key := strings.TrimSpace(r.Header.Get("Idempotency-Key"))
	if len(key) > 255 {
		return out, false, invalid("", "Idempotency keys are at most 255 characters.")
	}
	hash := p.seal.digest(form.hash(r.Method, r.URL.Path))
	err = p.db.Write(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		if key == "" {
			return perform(ctx, tx)
		}
		first, found, err := findReplay(ctx, tx, key)
		if err != nil {
			return err
		}
		if found && tx.Now.Sub(first.at) < keepAnswers {
			if subtle.ConstantTimeCompare(first.params, hash) != 1 {
				return &problem{Status: 400, Type: typeIdempotency, Message: "Keys for idempotent requests can only be used with the same parameters they were first used with."}
			}
			text, err := p.seal.unlock("replay", first.answer)
			out, again = kept{status: first.status, body: json.RawMessage(text)}, true
			return err
		}
		if err := perform(ctx, tx); err != nil {
			return err
		}
		sealed, err := p.seal.lock("replay", string(out.body))
		if err != nil {
			return err
		}
		if err := dropReplays(ctx, tx, tx.Now.Add(-keepAnswers)); err != nil {
			return err
		}
		return keepReplay(ctx, tx, key, replayed{params: hash, status: out.status, answer: sealed})
	})
	return out, again, err
}

// admits checks the API key, sent as a bearer token or as basic user name.
func (p *Processor) admits(r *http.Request) bool {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		key, _, _ = r.BasicAuth()
	}
	return subtle.ConstantTimeCompare([]byte(key), []byte(p.opt.Key)) == 1
}

func readForm(r *http.Request) (*node, *problem) {
	raw := r.URL.RawQuery
	if r.Method == http.MethodPost {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
		if err != nil {
			return nil, invalid("", "The request body could not be read.")
		}
		raw = string(body)
	}
	return parseForm(raw)
}

func respond(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = 500, []byte(`{"error":{"type":"api_error","message":"The simulator failed."}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A caller who has gone will ask again with its key.
	_, _ = w.Write(text)
}

// hangUp answers with a header and then nothing: the caller learns that the
// line broke and not what became of its request.
func (p *Processor) hangUp(w http.ResponseWriter, r *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	// Either may fail: the line is being cut on purpose.
	_, err = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4096\r\n\r\n"))
	p.opt.Log.DebugContext(r.Context(), "simulator: hung up", "error", errors.Join(err, conn.Close()))
}

// fetch answers the object named in the path.
func fetch[T stored](p *Processor) call {
	return func(ctx context.Context, tx *db.Tx, r *http.Request, q *params) (reply, error) {
		if bad := q.end(); bad != nil {
			return reply{}, bad
		}
		o, err := get[T](ctx, tx, r.PathValue("id"))
		if err != nil {
			return reply{}, err
		}
		body, err := p.whole(ctx, tx, o)
		return reply{200, body}, err
	}
}

// page answers a list in the API's shape.
func (p *Processor) page(ctx context.Context, tx *db.Tx, q *params, l listing, path string) (reply, error) {
	l.After = q.text("starting_after", 100)
	if l.Limit = q.number("limit"); !q.has("limit") {
		l.Limit = 10
	}
	if q.root.bad == nil && (l.Limit < 1 || l.Limit > 100) {
		q.fail("limit", "Invalid limit: must be between 1 and 100.")
	}
	if created := q.find("created"); created != nil && created.leaf {
		l.Since = q.number("created")
		l.Until = l.Since
	} else {
		c := q.sub("created")
		l.Since, l.Until = c.number("gte"), c.number("lte")
		if c.has("gt") {
			l.Since = c.number("gt") + 1
		}
		if c.has("lt") {
			l.Until = c.number("lt") - 1
		}
	}
	if bad := q.end(); bad != nil {
		return reply{}, bad
	}
	objects, more, err := list(ctx, tx, l)
	if err != nil {
		return reply{}, err
	}
	data := []doc{}
	for _, o := range objects {
		d, err := p.whole(ctx, tx, o)
		if err != nil {
			return reply{}, err
		}
		data = append(data, d)
	}
	return reply{200, doc{"object": "list", "url": path, "has_more": more, "data": data}}, nil
}

// listOf lists what belongs to a payment: refunds, disputes.
func (p *Processor) listOf(kind string) call {
	return func(ctx context.Context, tx *db.Tx, r *http.Request, q *params) (reply, error) {
		l := listing{Kind: kind, Owner: q.text("payment_intent", 100)}
		if id := q.text("charge", 100); id != "" {
			c, err := get[*charge](ctx, tx, id)
			if err != nil {
				return reply{}, err
			}
			l.Owner = c.Intent
			l.Filter = func(o stored) bool {
				switch o := o.(type) {
				case *refund:
					return o.Charge == id
				case *dispute:
					return o.Charge == id
				default:
					return false
				}
			}
		}
		return p.page(ctx, tx, q, l, strings.TrimPrefix(r.URL.Path, p.opt.Prefix))
	}
}

func (p *Processor) listMovements(ctx context.Context, tx *db.Tx, _ *http.Request, q *params) (reply, error) {
	l := listing{Kind: kindMovement, Owner: q.text("source", 100)}
	kind, currency := q.text("type", 40), q.text("currency", 3)
	l.Filter = func(o stored) bool {
		m, ok := o.(*movement)
		return ok && (kind == "" || m.Type == kind) && (currency == "" || m.Currency == currency)
	}
	return p.page(ctx, tx, q, l, "/v1/balance_transactions")
}

func (p *Processor) listIntents(ctx context.Context, tx *db.Tx, _ *http.Request, q *params) (reply, error) {
	return p.page(ctx, tx, q, listing{Kind: kindIntent, Owner: q.text("customer", 100)}, "/v1/payment_intents")
}

func (p *Processor) listSessions(ctx context.Context, tx *db.Tx, _ *http.Request, q *params) (reply, error) {
	l := listing{Kind: kindSession, Owner: q.text("payment_intent", 100)}
	customer, status := q.text("customer", 100), q.choice("status", "open", "complete", "expired")
	l.Filter = func(o stored) bool {
		s, ok := o.(*session)
		return ok && (customer == "" || s.Customer == customer) && (status == "" || s.Status == status)
	}
	return p.page(ctx, tx, q, l, "/v1/checkout/sessions")
}

func (p *Processor) deleteCustomer(ctx context.Context, tx *db.Tx, r *http.Request, q *params) (reply, error) {
	if bad := q.end(); bad != nil {
		return reply{}, bad
	}
	c, err := get[*customer](ctx, tx, r.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	c.Deleted, c.Email = true, nil
	if err := put(ctx, tx, c); err != nil {
		return reply{}, err
	}
	methods, _, err := list(ctx, tx, listing{Kind: kindMethod, Owner: c.ID, Limit: 100})
	if err != nil {
		return reply{}, err
	}
	for _, o := range methods {
		if m, ok := o.(*method); ok {
			m.Customer = ""
			if err := put(ctx, tx, m); err != nil {
				return reply{}, err
			}
		}
	}
	body, err := p.render(c)
	return reply{200, body}, err
}

func (p *Processor) detachMethod(ctx context.Context, tx *db.Tx, r *http.Request, q *params) (reply, error) {
	if bad := q.end(); bad != nil {
		return reply{}, bad
	}
	m, err := get[*method](ctx, tx, r.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	if m.Customer == "" {
		return reply{}, invalid("", "The payment method you provided is not attached to a customer so detachment is impossible.")
	}
	m.Customer = ""
	if err := put(ctx, tx, m); err != nil {
		return reply{}, err
	}
	body, err := p.render(m)
	return reply{200, body}, err
}
