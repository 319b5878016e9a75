package cli

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"time"
	"unicode/utf8"

	"mimeo/internal/attribution"
	"mimeo/internal/fault"
)

type statementCmd struct {
	Suggest  statementSuggestCmd  `cmd:"" help:"Suggest the statements in a plain text, as JSON Lines."`
	List     statementListCmd     `cmd:"" help:"Statements that readers see, the newest first."`
	Show     statementShowCmd     `cmd:"" help:"One statement's record, without its private side."`
	Export   statementExportCmd   `cmd:"" help:"Write statements as JSON Lines or CSV."`
	Rejected statementRejectedCmd `cmd:"" help:"Suggestions that editors turned down, as JSON Lines: test cases for the suggester."`
}

// The longest text that suggestions are read from.
const longestText = 64 << 20

type statementSuggestCmd struct {
	Lang     string `help:"Language of the text." default:"en"`
	Dateline string `help:"Day of the story, as 2024-12-04: it resolves \"Wednesday\" and \"last month\"."`
	File     string `arg:"" optional:"" help:"The text; - or nothing reads standard input." default:"-"`
}

func (c statementSuggestCmd) Run(s *session) error {
	engine, err := attribution.New(c.Lang)
	if err != nil {
		return misused(err.Error())
	}
	var o attribution.Options
	if c.Dateline != "" {
		if o.Dateline, err = time.Parse(time.DateOnly, c.Dateline); err != nil {
			return misused("The dateline " + c.Dateline + " is no day written as 2024-12-04")
		}
	}
	text, err := s.plainText(c.File)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(s.Out)
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for _, found := range engine.Suggest(text, o) {
		if err := lines.Encode(found); err != nil {
			return err
		}
	}
	return w.Flush()
}

// plainText reads a text whole; offsets in it count code points, so it has to
// be valid UTF-8.
func (s *session) plainText(path string) (string, error) {
	in := s.In
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", fault.Wrap(fault.Missing, "The file "+path+" cannot be read", err)
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, longestText+1))
	switch {
	case err != nil:
		return "", fault.Wrap(fault.Unavailable, "The text could not be read to its end", err)
	case len(raw) > longestText:
		return "", fault.Invalidf("The text is longer than %d MB", longestText>>20)
	case !utf8.Valid(raw):
		return "", fault.Invalidf("The text is not valid UTF-8")
	}
	return string(raw), nil
}
