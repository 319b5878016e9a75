package site

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"sync"
)

//go:embed *.html
var templateFiles embed.FS

// page is what every page has; the data of each page embeds it.
type page struct {
	*edition
	Title     string // of the window
	Summary   string // for search engines, "" for none
	Canonical string // public address, "" for pages that are nobody's bookmark
	Hidden    bool   // from search engines
	Section   string // slug of the section it belongs to
	SaveAs    string // path of the page as one file, "" when there is none
	Feeds     []feedLink
	Graph     *graph
	Problems  []problem

	Others     []otherLanguage
	Alternates []alternate
}

// otherLanguage is a link to the page, or to what comes nearest to it, in
// another language.
type otherLanguage struct{ Lang, Dir, Name, Path string }

// alternate is the very same page in a language, for search engines.
type alternate struct{ Lang, URL string }

type feedLink struct{ Type, Title, URL string }

// problem is something wrong with a field of a form. Field is the id of the
// control that mends it.
type problem struct{ Field, Message string }

// Problem is the message for a field, "" when nothing is wrong with it.
func (p *page) Problem(field string) string {
	for _, wrong := range p.Problems {
		if wrong.Field == field {
			return wrong.Message
		}
	}
	return ""
}

// newPage begins a page that exists under the same path in every language.
// name is its name in the window's title, "" for the newsroom's alone.
func (e *edition) newPage(name, path string) *page {
	p := &page{edition: e, Title: e.Name}
	if name != "" {
		p.Title = e.T("site.title", "Page", name, "Site", e.Name)
	}
	if path != "" {
		p.Canonical = e.absolute(e.URL(path))
	}
	for _, other := range e.site.editions {
		if path != "" && len(e.site.editions) > 1 {
			p.Alternates = append(p.Alternates, alternate{other.Lang, other.absolute(other.URL(path))})
		}
		if other == e {
			continue
		}
		to := other.Home()
		if path != "" {
			to = other.URL(path)
		}
		p.Others = append(p.Others, otherLanguage{other.Lang, other.Dir(), other.words.Name(), to})
	}
	if len(e.site.editions) > 1 && path != "" {
		p.Alternates = append(p.Alternates, alternate{"x-default", e.absolute(e.site.editions[0].URL(path))})
	}
	return p
}

// wrong adds a problem and says so in the title.
func (p *page) wrong(field, message string) {
	if len(p.Problems) == 0 {
		p.Title = p.T("site.error", "Title", p.Title)
	}
	p.Problems = append(p.Problems, problem{field, message})
}

// parseTemplates reads the one set of templates.
func parseTemplates() (*template.Template, error) {
	t, err := template.New("site").Option("missingkey=error").ParseFS(templateFiles, "*.html")
	if err != nil {
		return nil, fmt.Errorf("parsing the templates: %w", err)
	}
	return t, nil
}

var buffers sync.Pool // of *bytes.Buffer

// buffer takes an empty one; give it back to buffers.
func buffer() *bytes.Buffer {
	b, ok := buffers.Get().(*bytes.Buffer)
	if !ok {
		return new(bytes.Buffer)
	}
	b.Reset()
	return b
}

// render executes a template into bytes of its own.
func (s *Site) render(name string, data any) ([]byte, error) {
	b := buffer()
	defer buffers.Put(b)
	if err := s.templates.ExecuteTemplate(b, name, data); err != nil {
		return nil, fmt.Errorf("making the page %q: %w", name, err)
	}
	return bytes.Clone(b.Bytes()), nil
}
