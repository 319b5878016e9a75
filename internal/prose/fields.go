package prose

import "time"

const (
	maxID        = 16
	maxStatement = 40
)

// named says whether an id is of small letters and digits, most at the most.
func named(id string, most int) bool {
	if id == "" || len(id) > most {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// blockID reads the name of a block. One that names two blocks would name
// neither, so the second goes without.
func (p *parser) blockID(at int) string {
	id := p.words()
	switch {
	case p.err != nil || id == "":
		return ""
	case !named(id, maxID):
		p.warn(at, "left out: a block's id that is not of small letters and digits")
		return ""
	case p.ids[id]:
		p.warn(at, "left out: an id that another block has")
		return ""
	case p.ids == nil:
		p.ids = map[string]bool{}
	}
	p.ids[id] = true
	return id
}

// moment reads a time, which is kept to the second.
func (p *parser) moment() time.Time {
	words := p.words()
	if words == "" || p.err != nil {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, words)
	if at = at.UTC().Truncate(time.Second); err != nil || at.Year() < 1 || at.Year() > 9999 {
		p.fail("a time is written as 2026-11-22T10:00:00Z")
	}
	return at
}

func (p *parser) focus() (x, y int) {
	n := 0
	p.array(func() {
		switch v := p.whole(); {
		case v < 0 || v > 1000 || n > 1:
			p.fail("the focus of a picture is two numbers between 0 and 1000")
		case n == 0:
			x = v
		default:
			y = v
		}
		n++
	})
	if n != 2 {
		p.fail("the focus of a picture is two numbers between 0 and 1000")
	}
	return x, y
}

// rows reads a table and makes its rows equally long. What that adds counts
// towards the limit, so that a few bytes cannot stand for a field of cells.
func (p *parser) rows() (rows [][]Text) {
	most := 0
	p.array(func() {
		var row []Text
		p.array(func() {
			if len(row) >= MaxCells {
				p.fail("a row of a table has at most %d cells", MaxCells)
				return
			}
			row = append(row, p.marked())
		})
		if p.count(); row != nil {
			rows = append(rows, row)
			most = max(most, len(row))
		}
	})
	for i := range rows {
		for len(rows[i]) < most && p.err == nil {
			p.count()
			rows[i] = append(rows[i], nil)
		}
	}
	return rows
}
