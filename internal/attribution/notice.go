package attribution

import "strings"

// notice is what a line is when it is no news.
type notice uint8

const (
	noticeNone   notice = iota
	noticeSkip          // a byline, a credit, a link: nothing in it is said
	noticeAppeal        // from here on the newspaper speaks to its readers
)

// notice tells whether a line begins as those that the language's file lists.
func (r *reader) notice(line string) notice {
	if c := line[0]; len(line) < 3 || c == '|' {
		return noticeSkip
	}
	r.low = lowered(r.low[:0], line[:min(len(line), 96)])
	low := string(r.low)
	for _, s := range r.lang.appeal {
		if strings.HasPrefix(low, s) {
			return noticeAppeal
		}
	}
	for _, s := range r.lang.skip {
		if strings.HasPrefix(low, s) && (len(s) > 5 || len(line) < 90 && !strings.HasSuffix(line, ".")) {
			return noticeSkip
		}
	}
	return noticeNone
}
