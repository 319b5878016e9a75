package appeal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"mimeo/internal/fault"
)

// longestLine bounds one line of facts: a page with ten thousand tags fits.
const longestLine = 1 << 20

// ParseFacts reads the facts of one page view from a JSON object. "now" must
// be there; anything else that is absent counts as empty or 0.
func ParseFacts(line []byte) (Facts, error) {
	members, err := parseObject(line)
	if err != nil {
		return Facts{}, fault.Wrap(fault.Invalid, "The facts cannot be read", err)
	}
	in := reader{members: members}
	f := Facts{
		Country:  in.text("country"),
		Channel:  in.text("channel"),
		Language: in.text("language"),
		Section:  in.text("section"),
		Tags:     in.texts("tags"),
		NoAsk:    in.flag("no_ask"),
		Ask:      in.text("ask"),
		Draw:     in.draw("draw"),
	}
	if now := in.moment("now"); now != nil {
		f.Now = *now
	} else {
		in.fail(`"now" is missing`)
	}
	if in.problem != nil {
		return Facts{}, fault.Wrap(fault.Invalid, "The facts cannot be read", in.problem)
	}
	return f, nil
}

// DecideLines answers JSON Lines of facts with JSON Lines of answers, one for
// one. A line that cannot be read is answered with its number and the error,
// which is also told on errw; the rest go on, and the call fails at its end.
func DecideLines(r io.Reader, w, errw io.Writer, rules *Rules) error {
	in := bufio.NewReaderSize(r, 64<<10)
	out := bufio.NewWriter(w)
	encode := json.NewEncoder(out)
	encode.SetEscapeHTML(false)
	bad := 0
	for number := 1; ; number++ {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, errLongLine) {
			return fmt.Errorf("reading line %d: %w", number, err)
		}
		var answer any
		var facts Facts
		if err == nil {
			facts, err = ParseFacts(line)
		}
		if err != nil {
			bad++
			answer = badLine{Line: number, Error: err.Error()}
			if _, err := fmt.Fprintf(errw, "line %d: %v\n", number, err); err != nil {
				return fmt.Errorf("reporting line %d: %w", number, err)
			}
		} else {
			answer = rules.Explain(&facts)
		}
		if err := encode.Encode(answer); err != nil {
			return fmt.Errorf("writing the answer to line %d: %w", number, err)
		}
		if in.Buffered() == 0 { // someone may be waiting at the other end of a pipe
			if err := out.Flush(); err != nil {
				return fmt.Errorf("writing the answer to line %d: %w", number, err)
			}
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the answers: %w", err)
	}
	if bad > 0 {
		return fault.Invalidf("%d of the lines could not be read", bad)
	}
	return nil
}

type badLine struct {
	Line  int    `json:"line"`
	Error string `json:"error"`
}

var errLongLine = fmt.Errorf("the line is longer than %d bytes", longestLine)

// readLine returns the next line without its end. Of a line that is too long
// it reads everything and keeps nothing.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := in.ReadSlice('\n')
		if !long {
			line = append(line, part...)
			if long = len(line) > longestLine; long {
				line = nil
			}
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && (long || len(line) > 0):
		case err != nil:
			return nil, err
		}
		if long {
			return nil, errLongLine
		}
		return line, nil
	}
}
