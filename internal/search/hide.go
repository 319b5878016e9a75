package search

import (
	"context"
	"errors"
	"fmt"

	"mimeo/internal/db"
)

// Hide makes every text anew that holds one of the names, in whatever language
// and scope, and forgets the names as words to suggest. The texts themselves
// are their owner's and no longer hold them: Load gives them as they are now.
// In a dry run it only counts.
func (x *Index) Hide(ctx context.Context, tx *db.Tx, names []string, dry bool) (reached int, err error) {
	langs, err := selectLangs(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("hiding names in the index: %w", err)
	}
	met := map[Ref]bool{}
	for _, lang := range langs {
		for _, name := range names {
			for _, scope := range []Scope{Readers, Desk} {
				refs, err := x.holders(ctx, tx, scope, lang, name)
				if err != nil {
					return 0, fmt.Errorf("hiding names in the index: %w", err)
				}
				for _, ref := range refs {
					met[ref] = true
				}
			}
			if dry {
				continue
			}
			if err := forget(ctx, tx, lang, name); err != nil {
				return 0, fmt.Errorf("forgetting names: %w", err)
			}
		}
	}
	for ref := range met {
		if dry {
			break
		}
		if err := x.refresh(ctx, tx, ref, false); err != nil {
			return 0, err
		}
	}
	return len(met), nil
}

// holders are the texts that hold a name, all of them.
func (x *Index) holders(ctx context.Context, tx *db.Tx, scope Scope, lang, name string) (refs []Ref, err error) {
	p, err := prefix(scope, lang)
	if err != nil {
		return nil, err
	}
	stems := newReader(lang).stems(name)
	if len(stems) == 0 {
		return nil, nil
	}
	var t db.Terms
	for _, s := range stems {
		t.All = append(t.All, p+"."+s)
	}
	for below := int64(1<<63 - 1); ; {
		rows, err := candidates(ctx, tx, tx.Dialect().Match(t), below, -1<<63, batch, false, true)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			below = r.place
			if holds(r.words, stems) {
				refs = append(refs, Ref{scope, r.Key})
			}
		}
		if len(rows) < batch {
			return refs, nil
		}
	}
}

// forget takes the words of a name out of those that are suggested.
func forget(ctx context.Context, tx *db.Tx, lang, name string) (err error) {
	t := tongueOf(lang)
	for i := 0; ; {
		start, end := nextWord(name, i, t.elides)
		if start == end {
			return err
		}
		i = end
		if s := surface(name[start:end]); s != "" {
			_, gone := tx.Exec(ctx, forgetWord, lang, s)
			err = errors.Join(err, gone)
		}
	}
}
