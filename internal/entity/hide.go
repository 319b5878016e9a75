package entity

import (
	"context"
	"encoding/json"
	"fmt"

	"mimeo/internal/db"
)

// Hide takes names out of the register: of the entries that have one of them,
// every name is replaced, the aliases with them go, the addresses made of them
// stop leading there, and the history is rewritten. It says how many entries it
// reached.
func (r *Register) Hide(ctx context.Context, tx *db.Tx, names []string, replace func(string) string, dry bool) (int, error) {
	seen := map[string]bool{}
	for _, name := range names {
		folded := Fold(name)
		for _, f := range []form{formName, formAlias} {
			ids, err := db.Column(ctx, tx, keyIs, string(f), folded, maxList)
			if err != nil {
				return 0, err
			}
			for _, id := range ids {
				seen[id] = true
			}
		}
	}
	reached := 0
	for id := range seen {
		e, err := one(ctx, tx, id)
		if err != nil {
			return 0, err
		}
		hidden := e.Draft.without(replace)
		if hidden.equal(e.Draft) {
			continue
		}
		reached++
		if dry {
			continue
		}
		if err := r.hide(ctx, tx, e, hidden, replace); err != nil {
			return 0, err
		}
	}
	return reached, nil
}

func (r *Register) hide(ctx context.Context, tx *db.Tx, e Entity, hidden Draft, replace func(string) string) error {
	if _, err := tx.Exec(ctx, "delete from entity_slug where entity = $1", e.ID); err != nil {
		return err
	}
	e.Draft, e.Updated = hidden, tx.Now
	if err := r.address(ctx, tx, &e, string(e.Kind)+"-"+r.ids.Secret()[:8]); err != nil {
		return err
	}
	if err := updateEntity(ctx, tx, &e); err != nil {
		return err
	}
	if err := putKeys(ctx, tx, &e); err != nil {
		return err
	}
	old, err := db.Column(ctx, tx, "select doc from entity_version where entity = $1 order by version", e.ID)
	if err != nil {
		return err
	}
	for i, doc := range old {
		var w whole
		if err := json.Unmarshal([]byte(doc), &w); err != nil {
			return fmt.Errorf("reading an entry's history: %w", err)
		}
		w.Draft = w.Draft.without(replace)
		w.Slug = e.Slug
		out, err := json.Marshal(w)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "update entity_version set doc = $3 where entity = $1 and version = $2", e.ID, i+1, string(out)); err != nil {
			return err
		}
	}
	return tx.Change(ctx, ChangeKind, e.ID)
}

// without is the draft without what replace changes.
func (d Draft) without(replace func(string) string) Draft {
	words := func(all Words) (out Words) {
		for _, w := range all {
			out = append(out, Word{w.Lang, replace(w.Text)})
		}
		return out
	}
	named := false
	for _, n := range d.Names {
		named = named || replace(n.Text) != n.Text
	}
	d.Names, d.Descriptions = words(d.Names), words(d.Descriptions)
	var aliases []string
	for _, a := range d.Aliases {
		if replace(a) == a && !named {
			aliases = append(aliases, a)
		}
	}
	d.Aliases = aliases
	if named {
		d.Wikidata = "" // it names them too
	}
	return d
}

func (d Draft) equal(o Draft) bool {
	a, err := json.Marshal(d)
	if err != nil {
		return false
	}
	b, err := json.Marshal(o)
	return err == nil && string(a) == string(b)
}
