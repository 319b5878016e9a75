package simulator

import (
	"context"
	"errors"
	"net/http"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/money"
)

// boardPage is the list of payments, as a processor's dashboard would have it.
type boardPage struct {
	frame
	Balances []money.Amount
	Payments []boardPayment
	Events   []boardEvent
	Faulty   bool
}

type boardPayment struct {
	ID, At, State, Brand, Last4, Country, Descriptor, Dispute string
	Amount                                                    money.Amount
	Refunded                                                  *money.Amount
	Refundable                                                bool
}

type boardEvent struct {
	Kind, At, Fate string
	Attempts       int64
}

func (p *Processor) showBoard(w http.ResponseWriter, r *http.Request) error {
	return p.board(w, r, http.StatusOK, nil)
}

func (p *Processor) board(w http.ResponseWriter, r *http.Request, status int, wrong []complaint) error {
	v := boardPage{frame: frame{Title: "Payments at the simulator", Prefix: p.opt.Prefix, Errors: wrong}, Faulty: p.Faults() != Faults{Seed: p.Faults().Seed}}
	if len(wrong) > 0 {
		v.Title = "Error: " + v.Title
	}
	err := p.db.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		sums, err := balances(ctx, tx)
		if err != nil {
			return err
		}
		for _, currency := range sortedKeys(sums) {
			v.Balances = append(v.Balances, amountOf(sums[currency], currency))
		}
		charges, _, err := list(ctx, tx, listing{Kind: kindCharge, Limit: 50})
		if err != nil {
			return err
		}
		for _, o := range charges {
			if c, ok := o.(*charge); ok {
				row, err := boardRow(ctx, tx, c)
				if err != nil {
					return err
				}
				v.Payments = append(v.Payments, row)
			}
		}
		events, err := recentEvents(ctx, tx, 20)
		for _, e := range events {
			v.Events = append(v.Events, boardEvent{Kind: e.Kind, At: stamp(e.At), Fate: e.Fate, Attempts: e.Attempts})
		}
		return err
	})
	if err != nil {
		p.opt.Log.ErrorContext(r.Context(), "simulator: the list of payments failed", "error", err)
		return err
	}
	return p.show(w, status, "board.html", v)
}

func boardRow(ctx context.Context, tx *db.Tx, c *charge) (boardPayment, error) {
	row := boardPayment{
		ID: c.ID, At: stamp(time.Unix(c.Created, 0)), Brand: c.Card.Brand, Last4: c.Card.Last4, Country: c.Card.Country,
		Descriptor: c.Descriptor, Amount: amountOf(c.Amount, c.Currency), Refundable: c.Paid && !c.Disputed && c.Refunded < c.Amount,
	}
	if c.Refunded > 0 {
		given := amountOf(c.Refunded, c.Currency)
		row.Refunded = &given
	}
	switch {
	case !c.Paid:
		row.State = "declined"
	case c.Disputed:
		row.State = "disputed"
	case c.Refunded == c.Amount:
		row.State = "refunded"
	default:
		row.State = "paid"
	}
	if !c.Disputed {
		return row, nil
	}
	found, _, err := list(ctx, tx, listing{Kind: kindDispute, Owner: c.Intent, Limit: 1})
	if err != nil {
		return row, err
	}
	if len(found) == 1 {
		if d, ok := found[0].(*dispute); ok && d.Status == "needs_response" {
			row.Dispute = d.ID
		}
	}
	return row, nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// act runs what a form of the board asks for and goes back to the list.
func (p *Processor) act(w http.ResponseWriter, r *http.Request, anchor string, do func(ctx context.Context, tx *db.Tx) error) error {
	err := p.db.Write(r.Context(), do)
	var refused *problem
	switch {
	case errors.As(err, &refused):
		return p.board(w, r, http.StatusUnprocessableEntity, []complaint{{anchor, refused.Message}})
	case err != nil:
		p.opt.Log.ErrorContext(r.Context(), "simulator: a form failed", "error", err)
		return err
	}
	back := p.opt.Prefix + "/"
	if anchor != "" {
		back += "#" + anchor
	}
	seeOther(w, back)
	return nil
}

func (p *Processor) boardRefund(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	typed, bad := readPageForm(w, r)
	if bad != "" {
		return p.board(w, r, http.StatusBadRequest, []complaint{{"", bad}})
	}
	return p.act(w, r, id, func(ctx context.Context, tx *db.Tx) error {
		c, err := get[*charge](ctx, tx, id)
		if err != nil {
			return err
		}
		var amount int64
		if text := typed.Get("amount"); text != "" {
			a, err := money.Parse(text, money.Currency(upper(c.Currency)))
			if err != nil {
				return invalid("amount", fault.Message(err))
			}
			if a.Minor == 0 {
				return invalid("amount", "Enter an amount above zero.")
			}
			amount = a.Minor
		}
		_, err = p.giveBack(ctx, tx, c, amount, "requested_by_customer", nil)
		return err
	})
}

func (p *Processor) boardDispute(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	return p.act(w, r, id, func(ctx context.Context, tx *db.Tx) error {
		c, err := get[*charge](ctx, tx, id)
		if err != nil {
			return err
		}
		_, err = p.contest(ctx, tx, c)
		return err
	})
}

func (p *Processor) boardRuling(w http.ResponseWriter, r *http.Request) error {
	typed, bad := readPageForm(w, r)
	won := typed.Get("won")
	if bad != "" || (won != "yes" && won != "no") {
		return p.board(w, r, http.StatusBadRequest, []complaint{{"", "Say who wins the dispute"}})
	}
	return p.act(w, r, "", func(ctx context.Context, tx *db.Tx) error {
		d, err := get[*dispute](ctx, tx, r.PathValue("id"))
		if err != nil {
			return err
		}
		return p.rule(ctx, tx, d, won == "yes")
	})
}

func (p *Processor) boardPayout(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "", func(ctx context.Context, tx *db.Tx) error {
		made, err := p.payOut(ctx, tx)
		if err == nil && made == 0 {
			return invalid("", "There is no balance to pay out.")
		}
		return err
	})
}
