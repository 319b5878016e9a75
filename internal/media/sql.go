package media

import (
	"context"
	"errors"
	"fmt"

	"mimeo/internal/db"
)

// state is where a picture is between its first file and its last.
type state string

const (
	coming state = "coming" // its files are being written
	shown  state = "shown"
	going  state = "going" // nobody sees it, its files are to be removed
	gone   state = "gone"  // a name that stays taken, so that its place can be filled
)

const columns = `id, name, ext, width, height, bytes, alt, caption, credit, licence, lang, focus_x, focus_y, changed`

const (
	sqlInsert = `insert into picture (id, name, state, ext, width, height, bytes, hash, alt, caption, credit, licence, lang, focus_x, focus_y, changed)
values ($1, $2, 'coming', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`
	sqlShow   = `update picture set state = 'shown', changed = $2 where id = $1 and state = 'coming'`
	sqlByHash = `select ` + columns + ` from picture where hash = $1 and state = 'shown'`
	sqlByID   = `select ` + columns + ` from picture where id = $1 and state = 'shown'`
	sqlByName = `select ` + columns + ` from picture where name = $1 and state = 'shown'`
	sqlState  = `select state from picture where name = $1`
	sqlEdit   = `update picture set alt = $2, caption = $3, credit = $4, licence = $5, lang = $6, focus_x = $7, focus_y = $8, changed = $9 where id = $1 and state = 'shown'`
	// What was said about it goes at once; the name stays.
	sqlHide   = `update picture set state = 'going', hash = '', alt = '', caption = '', credit = '', licence = '', lang = '', changed = $2 where name = $1 and state = 'shown'`
	sqlNewest = `select ` + columns + ` from picture where state = 'shown' and id < $1 order by id desc limit $2`
	sqlAfter  = `select ` + columns + ` from picture where state = 'shown' and id > $1 order by id limit $2`
	sqlLeft   = `select id, name, ext, width, state from picture where state <> 'shown' and state <> 'gone' and (state = 'going' or changed < $1) order by state, changed limit $2`
	sqlForget = `delete from picture where id = $1 and state = 'coming'`
	sqlGone   = `update picture set state = 'gone', bytes = 0 where id = $1 and state = 'going'`

	sqlUnuse   = `delete from picture_use where holder = $1`
	sqlUse     = `insert into picture_use (name, holder) values ($1, $2) on conflict (name, holder) do nothing`
	sqlHolders = `select holder from picture_use where name = $1 order by holder limit $2`
)

func scanPicture(row db.Scanner) (Picture, error) {
	var p Picture
	var changed int64
	err := row.Scan(&p.ID, &p.Name, &p.Ext, &p.Width, &p.Height, &p.Bytes, &p.Alt, &p.Caption, &p.Credit, &p.Licence, &p.Lang, &p.FocusX, &p.FocusY, &changed)
	p.Changed = db.Time(changed)
	return p, err
}

// one finds a picture; found is false when there is none.
func one(ctx context.Context, tx *db.Tx, query, key string) (p Picture, found bool, err error) {
	p, err = scanPicture(tx.QueryRow(ctx, query, key))
	if errors.Is(err, db.ErrNoRows) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("reading a picture: %w", err)
	}
	return p, true, nil
}

func many(ctx context.Context, tx *db.Tx, query string, args ...any) ([]Picture, error) {
	all, err := db.Collect(ctx, tx, scanPicture, query, args...)
	if err != nil {
		return nil, fmt.Errorf("listing pictures: %w", err)
	}
	return all, nil
}

func insert(ctx context.Context, tx *db.Tx, p *Picture, hash string) error {
	_, err := tx.Exec(ctx, sqlInsert, p.ID, p.Name, p.Ext, p.Width, p.Height, p.Bytes, hash,
		p.Alt, p.Caption, p.Credit, p.Licence, p.Lang, p.FocusX, p.FocusY, db.Micros(tx.Now))
	if err != nil {
		return fmt.Errorf("noting a picture: %w", err)
	}
	return nil
}

// left is a picture whose files may have to go.
type left struct {
	Picture
	state state
}

func leftOver(ctx context.Context, tx *db.Tx, before int64, limit int) ([]left, error) {
	all, err := db.Collect(ctx, tx, func(from db.Scanner) (l left, err error) {
		err = from.Scan(&l.ID, &l.Name, &l.Ext, &l.Width, &l.state)
		return l, err
	}, sqlLeft, before, limit)
	if err != nil {
		return nil, fmt.Errorf("listing what is left of pictures: %w", err)
	}
	return all, nil
}
