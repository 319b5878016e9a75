package foreign

import "mimeo/internal/prose"

// openList begins a list. One inside another goes on in the outer one.
func (b *builder) openList(ordered bool) {
	b.flush()
	if b.lists++; b.lists > 1 {
		b.warn("a list inside a list is one list now")
		return
	}
	b.ordered = append(b.ordered[:0], ordered)
}

func (b *builder) closeList() {
	if b.lists == 0 {
		return
	}
	b.flush()
	if b.lists--; b.lists == 0 {
		b.putList()
	}
}

// endList ends lists that were never closed.
func (b *builder) endList() {
	if b.lists > 0 {
		b.flush()
		b.lists = 0
	}
	b.putList()
	if b.tables > 0 {
		b.flush()
		b.tables = 0
	}
	b.putTable()
}

func (b *builder) putList() {
	if len(b.items) == 0 {
		return
	}
	block := prose.Block{Kind: prose.List, Items: b.items}
	if len(b.ordered) > 0 {
		block.Ordered = b.ordered[0]
	}
	b.items = nil
	if b.quotes > 0 { // a quotation holds paragraphs and nothing else
		b.said = append(b.said, block.Items...)
		return
	}
	b.out = append(b.out, block)
}

func (b *builder) openQuote() {
	if b.lists > 0 {
		b.flush()
		return
	}
	b.flush()
	b.quotes++
}

func (b *builder) closeQuote() {
	if b.quotes == 0 || b.lists > 0 {
		b.flush()
		return
	}
	b.flush()
	if b.quotes--; b.quotes == 0 {
		b.putQuote()
	}
}

// endQuote ends quotations that were never closed.
func (b *builder) endQuote() {
	if b.quotes > 0 {
		b.flush()
		b.quotes = 0
	}
	b.putQuote()
}

func (b *builder) putQuote() {
	if len(b.said) == 0 {
		if len(b.cite) > 0 && b.quotes == 0 {
			b.out = append(b.out, prose.Block{Kind: prose.Paragraph, Text: b.cite})
			b.cite = nil
		}
		return
	}
	b.out = append(b.out, prose.Block{Kind: prose.Quote, Items: b.said, Cite: b.cite})
	b.said, b.cite = nil, nil
}

func (b *builder) openTable() {
	b.flush()
	if b.tables++; b.tables > 1 {
		b.warn("a table inside a table is part of its cell now")
		return
	}
	if b.lists > 0 || b.quotes > 0 {
		b.putList()
		b.putQuote()
	}
	b.rows, b.head = nil, false
}

func (b *builder) closeTable() {
	if b.tables == 0 {
		return
	}
	b.flush()
	if b.tables--; b.tables == 0 {
		b.putTable()
	}
}

// row begins a row; header says that its cells name the columns.
func (b *builder) row() {
	b.flush()
	if b.tables == 1 {
		b.rows = append(b.rows, nil)
	}
}

// openCell begins a cell.
func (b *builder) openCell(header bool) {
	b.flush()
	if b.tables != 1 {
		return
	}
	if len(b.rows) == 0 {
		b.rows = append(b.rows, nil)
	}
	n := len(b.rows) - 1
	if header && n == 0 && len(b.rows[0]) == 0 {
		b.head = true
	}
	b.rows[n] = append(b.rows[n], nil)
}

// cell adds a text to the cell at hand; paragraphs in it are lines.
func (b *builder) cell(t prose.Text) {
	if len(b.rows) == 0 || len(b.rows[len(b.rows)-1]) == 0 {
		b.rows = append(b.rows, []prose.Text{nil})
	}
	row := b.rows[len(b.rows)-1]
	last := &row[len(row)-1]
	if n := len(*last); n > 0 {
		(*last)[n-1].Text += "\n"
	}
	*last = append(*last, t...)
}

func (b *builder) putTable() {
	var rows [][]prose.Text
	for _, r := range b.rows {
		some := false
		for _, c := range r {
			some = some || len(c) > 0
		}
		if some {
			rows = append(rows, r)
		}
	}
	b.rows = nil
	if len(rows) > 0 {
		b.out = append(b.out, prose.Block{Kind: prose.Table, Head: b.head, Rows: rows})
	}
}

// openFigure begins a picture with its caption; closeFigure ends it. Outside
// of one a caption is a paragraph.
func (b *builder) openFigure() {
	b.flush()
	if b.figures++; b.figures == 1 {
		b.figured = len(b.out)
	}
}

func (b *builder) closeFigure() {
	b.flush()
	if b.figures > 0 {
		b.figures--
	}
}
