package search

import (
	"context"
	"errors"
	"fmt"

	"mimeo/internal/db"
)

// Where a rebuild stands is kept beside the index, so that one that was killed
// goes on where it was.
const (
	metaPhase   = "search.rebuild"       // "", phaseFill or phaseSweep
	metaPlace   = "search.rebuild.after" // the last place that was done
	metaVersion = "search.version"       // of the last rebuild that came to its end
	phaseFill   = "fill"
	phaseSweep  = "sweep"
)

// rebuildBatch is how many documents one transaction of a rebuild indexes.
const rebuildBatch = 100

// Rebuild indexes everything anew, in short transactions beside a running
// newsroom, and takes out what is no longer to be found. Readers search all
// the while. One that was interrupted goes on where it was; fresh begins
// again. progress is told how many documents are done.
func (x *Index) Rebuild(ctx context.Context, fresh bool, progress func(done int)) (done int, err error) {
	phase, after, err := x.begin(ctx, fresh)
	if err != nil {
		return 0, fmt.Errorf("beginning to rebuild the index: %w", err)
	}
	for phase != "" {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		step := x.fill
		if phase == phaseSweep {
			step = x.sweep
		}
		var n int
		if n, phase, after, err = step(ctx, after); err != nil {
			return done, fmt.Errorf("rebuilding the index: %w", err)
		}
		done += n
		progress(done)
	}
	return done, nil
}

func (x *Index) begin(ctx context.Context, fresh bool) (phase, after string, err error) {
	err = x.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if phase, err = tx.Meta(ctx, metaPhase); err != nil {
			return err
		}
		if phase != "" && !fresh {
			after, err = tx.Meta(ctx, metaPlace)
			return err
		}
		phase, after = phaseFill, ""
		if _, err := tx.Exec(ctx, forgetWords); err != nil {
			return err
		}
		return stand(ctx, tx, phase, after)
	})
	return phase, after, err
}

func stand(ctx context.Context, tx *db.Tx, phase, after string) error {
	return errors.Join(tx.SetMeta(ctx, metaPhase, phase), tx.SetMeta(ctx, metaPlace, after))
}

// fill indexes the next documents of the walk.
func (x *Index) fill(ctx context.Context, after string) (n int, phase, next string, err error) {
	refs, next, err := x.opt.Walk(ctx, after, rebuildBatch)
	if err != nil {
		return 0, "", "", err
	}
	phase = phaseFill
	if next == "" {
		phase = phaseSweep
	}
	err = x.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, ref := range refs {
			if err := x.refresh(ctx, tx, ref, true); err != nil {
				return err
			}
		}
		return stand(ctx, tx, phase, next)
	})
	return len(refs), phase, next, err
}

// sweep takes out the next documents that are no longer to be found.
func (x *Index) sweep(ctx context.Context, after string) (n int, phase, next string, err error) {
	err = x.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		refs, last, err := selectAfter(ctx, tx, after, rebuildBatch)
		if err != nil {
			return err
		}
		for _, ref := range refs {
			_, ok, err := x.opt.Load(ctx, tx, ref)
			if err == nil && !ok {
				err = x.Remove(ctx, tx, ref)
			}
			if err != nil {
				return err
			}
		}
		phase, next = phaseSweep, last
		if len(refs) < rebuildBatch {
			phase, next = "", ""
			if err := tx.SetMeta(ctx, metaVersion, Version); err != nil {
				return err
			}
		}
		return stand(ctx, tx, phase, next)
	})
	return 0, phase, next, err
}

// Stale says whether the index must be made anew: nothing was ever indexed in
// this way of cutting words, or a rebuild was not finished.
func (x *Index) Stale(ctx context.Context) (stale bool, err error) {
	err = x.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		version, err := tx.Meta(ctx, metaVersion)
		if err != nil {
			return err
		}
		phase, err := tx.Meta(ctx, metaPhase)
		stale = version != Version || phase != ""
		return err
	})
	if err != nil {
		return false, fmt.Errorf("looking at the index: %w", err)
	}
	return stale, nil
}

// Report is what Check found.
type Report struct {
	Checked  int   // documents that should be found
	Missing  []Ref // are not in the index
	Stale    []Ref // are in it as they were
	Orphans  []Ref // are in it and should not be
	Due      int   // wait to be indexed
	Unmended bool  // Stale says so
}

// Check compares the index with what should be found, all of it, without
// changing anything.
func (x *Index) Check(ctx context.Context) (rep Report, err error) {
	for after, more := "", true; more; more = after != "" {
		refs, next, err := x.opt.Walk(ctx, after, rebuildBatch)
		if err != nil {
			return rep, fmt.Errorf("checking the index: %w", err)
		}
		after = next
		if err := x.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error { return x.checkRefs(ctx, tx, refs, &rep) }); err != nil {
			return rep, fmt.Errorf("checking the index: %w", err)
		}
	}
	for after, more := "", true; more; more = after != "" {
		err := x.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
			refs, last, err := selectAfter(ctx, tx, after, rebuildBatch)
			if err != nil {
				return err
			}
			for _, ref := range refs {
				if _, ok, err := x.opt.Load(ctx, tx, ref); err != nil {
					return err
				} else if !ok {
					rep.Orphans = append(rep.Orphans, ref)
				}
			}
			if after = last; len(refs) < rebuildBatch {
				after = ""
			}
			return nil
		})
		if err != nil {
			return rep, fmt.Errorf("checking the index: %w", err)
		}
	}
	rep.Unmended, err = x.Stale(ctx)
	if err != nil {
		return rep, err
	}
	err = x.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, "select count(*) from search_due").Scan(&rep.Due)
	})
	return rep, err
}

func (x *Index) checkRefs(ctx context.Context, tx *db.Tx, refs []Ref, rep *Report) error {
	for _, ref := range refs {
		doc, ok, err := x.opt.Load(ctx, tx, ref)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		rep.Checked++
		s, known, err := selectDoc(ctx, tx, ref.Scope, ref.Key)
		switch {
		case err != nil:
			return err
		case !known:
			rep.Missing = append(rep.Missing, ref)
		case s.stamp != Version+"/"+doc.Stamp:
			rep.Stale = append(rep.Stale, ref)
		}
	}
	return nil
}
