package statement

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
	"unicode/utf8"

	"mimeo/internal/db"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
)

// Rejection is a suggestion that an editor turned down. It becomes a test case
// for the suggester, so it holds the text that it was made from, and nothing
// of who turned it down.
type Rejection struct {
	ID         string          `json:"id"`
	Story      string          `json:"story"`
	At         time.Time       `json:"at"`
	Lang       string          `json:"lang"`
	Excerpt    string          `json:"text"`
	Words      string          `json:"-"` // what it is known again by, "" for the excerpt
	Suggestion json.RawMessage `json:"suggestion"`
	Reason     string          `json:"reason,omitempty"`
}

// maxSuggestion bounds what a rejection keeps, in bytes.
const maxSuggestion = 64 << 10

// Reject keeps a suggestion that was turned down, once.
func (b *Book) Reject(ctx context.Context, r Rejection) error {
	if err := entity.Line("reason", &r.Reason, maxText); err != nil {
		return err
	}
	if !json.Valid(r.Suggestion) || len(r.Suggestion) > maxSuggestion || len(r.Excerpt) > maxSuggestion || !utf8.ValidString(r.Excerpt) {
		return fault.Invalidf("This is not a suggestion")
	}
	return failed("keeping a rejection", b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into statement_rejected (id, story, mark, at, lang, excerpt, suggestion, reason)
			values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (story, mark) do nothing`,
			b.ids.Secret(), r.Story, Mark(r.known()), db.Micros(tx.Now), r.Lang, r.Excerpt, string(r.Suggestion), r.Reason)
		return err
	}))
}

func (r *Rejection) known() string {
	if r.Words != "" {
		return r.Words
	}
	return r.Excerpt
}

// Mark is by what a suggestion is known again: the words that it is about.
func Mark(words string) string {
	sum := sha256.Sum256([]byte(words))
	return hex.EncodeToString(sum[:])
}

// RejectedIn are the marks of the suggestions that were turned down in a story.
func (b *Book) RejectedIn(ctx context.Context, story string) (out map[string]bool, err error) {
	out = map[string]bool{}
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		all, err := db.Column(ctx, tx, rejectedOf, story)
		for _, m := range all {
			out[m] = true
		}
		return err
	})
	return out, failed("reading rejections", err)
}

// Rejections visits every rejection, the oldest first.
func (b *Book) Rejections(ctx context.Context, visit func(Rejection) error) error {
	at, id := int64(0), ""
	for {
		var some []Rejection
		err := b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
			return each(ctx, tx, rejections, []any{at, id, 500}, func(rows *db.Rows) error {
				var r Rejection
				var suggestion string
				err := rows.Scan(&r.ID, &r.Story, &at, &r.Lang, &r.Excerpt, &suggestion, &r.Reason)
				id, r.At, r.Suggestion = r.ID, db.Time(at), json.RawMessage(suggestion)
				some = append(some, r)
				return err
			})
		})
		if err != nil {
			return failed("reading rejections", err)
		}
		for _, r := range some {
			if err := visit(r); err != nil {
				return err
			}
		}
		if len(some) < 500 {
			return nil
		}
	}
}
