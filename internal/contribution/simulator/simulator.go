// Package simulator is a payment processor made of paper: it speaks the part of
// Stripe's API that the stripe adapter uses, shows the hosted pages a donor
// would meet, sends signed webhooks, and keeps the books of the banks behind
// it. No money moves. It serves the demo and the tests, where the real adapter
// runs against it with nothing but another base address.
//
// Like a processor it is another house: it keeps its own file, knows nothing of
// the newsroom's database, and is spoken to over HTTP alone. It survives the
// newsroom's kill, remembers Idempotency-Keys, and goes on delivering what was
// not delivered.
//
// Its use in tests is the other side of each story. Bank returns every message
// that reached the card network and every line on a donor's statement; the
// newsroom's ledger must agree with those lines whatever SetFaults made of the
// webhooks and answers in between.
//
// What is stored: the objects of the API, kept answers, events under way, and
// the bank's book. E-mail addresses are stored sealed, card numbers never: of a
// card its brand, country, last four digits and conduct remain. What is not
// simulated: 3-D Secure, methods other than cards, exchange between currencies.
package simulator

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mimeo/internal/db"
)

// APIVersion is the version of Stripe's API whose shapes are answered.
const APIVersion = "2026-03-25.dahlia"

//go:embed schema.sql
var schema string

// Options say where a Processor keeps its file and whom it serves.
type Options struct {
	// Dir holds simulator.db and simulator.key.
	Dir string
	// Prefix is the path the handler is mounted at, "/simulator". It receives
	// whole paths, prefix included.
	Prefix string
	// Public is the address of the prefix as donors' browsers see it, like
	// "https://demo.example/simulator". Empty: the host by which the API was
	// called.
	Public string
	// Key is the API key that callers must show, "sk_test_…".
	Key string
	// Secret signs webhooks, "whsec_…".
	Secret string
	// Post delivers a webhook and returns the status it was answered with; nil
	// sends none. PostTo makes one.
	Post func(ctx context.Context, header http.Header, body []byte) (status int, err error)
	// Merchant is the id under which banks know the newsroom.
	Merchant string
	// Descriptor is the account's prefix of statement lines; empty lets the
	// suffix stand alone.
	Descriptor string
	// Now is the clock of the processor and its banks.
	Now func() time.Time
	// Random makes ids and nonces.
	Random io.Reader
	// Log receives what the processor's operator should know; nil keeps silent.
	Log *slog.Logger
}

// Processor is a simulated payment processor. It is safe for concurrent use.
type Processor struct {
	opt    Options
	db     *db.DB
	seal   *seal
	random *shared
	mux    http.Handler

	templates *template.Template

	faults     atomic.Pointer[faultPlan]
	delivering sync.Mutex
	next       atomic.Int64 // when the next duty falls due, in microseconds
	poke       chan struct{}
}

const never = int64(1) << 62

// Open opens the books in opt.Dir, or begins them.
func Open(ctx context.Context, opt Options) (*Processor, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Merchant == "" {
		opt.Merchant = "MIMEOSIM0000001"
	}
	if opt.Key == "" || opt.Secret == "" {
		return nil, errors.New("the simulator needs an API key and a webhook secret")
	}
	if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the simulator: %w", err)
	}
	p := &Processor{opt: opt, random: &shared{source: opt.Random}, poke: make(chan struct{}, 1)}
	p.faults.Store(planFaults(Faults{}))
	var err error
	if p.templates, err = parsePages(); err != nil {
		return nil, fmt.Errorf("reading the simulator's pages: %w", err)
	}
	if p.seal, err = openSeal(filepath.Join(opt.Dir, "simulator.key"), p.random); err != nil {
		return nil, err
	}
	if p.db, err = db.OpenPlain(ctx, filepath.Join(opt.Dir, "simulator.db"), schema, opt.Now); err != nil {
		return nil, err
	}
	if err := errors.Join(p.checkKey(ctx), p.renew(ctx)); err != nil {
		return nil, errors.Join(err, p.db.Close())
	}
	p.mux = p.routes()
	return p, nil
}

// Close closes the books. Run must have ended.
func (p *Processor) Close() error { return p.db.Close() }

// ServeHTTP answers the API below PREFIX/v1/ and the pages beside it.
func (p *Processor) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

func (p *Processor) routes() http.Handler {
	at := func(pattern string) string {
		method, path, _ := strings.Cut(pattern, " ")
		return method + " " + p.opt.Prefix + path
	}
	mux := http.NewServeMux()
	for pattern, call := range p.calls() {
		mux.HandleFunc(at(pattern), p.answer(call))
	}
	mux.HandleFunc(p.opt.Prefix+"/v1/", p.answer(nil))

	// Pages change things by forms only, and only by their own.
	own := http.NewCrossOriginProtection()
	for pattern, page := range p.pages() {
		mux.Handle(at(pattern), own.Handler(page))
	}
	mux.HandleFunc(at("GET /simulator.css"), serveStyle)
	return mux
}

// checkKey finds out at the start, and not when a donor waits, that the key
// beside the file is not the one it was written with.
func (p *Processor) checkKey(ctx context.Context) error {
	const place, text = "meta", "simulator.key fits"
	var sealed []byte
	err := p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, `select value from meta where name = 'key'`).Scan(&sealed)
	})
	if errors.Is(err, db.ErrNoRows) {
		if sealed, err = p.seal.lock(place, text); err != nil {
			return err
		}
		return p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `insert into meta (name, value) values ('key', $1)`, sealed)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("opening the simulator: %w", err)
	}
	_, err = p.seal.unlock(place, sealed)
	return err
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// id makes an id in Stripe's form.
func (p *Processor) id(prefix string) (string, error) {
	const length = 24
	b := make([]byte, 0, length)
	var draw [32]byte
	for len(b) < length {
		if _, err := p.random.Read(draw[:]); err != nil {
			return "", fmt.Errorf("making an id: %w", err)
		}
		for _, v := range draw {
			// 248 is the largest multiple of 62 in a byte: no letter is likelier.
			if v < 248 && len(b) < length {
				b = append(b, alphabet[v%62])
			}
		}
	}
	return prefix + string(b), nil
}
