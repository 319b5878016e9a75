package prose

import (
	"strings"
	"unicode"
)

// opened is a quotation mark that waits for its partner.
type opened struct {
	site
	speech bool // it begins a quotation of whole sentences, which may run over several paragraphs
}

// quote follows the quotation marks of one paragraph. Single ones are left
// alone: they cannot be told from apostrophes.
//
// The same sign opens in one language and closes in another (“ in English and
// German, » in French and German), so what is open already and what stands
// around the sign decide.
func (c *checker) quote(s site, first bool, last rune) {
	opens := !wordly(s.before) && !unicode.IsSpace(s.after)
	switch s.r {
	case '„', '「', '『', '《':
		c.push(s, first, last)
	case '“':
		if c.top() != '„' || !c.close("„") {
			c.push(s, first, last)
		}
	case '”':
		if !c.close("“„”") && !c.pushIf(opens && wordly(s.after), s, first, last) {
			c.unopened(s)
		}
	case '«', '‹', '»', '›':
		c.guillemet(s, first, last)
	case '"':
		c.straight(s, opens && wordly(s.after), first, last)
	case '」':
		c.closeOr(s, "「")
	case '』':
		c.closeOr(s, "『")
	case '》':
		c.closeOr(s, "《")
	}
}

// guillemet follows « » and, the other way round as in German, » «.
func (c *checker) guillemet(s site, first bool, last rune) {
	var partner string
	var usual bool
	switch s.r {
	case '«':
		partner, usual = "»", true
	case '‹':
		partner, usual = "›", true
	case '»':
		partner = "«"
	default:
		partner = "‹"
	}
	opens := !wordly(s.before) && wordly(s.after)
	switch {
	case usual && opens:
		c.push(s, first, last)
	case c.close(partner):
	case usual || opens:
		c.push(s, first, last)
	default:
		c.unopened(s)
	}
}

// straight follows ", which says neither that it opens nor that it closes.
func (c *checker) straight(s site, opens bool, first bool, last rune) {
	if opens {
		if i := c.find(`"`); i >= 0 { // the one before was never closed
			c.unclosed(c.open[i:])
			c.open = c.open[:i]
		}
		c.push(s, first, last)
		return
	}
	if c.close(`"`) || unicode.IsDigit(s.before) { // 12" is a measure
		return
	}
	if !c.pushIf(!wordly(s.before), s, first, last) {
		c.unopened(s)
	}
}

func (c *checker) push(s site, first bool, last rune) {
	leads := first || strings.ContainsRune(",:;.!?…—–-”»\"", last)
	c.open = append(c.open, opened{site: s, speech: leads && !unicode.IsLower(s.after)})
}

func (c *checker) pushIf(yes bool, s site, first bool, last rune) bool {
	if yes {
		c.push(s, first, last)
	}
	return yes
}

func (c *checker) top() rune {
	if len(c.open) == 0 {
		return 0
	}
	return c.open[len(c.open)-1].r
}

// find returns the innermost open mark that is one of marks, or -1.
func (c *checker) find(marks string) int {
	for i := len(c.open) - 1; i >= 0; i-- {
		if strings.ContainsRune(marks, c.open[i].r) {
			return i
		}
	}
	return -1
}

// close closes the innermost of marks; whatever was opened inside it and is
// still open has lost its partner.
func (c *checker) close(marks string) bool {
	i := c.find(marks)
	if i < 0 {
		return false
	}
	c.unclosed(c.open[i+1:])
	c.open = c.open[:i]
	return true
}

func (c *checker) closeOr(s site, mark string) {
	if !c.close(mark) {
		c.unopened(s)
	}
}

// endQuotes ends a paragraph. A quotation of whole sentences may stay open
// when the next paragraph opens it anew, as newspapers set long quotations.
func (c *checker) endQuotes(next rune) {
	if len(c.open) != 1 || !c.open[0].speech || c.open[0].r != next {
		c.unclosed(c.open)
	}
	c.open = c.open[:0]
}

func (c *checker) unclosed(list []opened) {
	for _, o := range list {
		c.warn(o.site, "the quotation mark %c is never closed", o.r)
	}
}

func (c *checker) unopened(s site) {
	c.warn(s, "the quotation mark %c closes nothing", s.r)
}

// wordly says whether r is part of a word or of what may begin one.
func wordly(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || unicode.Is(unicode.Sc, r)
}
