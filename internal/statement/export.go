package statement

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"
)

// Exported says what an export holds.
type Exported bool

// What readers see, or the newest version of everything. Neither has the
// private side: that leaves the house in no file.
const (
	ExportPublic     Exported = false
	ExportEverything Exported = true
)

// exportedForm is a statement in a file.
type exportedForm struct {
	ID string `json:"id"`
	Record
	Version   int       `json:"version"`
	Public    bool      `json:"public"`
	Checked   bool      `json:"checked"`
	Note      string    `json:"note,omitempty"`
	Published time.Time `json:"published,omitzero"`
	Changed   time.Time `json:"changed,omitzero"`
	Stories   []string  `json:"stories,omitempty"`
}

// batch is how many statements an export reads at once.
const batch = 200

// All visits every statement, the last published (or worked on) first.
func (b *Book) All(ctx context.Context, what Exported, visit func(*Statement) error) error {
	for after := (Cursor{}); ; {
		var some []Statement
		var err error
		if what == ExportEverything {
			some, err = b.Work(ctx, after, batch)
		} else {
			some, err = b.Recent(ctx, after, batch)
		}
		if err != nil {
			return err
		}
		for i := range some {
			if err := visit(&some[i]); err != nil {
				return err
			}
			if after = some[i].Printed(); what == ExportEverything {
				after = some[i].Worked()
			}
		}
		if len(some) < batch {
			return nil
		}
	}
}

// WriteJSON writes statements as JSON Lines.
func (b *Book) WriteJSON(ctx context.Context, to io.Writer, what Exported) error {
	w := bufio.NewWriter(to)
	enc := json.NewEncoder(w)
	if err := b.All(ctx, what, func(s *Statement) error {
		stories, err := b.Stories(ctx, s.ID)
		if err != nil {
			return err
		}
		return enc.Encode(exportedForm{s.ID, s.Record, s.Version, s.Public, s.Checked, s.Note, s.Published, s.Changed, stories})
	}); err != nil {
		return failed("exporting statements", err)
	}
	return failed("exporting statements", w.Flush())
}

// Columns are the head of the table that WriteCSV writes.
var columnsOfCSV = []string{
	"id", "who", "role", "body", "kind", "exact", "words", "language", "when", "zone", "place", "medium", "status", "evidence", "about", "published",
}

// WriteCSV writes what readers see as a table.
func (b *Book) WriteCSV(ctx context.Context, to io.Writer) error {
	w := csv.NewWriter(to)
	if err := w.Write(columnsOfCSV); err != nil {
		return err
	}
	if err := b.All(ctx, ExportPublic, func(s *Statement) error { return w.Write(s.Row()) }); err != nil {
		return failed("exporting statements", err)
	}
	w.Flush()
	return failed("exporting statements", w.Error())
}

// Head is the first line of a table of statements.
func Head() []string { return append([]string(nil), columnsOfCSV...) }

// Row is the statement as a line of a table. A cell that a spreadsheet would
// take for a formula is written with a quote before it.
func (s *Statement) Row() []string {
	lang := s.Words.Lang
	var about []string
	for _, p := range s.About {
		about = append(about, p.Name.Text(lang))
	}
	who := s.Who.Name.Text(lang)
	if s.Who.Unnamed {
		who = ""
	}
	row := []string{
		s.ID, who, s.Role.Text(lang), s.Record.Body.Name.Text(lang), string(s.Kind), strconv.FormatBool(s.Exact), s.Words.Text, lang, s.When.ISO(), s.When.Zone,
		s.Place.Name.Text(lang), string(s.Medium), string(s.Status), string(s.State), strings.Join(about, "; "), s.Published.UTC().Format(time.RFC3339),
	}
	for i := range row {
		row[i] = guarded(row[i])
	}
	return row
}

func guarded(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r|", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
