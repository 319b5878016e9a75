// Package site is what readers and supporters see: the front page, sections,
// stories with their appeal, feeds, the reminder, the form to give, the pages
// that explain, and those for when something went wrong.
//
// Every page works without a script and asks nobody but us for anything. No
// cookie is set before a reader acts, and the one that is then holds a choice
// and a date. GET changes nothing: every act is a form, a POST and a 303.
//
// Pages lie ready, rendered and compressed, on a [shelf] bounded in bytes. A
// page that asks for support is kept in two halves, between which the appeal
// stands: the decision is made for each request from what is in memory, and
// the bytes for its outcome are then only written. A page that is due is
// renewed behind the readers' backs; a page whose story has changed is dropped
// ([Site.Touched]).
//
// One page is one file with its template beside it, and routes.go lists them
// all. Nothing of a reader is stored or logged here: not the network address,
// not the browser, not what was typed.
package site

import (
	"context"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"mimeo/internal/appeal"
	"mimeo/internal/byline"
	"mimeo/internal/contribution"
	"mimeo/internal/entity"
	"mimeo/internal/front"
	"mimeo/internal/ident"
	"mimeo/internal/lang"
	"mimeo/internal/limit"
	"mimeo/internal/media"
	"mimeo/internal/money"
	"mimeo/internal/newsletter"
	"mimeo/internal/reminder"
	"mimeo/internal/search"
	"mimeo/internal/statement"
	"mimeo/internal/story"
	"mimeo/internal/story/archive"
	"mimeo/internal/web"
)

// Options are the newsroom and the parts that its pages show.
type Options struct {
	Base       string    // public address: "https://news.example"
	Editions   []Edition // one a language; the first is at the front door
	Zone       *time.Location
	Accent     string // "#rrggbb"; "" means DefaultAccent
	Contact    string // "mailto:…" or "https://…", for questions and security reports
	Onion      string // "http://….onion", "" for none
	Mirrors    []Mirror
	Hub        string           // WebSub hub that is told of news, "" for none
	Currencies []money.Currency // offered; the first is chosen beforehand
	PayOrigins []string         // origins that the contribution form may lead to, beside our own

	Stories     *story.Desk
	Bylines     *byline.Book // nil: no pages of writers
	Search      *search.Index
	Appeals     *appeal.Board
	Gifts       *contribution.Till
	Reminders   *reminder.Diary
	Newsletters *newsletter.Press
	Fronts      *front.Layout
	Pictures    *media.Store     // nil: no pictures of ours
	Archive     *archive.Archive // knows old addresses; nil knows none
	Entities    *entity.Register
	Statements  *statement.Book // nil: no statements
	Words       *lang.Book
	Signer      appeal.Signer // the vault
	IDs         *ident.Source

	// Address is the reader's network address, invalid when it is unknown (an
	// onion service, a proxy that does not say). nil takes the connection's.
	Address func(*http.Request) netip.Addr
	// Country tells the country of an address, "" when unknown. nil knows none.
	Country func(netip.Addr) string
	Now     func() time.Time
	Draw    func() uint64 // uniformly random, for each page view
	Log     *slog.Logger
	Memory  int64 // bytes for pages that lie ready; 0 means 12 MiB
}

// Mirror is another address of the same pages.
type Mirror struct {
	URL   string
	Since time.Time
}

const usualMemory = 12 << 20

// Site answers readers. It is safe for concurrent use; Close ends it.
type Site struct {
	base       string
	https      bool
	zone       *time.Location
	contact    string
	onion      string
	hub        string
	mirrors    []Mirror
	currencies []money.Currency
	editions   []*edition

	stories     *story.Desk
	bylines     *byline.Book
	finder      *search.Index
	seekers     chan struct{} // holds one for each search under way
	appeals     *appeal.Board
	gifts       *contribution.Till
	reminders   *reminder.Diary
	newsletters *newsletter.Press
	fronts      *front.Layout
	pictures    *media.Store
	archive     *archive.Archive
	entities    *entity.Register
	statements  *statement.Book
	tokens      appeal.Tokens
	signer      appeal.Signer
	ids         *ident.Source
	address     func(*http.Request) netip.Addr
	countries   func(netip.Addr) string
	now         func() time.Time
	draw        func() uint64
	log         *slog.Logger

	templates *template.Template
	sheet     asset
	drawing   string // the icon, as SVG
	icon      template.URL
	headers   *web.Headers
	liveHead  *web.Headers // of pages that bring the script
	script    asset
	audience  *audience
	giving    *web.Headers // of pages whose form may lead to a provider
	framed    *web.Headers // of cards that other people's pages show
	shelf     *shelf
	flights   singleflight.Group
	errands   *errands
	tries     *limit.Tries
	closed    atomic.Pointer[closedValue]
	texts     sync.Pool // of *[]byte, for the HTML of one story
}

// New prepares the pages. ctx bounds what is done behind the readers' backs.
func New(ctx context.Context, o Options) (*Site, error) {
	u, err := url.Parse(o.Base)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("the base address %q is not of the form https://news.example", o.Base)
	}
	s := &Site{
		base: strings.TrimSuffix(o.Base, "/"), https: u.Scheme == "https", zone: o.Zone,
		contact: o.Contact, onion: strings.TrimSuffix(o.Onion, "/"), mirrors: o.Mirrors, hub: o.Hub, currencies: o.Currencies,
		stories: o.Stories, bylines: o.Bylines, finder: o.Search, seekers: make(chan struct{}, searchBusy), appeals: o.Appeals, gifts: o.Gifts, reminders: o.Reminders, newsletters: o.Newsletters, fronts: o.Fronts, pictures: o.Pictures, archive: o.Archive,
		entities: o.Entities, statements: o.Statements,
		tokens: appeal.NewTokens(o.Signer), signer: o.Signer, ids: o.IDs,
		address: o.Address, countries: o.Country, now: o.Now, draw: o.Draw, log: o.Log,
	}
	if s.zone == nil {
		s.zone = time.UTC
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.address == nil {
		s.address = connection
	}
	if o.Accent == "" {
		o.Accent = DefaultAccent
	}
	if o.Memory == 0 {
		o.Memory = usualMemory
	}
	if len(s.currencies) == 0 {
		s.currencies = []money.Currency{money.USD}
	}
	if err := newEditions(s, o.Editions, o.Words); err != nil {
		return nil, err
	}
	if s.templates, err = parseTemplates(); err != nil {
		return nil, err
	}
	if s.sheet, err = newSheet(o.Accent); err != nil {
		return nil, err
	}
	if s.drawing, err = newDrawing(o.Accent, s.editions[0].Name); err != nil {
		return nil, err
	}
	s.icon = template.URL("data:image/svg+xml," + url.PathEscape(s.drawing)) //nolint:gosec // our own drawing
	if s.script, err = newScript(); err != nil {
		return nil, err
	}
	s.audience = newAudience()
	s.headers, s.liveHead = web.NewHeaders(web.Policy(), s.https), liveHeaders(s.https)
	s.giving = web.NewHeaders(web.Policy(o.PayOrigins...), s.https)
	s.framed = web.NewHeaders(cardPolicy, s.https)
	s.shelf = newShelf(o.Memory)
	if s.tries, err = limit.New(strings.NewReader(s.ids.Secret() + s.ids.Secret())); err != nil {
		return nil, err
	}
	s.errands = newErrands(ctx)
	return s, nil
}

// connection is the address at the other end.
func connection(r *http.Request) netip.Addr {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Addr()
}

// country looks the reader's country up and forgets it.
func (s *Site) country(r *http.Request) string {
	if s.countries == nil {
		return ""
	}
	return s.countries(s.address(r))
}

// Touched drops the pages that a change makes untrue. It is told of every row
// of the change feed, from whichever process.
func (s *Site) Touched(kind, key string) {
	switch kind {
	case appeal.ChangeKind:
		// The rules are compared at each request; nothing lies ready that depends on old ones.
	case story.ChangeStory:
		s.shelf.drop(topicStory(key))
		s.audience.tell(key)
	case story.ChangeList:
		s.shelf.drop(topicList(key))
	case story.ChangeCorrections:
		s.shelf.drop(topicCorrections(key))
	case statement.ChangeStatement:
		s.shelf.drop(topicStatement(key))
	case statement.ChangeSpeaker, entity.ChangeKind:
		s.shelf.drop(topicSpeaker(key))
	case statement.ChangeRunning:
		s.shelf.drop(topicRunning(key))
		s.shelf.drop(topicRunning(""))
	case statement.ChangeList:
		s.shelf.drop(topicStatements)
	default:
		// Something that no page of ours shows.
	}
}
