package money

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/fault"
)

// maxTyped is the longest figure that is read at all: no sum that fits needs more.
const maxTyped = 64

// ErrAmbiguous is the error for a figure that two readers would read
// differently: "1,000" is a thousand dollars to one and one dollar to another.
var ErrAmbiguous = fault.New(fault.Invalid, "Enter the amount without a thousands separator, like 1000 or 7.50")

// errFigures is what a person is told who typed something else than a sum.
var errFigures = fault.New(fault.Invalid, "Enter the amount in figures, like 5 or 7.50")

// separator says what a mark between digits can mean.
type separator int

const (
	noSeparator separator = iota
	eitherWay             // point or comma: decimals in one country, thousands in the next
	decimalOnly
	groupOnly
)

func separatorOf(r rune) (separator, rune) {
	switch r {
	case '.', '．':
		return eitherWay, '.'
	case ',', '，', '،':
		return eitherWay, ','
	case '٫':
		return decimalOnly, r
	case '٬', '\'', '’':
		return groupOnly, r
	case ' ', '\u00a0', '\u2009', '\u202f':
		return groupOnly, ' '
	default:
		return noSeparator, 0
	}
}

// Parse reads a sum that a person typed: digits of any one script; a comma, a
// point or the Arabic mark before the decimals; thousands in threes where they
// cannot be mistaken for decimals; the currency's own mark or code before or
// after. It refuses, as fault.Invalid, whatever could mean two sums (see
// ErrAmbiguous), and signs, exponents, more decimals than the currency has,
// sums that do not fit, and characters that change how the rest looks.
// Zero is a sum; the limits of a gift are not decided here.
func Parse(text string, c Currency) (Amount, error) {
	if !c.Valid() {
		return Amount{}, fault.Invalidf("This currency is not supported")
	}
	if len(text) > maxTyped || !utf8.ValidString(text) {
		return Amount{}, errFigures
	}
	runs, marks, err := runsOfDigits(stripMark(text, c))
	if err != nil {
		return Amount{}, err
	}
	whole, decimals, err := arrange(runs, marks, c.Exponent())
	if err != nil {
		return Amount{}, err
	}
	minor := int64(0)
	for _, digit := range append(whole, padded(decimals, c.Exponent())...) {
		if minor > (math.MaxInt64-int64(digit))/10 {
			return Amount{}, errFigures
		}
		minor = minor*10 + int64(digit)
	}
	return Of(minor, c), nil
}

// stripMark takes the currency's own code or symbol off one end.
func stripMark(text string, c Currency) string {
	text = strings.TrimSpace(text)
	for _, k := range known() {
		if k.code != c {
			continue
		}
		for _, mark := range append([]string{string(c)}, k.marks...) {
			if len(text) < len(mark) {
				continue
			}
			if strings.EqualFold(text[:len(mark)], mark) {
				return strings.TrimSpace(text[len(mark):])
			}
			if cut := len(text) - len(mark); strings.EqualFold(text[cut:], mark) {
				return strings.TrimSpace(text[:cut])
			}
		}
	}
	return text
}

// runsOfDigits parts the text into runs of digit values and the single marks
// between them, so there is one mark less than there are runs and no run is
// empty. Digits of two scripts in one figure are refused: some look alike.
func runsOfDigits(text string) (runs [][]byte, marks []rune, err error) {
	script := rune(-1)
	run := []byte(nil)
	for _, r := range text {
		if value, zero, ok := digitOf(r); ok {
			if script != -1 && script != zero {
				return nil, nil, errFigures
			}
			script = zero
			run = append(run, value)
			continue
		}
		kind, mark := separatorOf(r)
		if kind == noSeparator || len(run) == 0 {
			return nil, nil, errFigures
		}
		runs, marks, run = append(runs, run), append(marks, mark), nil
	}
	if len(run) == 0 {
		return nil, nil, errFigures
	}
	return append(runs, run), marks, nil
}

// Digits writes the decimal digits of every script as 0 to 9 and leaves all
// else as it is.
func Digits(text string) string {
	return strings.Map(func(r rune) rune {
		if value, _, ok := digitOf(r); ok {
			return rune('0' + value)
		}
		return r
	}, text)
}

// digitOf returns the value of a decimal digit and the zero of its script.
// Unicode keeps each script's ten digits together and in order.
func digitOf(r rune) (value byte, zero rune, ok bool) {
	if r >= '0' && r <= '9' {
		return byte(r - '0'), '0', true
	}
	if r < utf8.RuneSelf || !unicode.Is(unicode.Nd, r) {
		return 0, 0, false
	}
	for _, block := range unicode.Nd.R16 {
		if lo := rune(block.Lo); r >= lo && r <= rune(block.Hi) {
			return byte((r - lo) % 10), r - (r-lo)%10, true
		}
	}
	for _, block := range unicode.Nd.R32 {
		if lo := rune(block.Lo); r >= lo && r <= rune(block.Hi) {
			return byte((r - lo) % 10), r - (r-lo)%10, true
		}
	}
	return 0, 0, false
}

// arrange decides which mark stands before the decimals and returns the digits
// on either side of it.
func arrange(runs [][]byte, marks []rune, exponent int) (whole, decimals []byte, err error) {
	if len(marks) == 0 {
		return runs[0], nil, nil
	}
	last := marks[len(marks)-1]
	kind, _ := separatorOf(last)
	tail := runs[len(runs)-1]
	hasDecimals := false
	switch kind {
	case decimalOnly:
		hasDecimals = true
	case groupOnly:
	case eitherWay:
		// Repeated, or after a decimal mark of its own, it parts thousands;
		// after other thousands it parts decimals; alone it is what the number
		// of digits allows, and three could be either unless the currency has
		// no decimals at all.
		switch {
		case len(marks) > 1 && marks[0] == last:
		case len(marks) > 1:
			hasDecimals = true
		case exponent > 0 && len(tail) == 3:
			return nil, nil, ErrAmbiguous
		case exponent > 0:
			hasDecimals = true
		}
	case noSeparator:
		return nil, nil, errFigures
	}
	groups, groupMarks := runs, marks
	if hasDecimals {
		if len(tail) > exponent {
			return nil, nil, errFigures
		}
		decimals = tail
		groups, groupMarks = runs[:len(runs)-1], marks[:len(marks)-1]
	}
	if err := checkGroups(groups, groupMarks); err != nil {
		return nil, nil, err
	}
	for _, group := range groups {
		whole = append(whole, group...)
	}
	return whole, decimals, nil
}

// checkGroups refuses thousands that are not in threes, or parted by two kinds
// of mark.
func checkGroups(groups [][]byte, marks []rune) error {
	if len(groups) > 1 && len(groups[0]) > 3 {
		return errFigures
	}
	for i, mark := range marks {
		kind, _ := separatorOf(mark)
		if mark != marks[0] || kind == decimalOnly || len(groups[i+1]) != 3 {
			return errFigures
		}
	}
	return nil
}

func padded(decimals []byte, exponent int) []byte {
	out := make([]byte, exponent)
	copy(out, decimals)
	return out
}
