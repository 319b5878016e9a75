package simulator

import (
	"encoding/json"
	"fmt"
)

// The kinds of object, named as Stripe's API names them, each stored as one
// JSON document. Their fields' names are those of the file; render.go makes the
// API's shapes.
const (
	kindSession  = "checkout.session"
	kindIntent   = "payment_intent"
	kindCharge   = "charge"
	kindCustomer = "customer"
	kindMethod   = "payment_method"
	kindRefund   = "refund"
	kindDispute  = "dispute"
	kindPayout   = "payout"
	kindMovement = "balance_transaction"
)

// stored is what every kind can say of itself. The owner is the object by
// which it is listed: a charge's intent, an intent's customer. kind needs no
// object: a nil pointer answers.
type stored interface {
	kind() string
	key() (id, owner string)
}

// session is a checkout: an address at which a donor pays once.
type session struct {
	ID          string            `json:"id"`
	Created     int64             `json:"created"`
	Expires     int64             `json:"expires"`
	Status      string            `json:"status"` // open, complete, expired
	Amount      int64             `json:"amount"`
	Currency    string            `json:"currency"`
	Name        string            `json:"name"`
	Email       []byte            `json:"email,omitempty"` // sealed
	Customer    string            `json:"customer,omitempty"`
	NewCustomer bool              `json:"new_customer"`
	Intent      string            `json:"intent,omitempty"`
	Reuse       string            `json:"reuse,omitempty"` // "off_session" saves the card
	Suffix      string            `json:"suffix,omitempty"`
	Description string            `json:"description,omitempty"`
	Reference   string            `json:"reference,omitempty"`
	Locale      string            `json:"locale,omitempty"`
	Success     string            `json:"success"`
	Cancel      string            `json:"cancel,omitempty"`
	Address     string            `json:"address"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	IntentData  map[string]string `json:"intent_data,omitempty"`
}

// intent is one payment with all its attempts.
type intent struct {
	ID          string            `json:"id"`
	Created     int64             `json:"created"`
	Status      string            `json:"status"` // requires_payment_method, succeeded, canceled
	Amount      int64             `json:"amount"`
	Currency    string            `json:"currency"`
	Customer    string            `json:"customer,omitempty"`
	Method      string            `json:"method,omitempty"`
	Session     string            `json:"session,omitempty"`
	Charge      string            `json:"charge,omitempty"`
	Reuse       string            `json:"reuse,omitempty"`
	Suffix      string            `json:"suffix,omitempty"`
	Description string            `json:"description,omitempty"`
	Failure     *failure          `json:"failure,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
}

// failure is why the last attempt of an intent did not succeed.
type failure struct {
	Code    string `json:"code"`
	Decline string `json:"decline,omitempty"`
	Message string `json:"message"`
	Charge  string `json:"charge,omitempty"`
}

// charge is one attempt at a card.
type charge struct {
	ID         string            `json:"id"`
	Created    int64             `json:"created"`
	Intent     string            `json:"intent"`
	Customer   string            `json:"customer,omitempty"`
	Method     string            `json:"method"`
	Movement   string            `json:"movement,omitempty"`
	Amount     int64             `json:"amount"`
	Refunded   int64             `json:"refunded"`
	Currency   string            `json:"currency"`
	Paid       bool              `json:"paid"`
	Disputed   bool              `json:"disputed"`
	Failure    *failure          `json:"failure,omitempty"`
	Card       card              `json:"card"`
	Descriptor string            `json:"descriptor"`
	Metadata   map[string]string `json:"metadata,omitempty"`
}

type customer struct {
	ID      string `json:"id"`
	Created int64  `json:"created"`
	Email   []byte `json:"email,omitempty"` // sealed
	Deleted bool   `json:"deleted,omitempty"`
}

type method struct {
	ID       string `json:"id"`
	Created  int64  `json:"created"`
	Customer string `json:"customer,omitempty"`
	Card     card   `json:"card"`
}

type refund struct {
	ID       string            `json:"id"`
	Created  int64             `json:"created"`
	Charge   string            `json:"charge"`
	Intent   string            `json:"intent"`
	Movement string            `json:"movement"`
	Amount   int64             `json:"amount"`
	Currency string            `json:"currency"`
	Reason   string            `json:"reason,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

type dispute struct {
	ID        string   `json:"id"`
	Created   int64    `json:"created"`
	Status    string   `json:"status"` // needs_response, won, lost
	Charge    string   `json:"charge"`
	Intent    string   `json:"intent"`
	Movements []string `json:"movements"`
	Amount    int64    `json:"amount"`
	Currency  string   `json:"currency"`
}

type payout struct {
	ID       string `json:"id"`
	Created  int64  `json:"created"`
	Movement string `json:"movement"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// movement is a change of the newsroom's balance at the processor.
type movement struct {
	ID       string `json:"id"`
	Created  int64  `json:"created"`
	Source   string `json:"source"`
	Type     string `json:"type"`     // charge, refund, adjustment, payout
	Category string `json:"category"` // charge, refund, dispute, dispute_reversal, payout
	Amount   int64  `json:"amount"`
	Fee      int64  `json:"fee"`
	Currency string `json:"currency"`
}

func (*session) kind() string            { return kindSession }
func (s *session) key() (string, string) { return s.ID, s.Intent }

func (*intent) kind() string            { return kindIntent }
func (i *intent) key() (string, string) { return i.ID, i.Customer }

func (*charge) kind() string            { return kindCharge }
func (c *charge) key() (string, string) { return c.ID, c.Intent }

func (*customer) kind() string            { return kindCustomer }
func (c *customer) key() (string, string) { return c.ID, "" }

func (*method) kind() string            { return kindMethod }
func (m *method) key() (string, string) { return m.ID, m.Customer }

func (*refund) kind() string            { return kindRefund }
func (r *refund) key() (string, string) { return r.ID, r.Intent }

func (*dispute) kind() string            { return kindDispute }
func (d *dispute) key() (string, string) { return d.ID, d.Intent }

func (*payout) kind() string            { return kindPayout }
func (p *payout) key() (string, string) { return p.ID, "" }

func (*movement) kind() string            { return kindMovement }
func (m *movement) key() (string, string) { return m.ID, m.Source }

// blank returns an empty object of a kind, to be read into.
func blank(kind string) (stored, error) {
	switch kind {
	case kindSession:
		return &session{}, nil
	case kindIntent:
		return &intent{}, nil
	case kindCharge:
		return &charge{}, nil
	case kindCustomer:
		return &customer{}, nil
	case kindMethod:
		return &method{}, nil
	case kindRefund:
		return &refund{}, nil
	case kindDispute:
		return &dispute{}, nil
	case kindPayout:
		return &payout{}, nil
	case kindMovement:
		return &movement{}, nil
	default:
		return nil, fmt.Errorf("simulator.db holds an object of unknown kind %q", kind)
	}
}

func decode(kind, text string) (stored, error) {
	o, err := blank(kind)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(text), o); err != nil {
		return nil, fmt.Errorf("reading a %s from simulator.db: %w", kind, err)
	}
	return o, nil
}
