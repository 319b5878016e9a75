package foreign

import "encoding/json"

// mobiledoc is a document in which texts point into lists of marks, of atoms
// (things within a line) and of cards (things between paragraphs).
type mobiledoc struct {
	Markups  [][]json.RawMessage `json:"markups"`
	Atoms    [][]json.RawMessage `json:"atoms"`
	Cards    [][]json.RawMessage `json:"cards"`
	Sections [][]json.RawMessage `json:"sections"`
}

// The kinds of section.
const (
	sectionMarkup = 1
	sectionImage  = 2
	sectionList   = 3
	sectionCard   = 10
)

func (b *builder) mobiledoc(text string) {
	var doc mobiledoc
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		b.warn("the text is not readable as Mobiledoc: %v", err)
		return
	}
	for _, s := range doc.Sections {
		b.section(&doc, s)
		b.flush()
	}
}

func (b *builder) section(doc *mobiledoc, s []json.RawMessage) {
	switch kind := numberAt(s, 0); kind {
	case sectionMarkup:
		tag := stringAt(s, 1)
		switch tag {
		case "h1", "h2", "h3", "h4", "h5", "h6":
			b.level = headingLevel(tag)
			b.markers(doc, listAt(s, 2))
		case "blockquote", "pull-quote", "aside":
			b.openQuote()
			b.markers(doc, listAt(s, 2))
			b.closeQuote()
		default:
			b.markers(doc, listAt(s, 2))
		}
	case sectionImage:
		b.picture(Picture{URL: stringAt(s, 1)})
	case sectionList:
		b.openList(stringAt(s, 1) == "ol")
		for _, item := range listAt(s, 2) {
			var markers []json.RawMessage
			if json.Unmarshal(item, &markers) == nil {
				b.markers(doc, markers)
				b.flush()
			}
		}
		b.closeList()
	case sectionCard:
		i := numberAt(s, 1)
		if i < 0 || i >= len(doc.Cards) {
			b.warn("a card is named and not there")
			return
		}
		b.mobileCard(doc.Cards[i])
	default:
		b.warn("a section of the unknown kind %d was left out", kind)
	}
}

func (b *builder) mobileCard(raw []json.RawMessage) {
	var c struct {
		card
		URL string `json:"url"`
	}
	if len(raw) > 1 {
		if err := json.Unmarshal(raw[1], &c); err != nil {
			b.warn("a card is not readable")
			return
		}
	}
	b.card(stringAt(raw, 0), c.URL, &c.card)
}

// markers are the pieces of one line of text. Marks open and close like
// brackets across them.
func (b *builder) markers(doc *mobiledoc, markers []json.RawMessage) {
	var open []string
	end := func() {
		last := open[len(open)-1]
		open = open[:len(open)-1]
		switch last {
		case "strong", "b":
			b.bold--
		case "em", "i":
			b.italic--
		case "a":
			b.links = b.links[:len(b.links)-1]
		default:
		}
	}
	for _, raw := range markers {
		var m []json.RawMessage
		if json.Unmarshal(raw, &m) != nil || len(m) < 4 {
			continue
		}
		var opens []int
		if json.Unmarshal(m[1], &opens) != nil {
			opens = nil
		}
		for _, i := range opens {
			if i < 0 || i >= len(doc.Markups) || len(open) >= maxStack {
				continue
			}
			open = append(open, b.openMarkup(doc.Markups[i]))
		}
		if numberAt(m, 0) == 1 {
			b.atom(doc, numberAt(m, 3))
		} else {
			b.words(stringAt(m, 3), true)
		}
		for range numberAt(m, 2) {
			if len(open) == 0 {
				break
			}
			end()
		}
	}
	for len(open) > 0 {
		end()
	}
}

func (b *builder) openMarkup(raw []json.RawMessage) string {
	tag := stringAt(raw, 0)
	switch tag {
	case "strong", "b":
		b.bold++
	case "em", "i":
		b.italic++
	case "a":
		to := ""
		attributes := listAt(raw, 1)
		for i := 0; i+1 < len(attributes); i += 2 {
			if stringAt(attributes, i) == "href" {
				if address, ok := b.address(stringAt(attributes, i+1)); ok {
					to = address
				} else {
					b.warn("a link that cannot be followed was left out, its words stand")
				}
			}
		}
		b.links = append(b.links, to)
	default:
	}
	return tag
}

func (b *builder) atom(doc *mobiledoc, i int) {
	if i < 0 || i >= len(doc.Atoms) {
		return
	}
	if name := stringAt(doc.Atoms[i], 0); name == "soft-return" {
		b.lineBreak()
		return
	}
	b.words(stringAt(doc.Atoms[i], 1), true)
}

// numberAt, stringAt and listAt read one place of a list that holds a bit of
// everything; what is not there or of another kind is -1 or empty.
func numberAt(list []json.RawMessage, i int) int {
	n := -1
	if i >= len(list) || json.Unmarshal(list[i], &n) != nil {
		return -1
	}
	return n
}

func stringAt(list []json.RawMessage, i int) (s string) {
	if i >= len(list) || json.Unmarshal(list[i], &s) != nil {
		return ""
	}
	return s
}

func listAt(list []json.RawMessage, i int) (out []json.RawMessage) {
	if i >= len(list) || json.Unmarshal(list[i], &out) != nil {
		return nil
	}
	return out
}
