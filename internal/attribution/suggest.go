package attribution

import (
	"math"
	"slices"
	"strings"
)

// suggest makes the record of a match.
func (r *reader) suggest(m *match, lo, hi int) {
	if confidence(m.trust) < r.options.Least && !m.headline || len(m.content) == 0 && !m.headline {
		return
	}
	s := Suggestion{About: []string{}}
	outside, inside := 0, 0
	for _, c := range m.content {
		if c.empty() {
			continue
		}
		s.Content = append(s.Content, r.span(c))
		for k := c.from; k < c.to; k++ {
			switch t := &r.tokens[k]; {
			case t.plain() && t.quote != 0:
				inside++
			case t.plain():
				outside++
			}
		}
	}
	if len(s.Content) == 0 && !m.headline {
		return
	}
	switch {
	case inside > 0 && outside == 0 && m.cue.frames&(frameQuote|framePost) == 0 && m.forward && m.cue != &r.lang.colon:
		s.Kind = Mixed
	case inside > 0 && outside == 0 || m.headline || r.lang.dashes && r.tokens[lo].mark == markDash && !m.forward:
		s.Kind = Direct
	case inside > 0:
		s.Kind = Mixed
	default:
		s.Kind = Indirect
	}
	cue := r.span(m.verb)
	s.Cue = &cue
	p, short := r.resolve(m)
	if !m.source.empty() {
		s.Source = &Source{Span: r.span(m.source)}
		if short && p != nil && p.name != "" && !strings.Contains(s.Source.Text, p.name) {
			s.Source.Mention, s.Source.Text = s.Source.Text, p.name
		}
	}
	if p != nil {
		s.Role, s.Body = p.role, p.of
		if p.body && s.Body == "" {
			s.Body = p.name
		}
	}
	nested := false
	for i := range r.matches {
		o := &r.matches[i]
		for _, c := range o.content {
			nested = nested || o != m && confidence(o.trust) >= r.options.Least && c.from <= m.verb.from && m.verb.from < c.to
		}
	}
	if nested { // within what another says: more often theirs than a statement of its own
		m.trust -= 0.35
		if m.cue.strength < 8 || m.cue.frames&frameSay == 0 {
			m.trust -= 0.1
		}
	}
	d := m.detail
	if !nested {
		d.when = either(d.when, r.scene.when)
		d.where = either(d.where, r.scene.where)
		d.medium = either(d.medium, r.scene.medium)
		if p != nil {
			r.last, r.spoke = p, s.Cue.End
		}
	}
	if a := d.addressee; !a.empty() && d.medium.empty() && r.tokens[a.to-1].is(classMedia) && !r.tokens[a.to-1].is(classAddr) { // told a news conference
		for a.to-a.from > 1 && r.tokens[a.from].is(classDet|classPoss) {
			a.from++
		}
		d.medium, d.addressee = a, span{}
	}
	if !d.when.empty() {
		s.When = r.when(d.when.from, d.when.to)
	}
	s.Where = r.slice(d.where.from, d.where.to)
	s.Medium = r.slice(d.medium.from, d.medium.to)
	s.Addressee = r.slice(d.addressee.from, d.addressee.to)
	if d.evidence {
		s.Evidence = NonePresented
	}
	r.about(&s, m, p)
	s.Confidence = confidence(m.trust)
	r.suggestions = append(r.suggestions, s)
	at := len(r.suggestions)
	if m.headline {
		r.colon = at
	}
	if m.quoted > 0 && r.quotes[m.quoted-1].runs {
		r.running = at
	}
}

// confidence turns the weight of a reading into the share of such readings that
// held on annotated news, which it is a straight line of.
func confidence(trust float64) float64 {
	return math.Round(100*min(0.99, max(0.01, 1.3*trust-0.33))) / 100
}

func either(a, b span) span {
	if a.empty() {
		return b
	}
	return a
}

// The most names that a statement is said to be about.
const mostAbout = 8

// about lists the names in the content, without the speaker's.
func (r *reader) about(s *Suggestion, m *match, speaker *person) {
	for _, c := range m.content {
		for i := c.from; i < c.to && len(s.About) < mostAbout; i++ {
			if !r.nameable(i) || r.tokens[i].is(classNation) && (i+1 >= c.to || !r.tokens[i+1].capital) {
				continue
			}
			e := r.run(i, c.to)
			if e == i {
				continue
			}
			n, body := r.core(span{i, e})
			last := &r.tokens[n.to-1]
			if r.lang.nouns && !body && !r.tokens[n.from].is(classFemale|classMale) && !r.names.knows(r.key(n.to-1)) {
				i = e - 1
				continue
			}
			if !last.is(classNation|classRole|classHonor) || body {
				p := r.names.by[r.key(n.to-1)]
				if n.to-n.from == 1 && !last.is(classBody) && !last.upper && (r.startsSentence(i) || r.tokens[i-1].mark != markWord && r.tokens[i-1].mark != markComma) && (p == nil || p.length < 2 && p.seen[1] == 0) {
					i = e - 1
					continue // a capital because a sentence begins
				}
				name := r.slice(n.from, n.to)
				if p != nil && p.length > n.to-n.from && (n.to-n.from == 1) && !r.tokens[n.from].is(classBody) {
					name = p.name
				}
				if (p == nil || p != speaker) && !slices.Contains(s.About, name) {
					s.About = append(s.About, name)
				}
			}
			i = e - 1
		}
	}
}
