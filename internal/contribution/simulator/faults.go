package simulator

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"mimeo/internal/fault"
)

// Faults say how unreliable the processor and the way to it shall be. Shares
// lie between 0 and 1. The same seed gives the same sequence of mishaps.
type Faults struct {
	Webhooks WebhookFaults `json:"webhooks"`
	API      APIFaults     `json:"api"`
	Seed     int64         `json:"seed"`
}

// WebhookFaults concern events from the moment they are set.
type WebhookFaults struct {
	// Duplicate is the share delivered twice.
	Duplicate float64 `json:"duplicate"`
	// Drop is the share never delivered.
	Drop float64 `json:"drop"`
	// Delay is the share delivered late: minutes to hours on the clock.
	Delay float64 `json:"delay"`
	// Shuffle lets events overtake one another.
	Shuffle bool `json:"shuffle"`
}

// APIFaults concern answers to API calls.
type APIFaults struct {
	// TimeoutAfterSuccess is the share of calls that are carried out and whose
	// answer never arrives.
	TimeoutAfterSuccess float64 `json:"timeout_after_success"`
	// ErrorRate is the share answered with 500 before anything is done.
	ErrorRate float64 `json:"error_rate"`
}

// ParseFaults reads what SetFaults takes from JSON. Names that do not exist are
// refused: a fault that is asked for and not made would prove nothing.
func ParseFaults(raw []byte) (Faults, error) {
	var f Faults
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return Faults{}, fault.Wrap(fault.Invalid, "These faults cannot be read: give JSON with webhooks, api and seed", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Faults{}, fault.Invalidf("These faults cannot be read: something follows the JSON")
	}
	return f, f.check()
}

func (f Faults) check() error {
	shares := map[string]float64{
		"webhooks.duplicate": f.Webhooks.Duplicate, "webhooks.drop": f.Webhooks.Drop, "webhooks.delay": f.Webhooks.Delay,
		"api.timeout_after_success": f.API.TimeoutAfterSuccess, "api.error_rate": f.API.ErrorRate,
	}
	for _, name := range sortedKeys(shares) {
		// Written so that a share that is not a number fails too.
		if share := shares[name]; !(share >= 0 && share <= 1) {
			return fault.Invalidf("%s is a share and lies between 0 and 1", name)
		}
	}
	return nil
}

// SetFaults replaces the faults and begins their sequence anew. They are kept
// in memory only.
func (p *Processor) SetFaults(f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	p.faults.Store(planFaults(f))
	return nil
}

// Faults returns those in force.
func (p *Processor) Faults() Faults { return p.faults.Load().Faults }

// faultPlan draws from the faults. The API and the webhooks have sequences of
// their own, so that one does not disturb the other's.
type faultPlan struct {
	Faults
	mu    sync.Mutex
	calls *rand.Rand
	hooks *rand.Rand
}

func planFaults(f Faults) *faultPlan {
	seed := uint64(f.Seed)                                                                                     //nolint:gosec // every seed is as good as another
	return &faultPlan{Faults: f, calls: rand.New(rand.NewPCG(seed, 1)), hooks: rand.New(rand.NewPCG(seed, 2))} //nolint:gosec // repeatable on purpose
}

// fails decides whether a call meets an error.
func (f *faultPlan) fails() bool { return f.hit(f.API.ErrorRate) }

// hangsUp decides whether a successful answer gets lost.
func (f *faultPlan) hangsUp() bool { return f.hit(f.API.TimeoutAfterSuccess) }

func (f *faultPlan) hit(share float64) bool {
	if share == 0 {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls.Float64() < share
}

// Late webhooks come within these bounds, shuffled ones within the third.
const (
	soonest   = time.Minute
	latest    = 6 * time.Hour
	shuffling = 2 * time.Second
)

// copies decides how often an event is delivered and how late each time; none
// means dropped. Every event takes the same number of draws, so that one
// fault's share does not change what another does.
func (f *faultPlan) copies() []time.Duration {
	w := f.Webhooks
	if w == (WebhookFaults{}) {
		return []time.Duration{0}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	dropped, twice := f.hooks.Float64() < w.Drop, f.hooks.Float64() < w.Duplicate
	var late [2]time.Duration
	for i := range late {
		delayed := f.hooks.Float64() < w.Delay
		within := f.hooks.Float64()
		switch {
		case delayed:
			late[i] = soonest + time.Duration(within*float64(latest-soonest))
		case w.Shuffle:
			late[i] = time.Duration(within * float64(shuffling))
		}
	}
	switch {
	case dropped:
		return nil
	case twice:
		return late[:]
	default:
		return late[:1]
	}
}

// mix brings what is due at once into disorder.
func (f *faultPlan) mix(due []duty) {
	if !f.Webhooks.Shuffle {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
}
