package story

import (
	"context"
	"errors"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// DeskNote is what somebody wrote beside a story, for the desk.
type DeskNote struct {
	ID, Author, Words string
	At                time.Time
}

// Task is something to be done for a story.
type Task struct {
	ID, Story, Author string
	Who               string // a member's id, "" for whoever has the time
	Words             string
	At                time.Time
	Due               time.Time // zero for no day
	Done              time.Time // zero before
	DoneBy            string
}

const (
	notesOfStory = `select id, author, words, at from story_note where story = $1 order by at desc, id desc limit $2`
	tasksOfStory = `select id, story, author, who, words, at, due, done, done_by from story_task
		where story = $1 order by done, at desc, id desc limit $2`
	tasksOfMember = `select id, story, author, who, words, at, due, done, done_by from story_task
		where who = $1 and done = 0 order by due, id limit $2`
)

// AddNote writes a note beside a story.
func (d *Desk) AddNote(ctx context.Context, id, by, words string) (n DeskNote, err error) {
	if err := needWords("note", &words); err != nil {
		return n, err
	}
	n = DeskNote{ID: d.ids.UUID(), Author: by, Words: words}
	err = d.write(ctx, "writing a note", func(ctx context.Context, tx *db.Tx) error {
		n.At = tx.Now
		if err := exists(ctx, tx, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "insert into story_note (id, story, at, author, words) values ($1, $2, $3, $4, $5)",
			n.ID, id, db.Micros(tx.Now), by, words)
		return err
	})
	return n, err
}

// DeskNotes are the notes beside a story, the last first.
func (d *Desk) DeskNotes(ctx context.Context, id string, limit int) (out []DeskNote, err error) {
	err = d.read(ctx, "listing notes", func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err := tx.Query(ctx, notesOfStory, id, bound(limit))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var n DeskNote
			var at int64
			if err := rows.Scan(&n.ID, &n.Author, &n.Words, &at); err != nil {
				return err
			}
			n.At = db.Time(at)
			out = append(out, n)
		}
		return rows.Err()
	})
	return out, err
}

// AddTask gives somebody something to do for a story.
func (d *Desk) AddTask(ctx context.Context, id string, t Task) (Task, error) {
	if err := needWords("task", &t.Words); err != nil {
		return t, err
	}
	t.ID, t.Story, t.Done, t.DoneBy = d.ids.UUID(), id, time.Time{}, ""
	err := d.write(ctx, "giving a task", func(ctx context.Context, tx *db.Tx) error {
		t.At = tx.Now
		if err := exists(ctx, tx, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "insert into story_task (id, story, at, author, who, due, words) values ($1, $2, $3, $4, $5, $6, $7)",
			t.ID, id, db.Micros(tx.Now), t.Author, t.Who, micros(t.Due), t.Words)
		return err
	})
	return t, err
}

// DoTask says that a task is done, or is not done after all.
func (d *Desk) DoTask(ctx context.Context, id, task, by string, done bool) error {
	return d.write(ctx, "doing a task", func(ctx context.Context, tx *db.Tx) error {
		at := int64(0)
		if done {
			at = db.Micros(tx.Now)
		} else {
			by = ""
		}
		n, err := tx.Exec(ctx, "update story_task set done = $3, done_by = $4 where story = $1 and id = $2", id, task, at, by)
		if err == nil && n == 0 {
			return fault.Missingf("There is no such task")
		}
		return err
	})
}

// Tasks are those of a story, what is open first.
func (d *Desk) Tasks(ctx context.Context, id string, limit int) ([]Task, error) {
	return d.tasks(ctx, tasksOfStory, id, limit)
}

// TasksOf are the open tasks of a member, the most pressing first; "" is
// everybody's.
func (d *Desk) TasksOf(ctx context.Context, member string, limit int) ([]Task, error) {
	return d.tasks(ctx, tasksOfMember, member, limit)
}

func (d *Desk) tasks(ctx context.Context, query, of string, limit int) (out []Task, err error) {
	err = d.read(ctx, "listing tasks", func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err := tx.Query(ctx, query, of, bound(limit))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var t Task
			var at, due, done int64
			if err := rows.Scan(&t.ID, &t.Story, &t.Author, &t.Who, &t.Words, &at, &due, &done, &t.DoneBy); err != nil {
				return err
			}
			t.At, t.Due, t.Done = db.Time(at), moment(due), moment(done)
			out = append(out, t)
		}
		return rows.Err()
	})
	return out, err
}

func needWords(name string, words *string) error {
	if err := tidyWords(name, words, maxNote); err != nil {
		return err
	}
	if *words == "" {
		return fault.Invalidf("The %s has no words", name)
	}
	return nil
}

func exists(ctx context.Context, tx *db.Tx, id string) error {
	var found string
	err := tx.QueryRow(ctx, "select id from story where id = $1", id).Scan(&found)
	if errors.Is(err, db.ErrNoRows) {
		return fault.Missingf("There is no such story")
	}
	return err
}
