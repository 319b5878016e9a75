package attack

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// hand is somebody at the desk, in a browser of their own.
type hand struct {
	*newsroom
	cookie string
}

// comes lets somebody in by the demo's button for a role.
func (n *newsroom) comes(role string) *hand {
	n.t.Helper()
	a := n.post("/demo/signin", url.Values{"role": {role}})
	set := a.Get("Set-Cookie")
	if a.status != http.StatusSeeOther || !strings.HasPrefix(set, "desk=") {
		n.t.Fatalf("coming in as %s: %d, sets %q", role, a.status, set)
	}
	cookie, _, _ := strings.Cut(set, ";")
	return &hand{n, cookie}
}

func (h *hand) get(path string, header ...string) answer {
	h.t.Helper()
	return h.newsroom.get(path, append(header, "Cookie", h.cookie)...)
}

func (h *hand) post(path string, form url.Values, header ...string) answer {
	h.t.Helper()
	return h.newsroom.post(path, form, append(header, "Cookie", h.cookie)...)
}

// led posts a form that must be taken, and returns where it leads.
func (h *hand) led(path string, form url.Values) string {
	h.t.Helper()
	a := h.post(path, form)
	if a.status != http.StatusSeeOther {
		h.t.Fatalf("POST %s: %d %.500s", path, a.status, a.words())
	}
	return a.to()
}

// begins starts a story and returns its page at the desk.
func (h *hand) begins(headline string) string {
	h.t.Helper()
	return h.led("/desk/stories/new", url.Values{"headline": {headline}, "lang": {"en"}, "section": {"city"}})
}

// writes saves a story with some fields changed, and returns the answer.
func (h *hand) writes(path string, more ...string) answer {
	h.t.Helper()
	f := h.get(path).form(h.t, "story")
	for i := 0; i < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return h.post(path, f)
}

// publishes sends a story out and returns its public address.
func (h *hand) publishes(path string) string {
	h.t.Helper()
	h.led(path+"/publish", h.get(path+"/publish").form(h.t, path+"/publish"))
	return h.public(path)
}

var onSite = regexp.MustCompile(`href="http://127\.0\.0\.1:\d+(/(?:fa/)?\d{4}/\d\d/[^"/]+)"`)

// public is the address that readers have a story at, "" for none.
func (h *hand) public(path string) string {
	h.t.Helper()
	if m := onSite.FindStringSubmatch(h.get(path).body); m != nil {
		return m[1]
	}
	return ""
}

// elements walks through what a browser makes of a page.
func elements(n *html.Node, visit func(*html.Node)) {
	if n.Type == html.ElementNode {
		visit(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		elements(c, visit)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func inner(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return b.String()
}

// form is what a browser would send of the form with this id or action, and
// what stands elsewhere and names it.
func (a answer) form(t testing.TB, name string) url.Values {
	t.Helper()
	page, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	out, found := url.Values{}, false
	take := func(n *html.Node) {
		field := attr(n, "name")
		switch {
		case field == "" || n.Data == "button":
		case n.Data == "textarea":
			out.Add(field, inner(n)) // the parser drops the first line break, as browsers do
		case n.Data == "input" && (attr(n, "type") == "checkbox" || attr(n, "type") == "radio"):
			if slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "checked" }) {
				out.Add(field, attr(n, "value"))
			}
		case n.Data == "input":
			out.Add(field, attr(n, "value"))
		case n.Data == "select":
			elements(n, func(o *html.Node) {
				if o.Data == "option" && (!out.Has(field) || slices.ContainsFunc(o.Attr, func(a html.Attribute) bool { return a.Key == "selected" })) {
					out.Set(field, attr(o, "value"))
				}
			})
		}
	}
	elements(page, func(n *html.Node) {
		if n.Data == "form" && (attr(n, "id") == name || attr(n, "action") == name) {
			found = true
			elements(n, take)
		}
		if attr(n, "form") == name {
			take(n)
		}
	})
	if !found {
		t.Fatalf("no form %s on a page with status %d: %.300s", name, a.status, a.words())
	}
	return out
}

// safe wants that an answer carries nothing of what a stranger could have
// typed but as words: whatever a browser, a feed reader or a table program
// makes of it, nothing runs.
func safe(t *testing.T, what string, a answer) {
	t.Helper()
	if a.status >= 500 {
		t.Errorf("%s: %d %.300s", what, a.status, a.words())
	}
	if strings.Contains(a.body, "\x00") {
		t.Errorf("%s: a zero byte", what)
	}
	switch kind, _, _ := strings.Cut(a.Get("Content-Type"), ";"); {
	case kind == "text/html":
		harmless(t, what, a.body)
	case strings.HasSuffix(kind, "xml"):
		d := xml.NewDecoder(strings.NewReader(a.body))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Errorf("%s is not well-formed: %v", what, err)
				return
			}
			if s, ok := token.(xml.CharData); ok {
				harmlessPart(t, what, string(s))
			}
		}
	case strings.HasSuffix(kind, "json"):
		var all any
		if err := json.Unmarshal([]byte(a.body), &all); err != nil {
			t.Errorf("%s is no JSON: %v", what, err)
		}
	}
}

// harmlessPart looks at HTML that stands in a feed. Words that only quote a
// tag are words: they hold no tag of ours.
func harmlessPart(t *testing.T, what, text string) {
	t.Helper()
	if strings.Contains(text, "<p>") || strings.Contains(text, "<figure") {
		harmless(t, what, text)
	}
}

var runs = regexp.MustCompile(`(?i)^[\s\x00-\x20]*(javascript|vbscript|data|file|blob):`)

func harmless(t *testing.T, what, text string) {
	t.Helper()
	page, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	elements(page, func(n *html.Node) {
		switch n.Data {
		case "xss", "iframe", "object", "embed", "base", "applet", "frame", "math":
			t.Errorf("%s: <%s> came out", what, n.Data)
		case "style":
			if !strings.HasSuffix(what, "?save=file") { // which brings our own along
				t.Errorf("%s: <style> came out", what)
			}
		case "script":
			switch kind := attr(n, "type"); {
			case kind == "application/ld+json" || kind == "application/json":
				var all any
				if err := json.Unmarshal([]byte(inner(n)), &all); err != nil {
					t.Errorf("%s: the %s is broken: %v", what, kind, err)
				}
			case !strings.Contains(attr(n, "src"), "/assets/") || inner(n) != "":
				t.Errorf("%s: a script that is not ours: %.100q", what, inner(n))
			}
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc":
				t.Errorf("%s: <%s %s=%.60q> came out", what, n.Data, a.Key, a.Val)
			case (a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "formaction") && runs.MatchString(a.Val) && attr(n, "rel") != "icon":
				t.Errorf("%s: <%s %s=%.60q> came out", what, n.Data, a.Key, a.Val)
			}
		}
	})
}

var leads = regexp.MustCompile(`href="([^"#]+)"`)
