package simulator

import (
	"context"
	"strings"
	"time"

	"mimeo/internal/db"
)

// Kind is what a line of the bank's book records.
type Kind string

// The kinds. A declined attempt is an authorisation and a decline; a paid one
// an authorisation, a charge and a statement.
const (
	Authorisation Kind = "authorisation"
	Decline       Kind = "decline"
	Charge        Kind = "charge"
	Refund        Kind = "refund"
	Dispute       Kind = "dispute"
	Statement     Kind = "statement"
)

// Line is one message that reached the card network or, when it is a
// Statement, one line on a donor's bank statement. Amounts are minor units. A
// statement is positive when the donor paid and negative when money came back
// to them; the messages carry the amount they are about.
type Line struct {
	Kind        Kind      `json:"kind"`
	CardCountry string    `json:"card_country"`
	Amount      int64     `json:"amount"`
	Currency    string    `json:"currency"`
	At          time.Time `json:"at"`
	Descriptor  string    `json:"descriptor"`
	Merchant    string    `json:"merchant"`
}

// Bank returns the bank's book in the order of events. It is never nil.
func (p *Processor) Bank(ctx context.Context) (lines []Line, err error) {
	lines = []Line{}
	err = p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		found, err := bankLines(ctx, tx)
		lines = append(lines, found...)
		return err
	})
	return lines, err
}

// note writes a line about a charge.
func (p *Processor) note(ctx context.Context, tx *db.Tx, ch *charge, kind Kind, amount int64) error {
	return addLine(ctx, tx, Line{
		Kind: kind, CardCountry: ch.Card.Country, Amount: amount, Currency: upper(ch.Currency), Descriptor: ch.Descriptor, Merchant: p.opt.Merchant,
	})
}

func upper(currency string) string { return strings.ToUpper(currency) }
