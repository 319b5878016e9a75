package story

import (
	"context"

	"mimeo/internal/db"
)

// Objections are what speaks against the newest text of a story, in itself and
// by the gates, so that a page can say it before the button is pressed. Publishing asks again.
func (d *Desk) Objections(ctx context.Context, id string) (all []Objection, err error) {
	err = d.read(ctx, "asking what speaks against a text", func(ctx context.Context, tx *db.Tx) error {
		s, err := d.one(ctx, tx, byID, id)
		if err != nil {
			return err
		}
		if s.Revision != s.Latest {
			if _, err := selectRevision(ctx, tx, &s, s.Latest); err != nil {
				return err
			}
		}
		all = ownObjections(&s)
		for _, gate := range d.opt.Gates {
			some, err := gate(ctx, tx, &s)
			if err != nil {
				return err
			}
			all = append(all, some...)
		}
		return nil
	})
	return all, err
}
