// Package desk is the pages on which the newsroom works: one file a page, its
// template beside it, all addresses in one list (routes.go) with the right that
// each asks for, and the navigation as data (nav.go).
//
// Every page is made on the server, works at 360 px, from the keyboard and with
// scripts off; forms answer with a 303. A script makes some of them quicker and
// is a file of our own. What is typed is never lost to an error: the page comes
// back with it and says in words what is wrong. Nothing of a visit is written
// anywhere but in the staff's own trail.
package desk

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"mimeo/internal/byline"
	"mimeo/internal/entity"
	"mimeo/internal/front"
	"mimeo/internal/ident"
	"mimeo/internal/lang"
	"mimeo/internal/media"
	"mimeo/internal/newsletter"
	"mimeo/internal/search"
	"mimeo/internal/staff"
	"mimeo/internal/statement"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

// Options are the newsroom and the parts that the pages work on.
type Options struct {
	Base     string // the desk's own address: "https://news.example"
	Site     string // the readers' address
	Newsroom string
	Names    map[string]string // the newsroom's, in further languages
	Zone     *time.Location
	Demo     bool // sign-in and confirmation by a button
	Now      func() time.Time
	Log      *slog.Logger
	// Address is the network address a request came from; it is used for the
	// limits of tries and forgotten. nil takes the connection's.
	Address func(*http.Request) netip.Addr

	Editions []string // the newsroom's languages, the first one first

	Words       *lang.Book
	Door        *staff.Door
	Stories     *story.Desk
	Index       *search.Index
	IndexDrafts func(ctx context.Context) error // brings it up to what was saved last
	IDs         *ident.Source                   // names windows in which stories are written
	Fronts      *front.Layout
	Newsletters *newsletter.Press
	Pictures    *media.Store
	Entities    *entity.Register
	Statements  *statement.Book
	Bylines     *byline.Book
}

// Desk answers staff. It is safe for concurrent use.
type Desk struct {
	Options
	https      bool
	templates  *template.Template
	assets     map[string]*asset
	headers    *web.Headers
	mux        *http.ServeMux
	bodies     map[string]int64 // pattern → most bytes of a POST
	suggesters sync.Map         // language → *attribution.Engine
}

//go:embed *.html
var templateFiles embed.FS

// policy lets our own scripts run, and pictures be shown before they are sent.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// New prepares the pages.
func New(o Options) (*Desk, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Address == nil {
		o.Address = web.Peer
	}
	d := &Desk{Options: o, https: strings.HasPrefix(o.Base, "https:"), bodies: map[string]int64{}}
	d.headers = web.NewHeaders(policy, d.https)
	var err error
	if d.templates, err = template.New("desk").Option("missingkey=error").ParseFS(templateFiles, "*.html"); err != nil {
		return nil, fmt.Errorf("parsing the desk's templates: %w", err)
	}
	if d.assets, err = readAssets(); err != nil {
		return nil, err
	}
	d.mux = http.NewServeMux()
	for _, rt := range d.routes() {
		d.mux.Handle(rt.path, d.handler(rt))
		if rt.most > 0 {
			d.bodies[rt.path] = rt.most
		}
	}
	return d, nil
}

// ServeHTTP answers everything under /desk/.
func (d *Desk) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.mux.ServeHTTP(w, r) }

// Most is how many bytes the body of a request may have.
func (d *Desk) Most(r *http.Request) int64 {
	if _, pattern := d.mux.Handler(r); d.bodies[pattern] > 0 {
		return d.bodies[pattern]
	}
	return web.MaxBody
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// show answers with a page. data embeds a *page.
func (d *Desk) show(v *visit, w http.ResponseWriter, status int, name string, data any) error {
	b, ok := buffers.Get().(*bytes.Buffer)
	if !ok {
		b = new(bytes.Buffer)
	}
	defer buffers.Put(b)
	b.Reset()
	if err := d.templates.ExecuteTemplate(b, name, data); err != nil {
		return fmt.Errorf("making the page %q: %w", name, err)
	}
	v.forgetFlash(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // whoever hung up cannot be told
	return nil
}
