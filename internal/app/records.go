package app

import (
	"context"

	"mimeo/internal/db"
	"mimeo/internal/entity"
	"mimeo/internal/statement"
	"mimeo/internal/story"
)

// sources puts the register and the book of statements together, and joins the
// book to the stories: a saved text may drop a check, a published one shows its
// statements, and an accusation without a word on its evidence stays in.
func (a *App) sources() {
	a.Statements = statement.New(a.DB, a.ids, statement.Options{Box: a.Vault, Record: a.record})
	a.Entities = entity.New(a.DB, a.ids, entity.Options{Moved: a.Statements.Moved, Back: a.Statements.Back})
	a.Stories.Wire(func(o *story.Options) {
		o.Statements = a.Statements.Versions
		o.Saved = append(o.Saved, func(ctx context.Context, tx *db.Tx, member string, s *story.Story) error {
			return a.Statements.Anchored(ctx, tx, member, s.ID, &s.Body)
		})
		o.Published = append(o.Published, func(ctx context.Context, tx *db.Tx, s *story.Story) error {
			return a.Statements.Placed(ctx, tx, s.ID, s.Lang, &s.Body, s.State == story.Published)
		})
		o.Gates = append(o.Gates, a.unproven)
		o.Hidden = append(o.Hidden, story.Hider{What: "statements", Hide: func(ctx context.Context, tx *db.Tx, r *story.Redaction) (int, error) {
			reached, err := a.Statements.Hide(ctx, tx, r.Text, r.DryRun)
			if err != nil {
				return 0, err
			}
			more, err := a.Entities.Hide(ctx, tx, r.Names, r.Text, r.DryRun)
			return reached + more, err
		}})
	})
}

// unproven are the statements that stand against a story's publication.
func (a *App) unproven(ctx context.Context, tx *db.Tx, s *story.Story) ([]story.Objection, error) {
	found, err := a.Statements.Gate(ctx, tx, s.Lang, &s.Body)
	if err != nil {
		return nil, err
	}
	out := make([]story.Objection, 0, len(found))
	for _, o := range found {
		if o.Blocks { // the rest is shown beside the text
			out = append(out, story.Objection{Code: "statement." + o.Code, Text: "statement.gate." + o.Code, Args: []any{"Words", o.Words}, Overridable: true})
		}
	}
	return out, nil
}
