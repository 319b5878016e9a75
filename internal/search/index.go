package search

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"mimeo/internal/db"
)

// Put makes a document findable, or what it says now findable in place of what
// it said before. A document with the stamp that the index knows costs one
// look-up.
func (x *Index) Put(ctx context.Context, tx *db.Tx, d Document) error {
	return x.put(ctx, tx, d, false)
}

func (x *Index) put(ctx context.Context, tx *db.Tx, d Document, again bool) error {
	p, err := prefix(d.Scope, d.Lang)
	if err != nil {
		return err
	}
	d.Stamp = Version + "/" + d.Stamp
	old, known, err := selectDoc(ctx, tx, d.Scope, d.Key)
	if err != nil {
		return fmt.Errorf("looking for %s in the index: %w", d.Key, err)
	}
	if known && old.stamp == d.Stamp && !again {
		return nil
	}
	words, written := wordsOf(&d)
	facets, err := json.Marshal(d.Facets)
	if err != nil {
		return fmt.Errorf("indexing %s: %w", d.Key, err)
	}
	if len(d.Facets) == 0 {
		facets = []byte("[]")
	}
	if known {
		if err := drop(ctx, tx, d.Scope, &old); err != nil {
			return fmt.Errorf("indexing %s anew: %w", d.Key, err)
		}
	}
	place, err := insertDoc(ctx, tx, &d, string(facets), words)
	if err != nil {
		return fmt.Errorf("indexing %s: %w", d.Key, err)
	}
	if err := tx.PutTerms(ctx, place, terms(p, words, d.Facets)); err != nil {
		return fmt.Errorf("indexing %s: %w", d.Key, err)
	}
	if d.Scope != Readers {
		return nil
	}
	if err := countWords(ctx, tx, d.Lang, written, !known || again); err != nil {
		return fmt.Errorf("counting the words of %s: %w", d.Key, err)
	}
	return nil
}

// Knows says whether the index has a document, in whatever form.
func (x *Index) Knows(ctx context.Context, tx *db.Tx, ref Ref) (bool, error) {
	_, known, err := selectDoc(ctx, tx, ref.Scope, ref.Key)
	return known, err
}

// Remove takes a document out. That its words were once met is still counted,
// but none is suggested that no text has; see Hide.
func (x *Index) Remove(ctx context.Context, tx *db.Tx, ref Ref) error {
	old, known, err := selectDoc(ctx, tx, ref.Scope, ref.Key)
	if err == nil && known {
		err = drop(ctx, tx, ref.Scope, &old)
	}
	if err == nil {
		err = settle(ctx, tx, ref)
	}
	if err != nil {
		return fmt.Errorf("taking %s out of the index: %w", ref.Key, err)
	}
	return nil
}

// Later notes that documents are to be indexed by CatchUp: for many at a time,
// and for those that change every few seconds.
func (x *Index) Later(ctx context.Context, tx *db.Tx, refs ...Ref) error {
	for _, ref := range refs {
		if _, err := tx.Exec(ctx, insertDue, string(ref.Scope), ref.Key); err != nil {
			return fmt.Errorf("noting %s for the index: %w", ref.Key, err)
		}
	}
	return nil
}

// CatchUp indexes what Later noted, in short transactions, and says how many
// that were.
func (x *Index) CatchUp(ctx context.Context) (n int, err error) {
	for {
		done := 0
		err := x.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			refs, err := selectDue(ctx, tx, catchUpBatch)
			done = len(refs)
			if err != nil {
				return err
			}
			for _, ref := range refs {
				if err := x.refresh(ctx, tx, ref, false); err != nil {
					return err
				}
			}
			return nil
		})
		n += done
		if err != nil {
			return n, fmt.Errorf("indexing what is due: %w", err)
		}
		if done < catchUpBatch {
			return n, nil
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
	}
}

// catchUpBatch is how many documents one transaction indexes: others wait for
// it.
const catchUpBatch = 50

// refresh indexes a document as it is now, or takes it out.
func (x *Index) refresh(ctx context.Context, tx *db.Tx, ref Ref, again bool) error {
	doc, ok, err := x.opt.Load(ctx, tx, ref)
	switch {
	case err != nil:
		return fmt.Errorf("reading %s for the index: %w", ref.Key, err)
	case !ok:
		return x.Remove(ctx, tx, ref)
	}
	if err := x.put(ctx, tx, doc, again); err != nil {
		return err
	}
	return settle(ctx, tx, ref)
}

// stored is a row of search_doc.
type stored struct {
	place                      int64
	lang, stamp, facets, words string
}

func drop(ctx context.Context, tx *db.Tx, scope Scope, old *stored) error {
	p, err := prefix(scope, old.lang)
	if err != nil {
		return err
	}
	var facets []Facet
	if err := json.Unmarshal([]byte(old.facets), &facets); err != nil {
		return fmt.Errorf("reading facets: %w", err)
	}
	if err := tx.DropTerms(ctx, old.place, terms(p, old.words, facets)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, deleteDoc, old.place)
	return err
}

// A place is a document's number in the index: the second in which it appeared,
// and in the lower bits what parts documents of one second.
const placeBits = 12

func place(t time.Time) int64 { return t.Unix() << placeBits }

// insertDoc gives a document a free place. Documents that appeared in one
// second, as those of an archive that knows only days, spread over the seconds
// after it: the more of them, the further.
func insertDoc(ctx context.Context, tx *db.Tx, d *Document, facets, words string) (int64, error) {
	for try := range 24 {
		h := sha256.Sum256([]byte(string(d.Scope) + d.Key + "\x00" + strconv.Itoa(try)))
		at := place(d.At) + int64(binary.BigEndian.Uint64(h[:8])%(1<<(placeBits+try)))
		n, err := tx.Exec(ctx, insertDocument, at, string(d.Scope), d.Key, d.Lang, d.Title, db.Micros(d.At), d.Stamp, facets, words)
		if err != nil || n == 1 {
			return at, err
		}
	}
	return 0, errors.New("there is no free place in the index")
}
