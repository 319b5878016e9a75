package attribution

// adverbials walks over what may stand between a cue and its content: days,
// places, media, addressees behind a preposition, adverbs.
func (r *reader) adverbials(p, hi int, d *detail, f frame) int {
	k := p
	for k < hi {
		t := &r.tokens[k]
		if !t.plain() {
			return k
		}
		if e, ok := r.dateAt(k, hi); ok {
			d.when = span{k, e}
			k = e
			continue
		}
		if t.is(classAdv|classSelf) && !t.is(classDet|classPron) {
			k++
			continue
		}
		if r.lang.free && t.is(classDet) && k+1 < hi && r.tokens[k+1].is(classAddr) && f&frameAddressee != 0 && k == p {
			k++
			t = &r.tokens[k]
		}
		if r.lang.free && t.is(classAddr) && !t.is(classPrep) { // журналистам; агентству ТАСС
			e := k + 1
			for e < hi && r.tokens[e].upper && k+3 > e {
				e++
			}
			if e < hi && r.tokens[e].mark == markOpen && e == k+1 {
				if q := r.quotes[r.tokens[e].quote-1]; q.words() <= 4 && q.close < hi {
					e = q.close + 1
				}
			}
			d.addressee = span{k, e}
			k = e
			continue
		}
		e := r.prepositional(k, hi, d)
		if e == k {
			return k
		}
		k = e
	}
	return k
}

// with fills the day from another detail.
func (d detail) with(o detail) detail {
	d.when = either(d.when, o.when)
	return d
}

// prepositional reads one phrase that tells day, medium, place or addressee.
func (r *reader) prepositional(k, hi int, d *detail) int {
	t := &r.tokens[k]
	if !t.is(classPrep|classAt|classDateprep|classAddrPrep) || k+1 >= hi || t.is(classThat) {
		return k
	}
	if t.is(classTo) { // an infinitive, unless somebody is named
		for i := k + 1; i < hi && i < k+4; i++ {
			if r.tokens[i].is(classAddr) {
				d.addressee = span{k + 1, i + 1}
				return i + 1
			}
			if r.tokens[i].capital {
				e := r.capitals(i, hi)
				d.addressee = span{k + 1, e}
				return e
			}
			if !r.tokens[i].is(classDet | classPoss) {
				break
			}
		}
		return k
	}
	if e, ok := r.dateAt(k+1, hi); ok {
		d.when = span{k + 1, e}
		return e
	}
	a := k + 1
	for a < hi && r.tokens[a].is(classDet|classPoss) && r.tokens[a].plain() {
		a++
	}
	for i := a; i < hi && i < a+7; i++ {
		x := &r.tokens[i]
		if !x.plain() && !(x.mark == markStop && r.abbreviates(i)) || x.is(classThat|classPron|classAux|classModal|classTo|classSub) && !x.is(classDet) {
			break
		}
		if x.is(classPrep|classAt) && i > a {
			break
		}
		if x.is(classMedia) && !(i+1 < hi && r.tokens[i+1].is(classMedia)) {
			m := span{a, i + 1}
			if e, ok := r.dateAt(a, i+1); ok {
				d.when = span{a, e}
				m.from = e
			}
			for m.to-m.from > 1 && (r.tokens[m.from].is(classGenitive) || r.tokens[m.from+1].is(classGenitive) || r.tokens[m.from].is(classAdv) || m.to-m.from > 3) {
				m.from++
			}
			d.medium = m
			return r.partner(i+1, hi, d)
		}
		if x.is(classPlace) && t.is(classAt) && !(i+1 < hi && (r.tokens[i+1].is(classPlace|classGenitive) || x.capital && r.tokens[i+1].capital)) {
			d.where = span{a, i + 1}
			if i+2 < hi && r.tokens[i+1].is(classAt|classOf) && r.tokens[i+2].capital {
				return r.capitals(i+2, hi)
			}
			return i + 1
		}
		if x.is(classAddr) && t.is(classAddrPrep) {
			d.addressee = span{k + 1, i + 1}
			return i + 1
		}
	}
	if a < hi && r.tokens[a].capital && t.is(classAt) && r.tokens[a].word.month == 0 {
		e := r.capitals(a, hi)
		o := e
		if o < hi && r.tokens[o].is(classGenitive) {
			o++
		}
		if q := r.named(o, hi); q > 0 { // on Radio North's "Morning Talk"
			d.medium = span{a, q}
			return q
		}
		if d.where.empty() {
			d.where = span{a, e}
		}
		return e
	}
	if a < hi && r.tokens[a].capital && t.is(classAddrPrep) {
		e := r.capitals(a, hi)
		d.addressee = span{k + 1, e}
		return e
	}
	return k
}

// partner reads with whom, on what and when, behind a medium: "in an interview
// with X on Tuesday".
func (r *reader) partner(k, hi int, d *detail) int {
	if k+1 >= hi || !r.tokens[k].is(classPrep|classAddrPrep|classOf) || r.tokens[k].is(classThat) {
		return k
	}
	if e, ok := r.dateAt(k+1, hi); ok {
		d.when = span{k + 1, e}
		return e
	}
	a := k + 1
	if r.tokens[a].is(classDet|classPoss) && a+1 < hi {
		a++
	}
	switch {
	case r.tokens[a].capital:
		e := r.capitals(a, hi)
		if r.tokens[k].is(classAddrPrep) {
			d.addressee = span{k + 1, e}
		} else if r.tokens[k].is(classAt) && d.where.empty() {
			d.where = span{a, e}
		}
		return e
	case r.tokens[a].is(classAddr | classRole | classMedia | classThing):
		if r.tokens[k].is(classAddrPrep) {
			d.addressee = span{k + 1, a + 1}
		}
		return a + 1
	case r.tokens[k].is(classAddrPrep):
		e := r.phrase(k+1, hi, false)
		if e > k+1 && e-k < 8 {
			d.addressee = span{k + 1, e}
			return e
		}
	}
	return k
}

// capitals walks over a name.
func (r *reader) capitals(k, hi int) int {
	e := k
	for e < hi {
		t := &r.tokens[e]
		switch {
		case !t.plain():
			if t.mark == markStop && r.abbreviates(e) && e > k {
				e++
				continue
			}
			if t.mark == markComma && e+1 < hi && r.tokens[e+1].capital && e+2 < hi && r.tokens[e+2].mark == markComma && !r.tokens[e+1].is(classPron) { // Springfield, Illinois,
				return e + 2
			}
			return e
		case t.capital && !t.is(classPron) && t.word.day == 0:
		case t.digit && e > k:
		case t.is(classParticle|classOf|classGenitive) && e+1 < hi && r.tokens[e+1].capital:
		default:
			return e
		}
		e++
	}
	return e
}

// lacking finds "without presenting any evidence" in a run of tokens: where it
// begins, or -1. A lack before a proof needs a verb of giving unless the first
// word alone says it.
func (r *reader) lacking(from, to int) int {
	for k := from; k < to; k++ {
		if !r.tokens[k].is(classLack) || r.tokens[k].quote != 0 {
			continue
		}
		alone := r.tokens[k].is(classPrep)
		gave := k > from && r.tokens[k-1].is(classGive)
		for i := k + 1; i < to && i <= k+7; i++ {
			t := &r.tokens[i]
			if !t.plain() {
				break
			}
			gave = gave || t.is(classGive)
			if !t.is(classProof) {
				continue
			}
			if !alone && !gave {
				break
			}
			for k > from && (r.tokens[k-1].is(classGive|classAux|classModal|classAnd|classBut|classAdv) && r.tokens[k-1].plain() && !alone || r.tokens[k-1].mark == markComma || r.tokens[k-1].is(classAnd|classBut|classSub|classAdv)) {
				k--
			}
			return k
		}
	}
	return -1
}

// scene is what the head of a sentence tells of all statements in it: "In a
// phone call on Tuesday, …", "At the United Nations, …".
type scene struct{ detail }

func (s *scene) reset(r *reader, lo, hi int) {
	s.detail = detail{}
	k := lo
	for k < hi && r.tokens[k].is(classAnd|classBut|classStarter) && !r.tokens[k].is(classPrep|classAt) {
		k++
	}
	e := r.adverbials(k, hi, &s.detail, 0)
	s.addressee = span{}
	if e < hi && r.tokens[e].mark != markComma && !s.where.empty() && s.when.empty() && s.medium.empty() {
		s.detail = detail{} // "In Paris officials …" is left to the clause
	}
}
