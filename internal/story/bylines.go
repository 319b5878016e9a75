package story

import (
	"context"

	"mimeo/internal/db"
)

const (
	ofByline = `select ` + columns + ` from story_byline b join story s on s.id = b.story
		where b.byline = $4 and b.lang = $1 and (b.published, b.story) < ($2, $3) and s.state = 'published'
		order by b.published desc, b.story desc limit $5`
)

// ByByline are the published stories under a byline, the newest first. For the
// next page the cursor is {Published, ID} of the last one.
func (d *Desk) ByByline(ctx context.Context, lang, byline string, after Cursor, limit int) (out []Summary, err error) {
	at, key := after.before()
	err = d.read(ctx, "listing the stories of a byline", func(ctx context.Context, tx *db.Tx) error {
		out, err = d.summaries(ctx, tx, ofByline, lang, at, key, byline, bound(limit))
		return err
	})
	return out, err
}

// nameBylines keeps the list of each byline's stories: those whose public text
// names it.
func (d *Desk) nameBylines(ctx context.Context, tx *db.Tx, s *Story) error {
	if _, err := tx.Exec(ctx, "delete from story_byline where story = $1", s.ID); err != nil || s.State != Published {
		return err
	}
	for _, id := range s.BylineIDs {
		if id == "" {
			continue
		}
		if _, err := tx.Exec(ctx, `insert into story_byline (byline, lang, published, story) select id, $2, $3, $4 from byline where id = $1
			on conflict (byline, lang, published, story) do nothing`, id, s.Lang, db.Micros(s.Published), s.ID); err != nil {
			return err
		}
	}
	return nil
}
