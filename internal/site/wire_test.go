package site

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// rich is a story with one of everything that goes out on a wire.
func rich(h *house) story.Story {
	body := prose.Paragraphs("The first paragraph, with <angles> & “quotes”.", "A break\nand an end.")
	body.Blocks = append(body.Blocks,
		prose.Block{Kind: prose.Image, Src: "/media/5f1c.jpg", Alt: "A closed bridge", Width: 1200, Height: 800, Caption: prose.Text{{Text: "The bridge"}}, Credit: "Ada Ferry", Licence: "CC BY 4.0"},
		prose.Block{Kind: prose.Rule},
		prose.Block{Kind: prose.Paragraph, Text: prose.Text{{Text: "See "}, {Text: "the city", Link: "/city/"}, {Text: ".", Note: "A footnote."}}},
		prose.Block{Kind: prose.Table, Head: true, Rows: [][]prose.Text{{{{Text: "Year"}}, {{Text: "Cars"}}}, {{{Text: "2023"}}, {{Text: "4,100"}}}}},
	)
	return h.publish(story.Draft{
		Headline: "A & B ]]> <i>", Standfirst: "In short.", Section: "city", Bylines: []string{"Ada Ferry", "Ben <Baker>"}, Place: "Reykjavík",
		Tags: []string{"harbour", "a & b"}, Body: body,
	})
}

func TestNinjs(t *testing.T) {
	h := newHouse(t)
	st := rich(h)
	a := h.ok(st.Path() + ".ninjs.json")
	if got := a.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Error(got)
	}
	var item map[string]any
	if err := json.Unmarshal([]byte(a.text), &item); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range wrongNinjs(item, false) {
		t.Error(wrong)
	}
	if item["pubstatus"] != "usable" || item["by"] != "Ada Ferry and Ben <Baker>" || item["located"] != "Reykjavík" || item["uri"] != urn(st.ID) || len(list(item["associations"])) != 1 {
		t.Errorf("%v", item)
	}
	has(t, "ninjs", a.text, "https://lantern.example/media/5f1c.jpg", "CC BY 4.0", "https://lantern.example/city/", "https://lantern.example"+st.Path())
	has(t, "page", h.ok(st.Path()).text, `<link rel="alternate" type="application/json" title="A &amp; B ]]&gt; &lt;i&gt;" href="`+st.Path()+`.ninjs.json">`, `.newsml.xml">`)

	// What is wrong is seen.
	delete(item, "uri")
	item["type"], item["dog"] = "poem", 1
	if got := wrongNinjs(item, false); len(got) != 3 {
		t.Errorf("three faults show as %q", got)
	}
	taken(t, h, st)
	if err := json.Unmarshal([]byte(h.ok(st.Path()+".ninjs.json").text), &item); err != nil || item["pubstatus"] != "canceled" {
		t.Errorf("a story that was taken back is %v (%v)", item["pubstatus"], err)
	}
	hasNot(t, "taken back", h.ok(st.Path()+".ninjs.json").text, "first paragraph")
}

func taken(t *testing.T, h *house, st story.Story) {
	t.Helper()
	if _, err := h.stories.Retract(t.Context(), st.ID, story.Note{Text: "It was wrong.", Reason: "test"}); err != nil {
		t.Fatal(err)
	}
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// wrongNinjs holds an item against the rules of the published schema, version
// 2.1: which properties there are, of which type, and which words they take.
func wrongNinjs(item map[string]any, associated bool) (wrong []string) {
	lists := map[string]string{
		"headlines": "role contenttype value", "descriptions": "role contenttype value", "bodies": "role contenttype charcount wordcount value",
		"people": "name rel uri literal contactinfo", "places": "name rel uri literal contactinfo geojson",
		"subjects": "name rel uri literal creator relevance confidence", "infosources": "name role uri literal contactinfo",
		"renditions": "name href contenttype title height width sizeinbytes duration format", "altids": "role value", "associations": "",
	}
	texts := "uri type representationtype profile version firstcreated versioncreated contentcreated embargoed pubstatus copyrightholder copyrightnotice usageterms ednote language title by slugline located expires"
	words := map[string]string{"type": "text audio video picture graphic composite component", "representationtype": "full partial", "pubstatus": "usable withheld canceled"}
	require := []string{"uri"}
	if associated {
		texts += " name"
		require = append(require, "name")
	}
	for _, name := range require {
		if s, _ := item[name].(string); s == "" {
			wrong = append(wrong, name+" is missing")
		}
	}
	for name, value := range item {
		allowed, isList := lists[name]
		text, isText := value.(string)
		switch {
		case name == "standard":
			std, _ := value.(map[string]any)
			if std["name"] != "ninjs" || std["version"] != "2.1" {
				wrong = append(wrong, "the standard is not named")
			}
		case slices.Contains(strings.Fields(texts), name):
			if !isText {
				wrong = append(wrong, name+" is no text")
			}
			if of := words[name]; of != "" && !slices.Contains(strings.Fields(of), text) {
				wrong = append(wrong, fmt.Sprintf("%s is %q", name, text))
			}
			if _, err := time.Parse(time.RFC3339, text); strings.HasSuffix(name, "created") && err != nil {
				wrong = append(wrong, name+" is no time")
			}
			if u, err := url.Parse(text); name == "uri" && (err != nil || u.Scheme == "") {
				wrong = append(wrong, "the uri is none")
			}
		case isList:
			entries, ok := value.([]any)
			if !ok || len(entries) == 0 {
				wrong = append(wrong, name+" is no list")
			}
			for _, e := range entries {
				entry, _ := e.(map[string]any)
				if name == "associations" {
					wrong = append(wrong, wrongNinjs(entry, true)...)
					continue
				}
				for key := range entry {
					if !slices.Contains(strings.Fields(allowed), key) {
						wrong = append(wrong, name+" has no "+key)
					}
				}
				if _, ok := entry["value"].(string); strings.Contains(allowed, " value") && name != "altids" && !ok {
					wrong = append(wrong, name+" lacks a value")
				}
				if _, ok := entry["name"].(string); name == "renditions" && !ok {
					wrong = append(wrong, "a rendition has no name")
				}
			}
		default:
			wrong = append(wrong, "there is no "+name)
		}
	}
	return wrong
}

func TestNewsML(t *testing.T) {
	h := newHouse(t)
	st := rich(h)
	fa := h.publish(story.Draft{Lang: "fa", Headline: "نان & آب", Section: "city", Body: prose.Paragraphs("نان.")})
	for _, path := range []string{st.Path(), fa.Path()} {
		for _, wrong := range wrongNewsML(h.ok(escaped(path) + ".newsml.xml").text) {
			t.Errorf("%s: %s", path, wrong)
		}
	}
	text := h.ok(st.Path() + ".newsml.xml").text
	has(t, "NewsML", text, `guid="`+urn(st.ID)+`"`, `qcode="stat:usable"`, "<br></br>", "A &amp; B ]]&gt; &lt;i&gt;", `href="https://lantern.example/city/"`, "with &lt;angles&gt; &amp; “quotes”")
	if got := h.ok(st.Path() + ".newsml.xml").Header.Get("Content-Type"); got != "application/vnd.iptc.g2.newsitem+xml; charset=utf-8" {
		t.Error(got)
	}
	has(t, "direction", h.ok(escaped(fa.Path())+".newsml.xml").text, `xml:lang="fa"`, `dir="rtl"`)
	for _, broken := range []string{
		strings.Replace(text, "<itemMeta>", "<itemMeta><dog/>", 1), strings.Replace(text, `conformance="power"`, "", 1),
		strings.Replace(text, "<rightsInfo>", "<contentSet/><rightsInfo>", 1), strings.Replace(text, "ninat:text", "text", 1),
	} {
		if len(wrongNewsML(broken)) == 0 {
			t.Error("a fault is not seen")
		}
	}
	taken(t, h, st)
	text = h.ok(st.Path() + ".newsml.xml").text
	has(t, "taken back", text, "stat:canceled")
	hasNot(t, "taken back", text, "contentSet", "first paragraph")
	if a := h.get("/2026/11/nothing.newsml.xml"); a.StatusCode != http.StatusNotFound {
		t.Errorf("a story that is none: %d", a.StatusCode)
	}
}

// wrongNewsML holds a news item against the structure that the standard gives
// for the power level: which elements follow which, which attributes they need.
func wrongNewsML(text string) (wrong []string) {
	order := map[string][]string{
		"newsItem":    {"catalogRef", "rightsInfo", "itemMeta", "contentMeta", "contentSet"},
		"rightsInfo":  {"copyrightHolder"},
		"itemMeta":    {"itemClass", "provider", "versionCreated", "firstCreated", "pubStatus", "link"},
		"contentMeta": {"contentCreated", "contentModified", "located", "creator", "infoSource", "language", "keyword", "subject", "slugline", "headline", "by", "description"},
		"contentSet":  {"inlineXML"},
	}
	need := map[string][]string{
		"newsItem": {"guid", "version", "standard", "standardversion", "conformance", "lang"}, "catalogRef": {"href"}, "itemClass": {"qcode"}, "pubStatus": {"qcode"},
		"link": {"rel", "href"}, "language": {"tag"}, "inlineXML": {"contenttype"},
	}
	qcode := regexp.MustCompile(`^[a-z]+:[A-Za-z]+$`)
	d := xml.NewDecoder(strings.NewReader(text))
	var open []string
	at := map[string]int{}
	inside := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return append(wrong, "it is not XML: "+err.Error())
		}
		switch x := token.(type) {
		case xml.StartElement:
			name := x.Name.Local
			if inside { // the XHTML document
				open = append(open, name)
				continue
			}
			if x.Name.Space != g2NS {
				wrong = append(wrong, name+" is not of the standard")
			}
			if len(open) > 0 {
				if of, known := order[open[len(open)-1]]; known {
					n := slices.Index(of, name)
					if n < at[open[len(open)-1]] {
						wrong = append(wrong, name+" stands where it may not")
					}
					at[open[len(open)-1]] = max(n, 0)
				}
			}
			for _, a := range need[name] {
				if !slices.ContainsFunc(x.Attr, func(have xml.Attr) bool { return have.Name.Local == a && have.Value != "" }) {
					wrong = append(wrong, name+" lacks "+a)
				}
			}
			for _, a := range x.Attr {
				if (a.Name.Local == "qcode" || a.Name.Local == "rel" || a.Name.Local == "type") && !qcode.MatchString(a.Value) {
					wrong = append(wrong, a.Name.Local+" is "+a.Value)
				}
			}
			open = append(open, name)
			inside = name == "inlineXML"
		case xml.EndElement:
			open = open[:len(open)-1]
			inside = inside && slices.Contains(open, "inlineXML")
		}
	}
	return wrong
}

// The microformat h-entry, as a reader of such would take the page apart.
func TestStoriesAreEntries(t *testing.T) {
	h := newHouse(t)
	st := rich(h)
	text := h.ok(st.Path()).text
	has(t, "h-entry", text, `<article class="h-entry">`, `class="u-url u-uid" value="https://lantern.example`+st.Path()+`"`, `class="p-category" value="City"`,
		`<h1 class="p-name">A &amp; B`, `p-summary">In short.`, `<b class="p-author h-card"><bdi>Ada Ferry</bdi></b>`, `<time class="dt-published" datetime="2026-11-22T10:00:00Z">`, `e-content">`)
	if n := strings.Count(text, "h-entry"); n != 1 {
		t.Errorf("%d entries on one page", n)
	}
}
