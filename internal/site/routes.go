package site

import (
	"net/http"
	"net/url"
	"strings"

	"mimeo/internal/entity"
	"mimeo/internal/web"
)

// action answers a request for a page of an edition. It has written nothing
// when it returns an error.
type action func(e *edition, w http.ResponseWriter, r *http.Request) error

// route is an address and what may be done with it. HEAD goes with get.
type route struct {
	path      string
	get, post action
}

// pages are the addresses that exist in every edition.
func (s *Site) pages() []route {
	return []route{
		{"/{$}", s.numbered(s.front), nil},
		{"/{year}/{month}/{slug}", s.formerly(s.wired(s.article)), nil},
		{"/{year}/{month}/{slug}/{page}", s.formerly(s.versions), nil},
		{"/live/{year}/{month}/{slug}", s.live, nil},
		{"/appeal/close", nil, s.closeAppeal},
		{"/appeal/forget", nil, s.forgetAsk},

		{"/remind", s.remindForm, s.remindSet},
		{"/remind/set", s.remindDone, nil},
		{"/remind/stop", s.remindStop, s.remindDelete},
		{"/remind/stopped", s.remindStopped, nil},
		{"/remind/{month}", s.remindCalendar, nil},

		{"/support", s.supportForm, s.supportSend},
		{"/support/return/{payment}", s.supportReturn, nil},
		{"/supporter", s.supporter, s.supporterAct},

		{"/newsletters", s.newsletterForm, s.newsletterAsk},
		{"/newsletters/asked", s.newsletterSays("newsletter.page.sent", "newsletter.page.sent_what"), nil},
		{"/newsletters/confirm", s.newsletterConfirm, s.newsletterJoin},
		{"/newsletters/leave", s.newsletterLeave, s.newsletterGone},
		{"/newsletters/left", s.newsletterSays("newsletter.page.left", "newsletter.page.left_what"), nil},

		{"/statements/{$}", s.statementList, nil},
		{"/statements/{id}", s.statement, nil},
		{"/statements/{id}/card", s.statementCard, nil},
		{"/statements/{id}/evidence/{item}", s.statementEvidence, nil},
		{"/statements.json", s.statementsJSON, nil},
		{"/statements.csv", s.statementsCSV, nil},
		{"/running/{$}", s.runningList, nil},
		{"/running/{slug}", s.running, nil},

		{"/blocked", s.blocked, nil},
		{"/mirrors", s.mirrorList, nil},
		{"/search", s.search, nil},
		{"/corrections", s.corrections, nil},
		{"/by/{slug}", s.byline, nil},
		{"/series/{slug}", s.series, nil},
		{"/about/data", s.aboutData, nil},
		{"/about/money", s.aboutMoney, nil},
		{"/about/traces", s.aboutTraces, nil},
		{"/about/help", s.aboutHelp, nil},
	}
}

// sectionPages are the addresses below a section.
func (s *Site) sectionPages(slug string) []route {
	return []route{
		{"/" + slug + "/{$}", s.section(slug), nil},
		{"/" + slug, s.slash, nil},
	}
}

// files are the addresses that exist once.
func (s *Site) files() []route {
	return []route{
		{"/assets/{name}", s.asset, nil},
		{"/media/{file}", s.picture, nil},
		{"/favicon.ico", s.favicon, nil},
		{"/robots.txt", s.robots, nil},
		{"/.well-known/security.txt", s.security, nil},
		{"/sitemap.xml", s.sitemap, nil},
		{"/sitemap/{page}", s.sitemapPage, nil},
		{"/sitemap-news.xml", s.sitemapNews, nil},
		{"/hooks/{provider}", nil, s.hook},
	}
}

// Routes registers every page. What is registered nowhere gets our 404.
func (s *Site) Routes(mux *http.ServeMux) {
	for _, e := range s.editions {
		all := append(s.pages(), s.feedPages("/", s.storyFeed(""))...)
		for _, k := range entity.Kinds() {
			all = append(all, route{"/" + k.Path() + "/{$}", s.register(k), nil}, route{"/" + k.Path() + "/{slug}", s.entry(k), nil})
			all = append(all, s.feedPages("/"+k.Path()+"/{slug}", s.entityFeed)...)
		}
		all = append(all, s.feedPages("/running/{slug}", s.runningFeed)...)
		all = append(all, s.feedPages("/corrections", s.correctionFeed)...)
		all = append(all, s.feedPages("/by/{slug}", s.bylineFeed)...)
		all = append(all, s.feedPages("/series/{slug}", s.seriesFeed)...)
		for _, sec := range e.Sections {
			all = append(all, s.sectionPages(sec.Slug)...)
			all = append(all, s.feedPages("/"+sec.Slug, s.storyFeed(sec.Slug))...)
		}
		for _, rt := range all {
			mux.Handle(e.prefix+rt.path, s.handler(e, rt))
		}
	}
	for _, e := range s.editions[1:] {
		mux.Handle(e.prefix, s.handler(e, route{get: s.slash}))
	}
	for _, rt := range s.files() {
		mux.Handle(rt.path, s.handler(s.editions[0], rt))
	}
	mux.Handle("/", web.Serve(func(w http.ResponseWriter, r *http.Request) error { return s.elsewhere(mux, w, r) }, s.Fail, s.log))
}

// handler makes an http.Handler of a route.
func (s *Site) handler(e *edition, rt route) http.Handler {
	var allow []string
	if rt.get != nil {
		allow = append(allow, http.MethodGet, http.MethodHead)
	}
	if rt.post != nil {
		allow = append(allow, http.MethodPost)
	}
	allowed := []string{strings.Join(append(allow, http.MethodOptions), ", ")}
	return web.Serve(func(w http.ResponseWriter, r *http.Request) error {
		switch {
		case rt.get != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			return rt.get(e, w, r)
		case rt.post != nil && r.Method == http.MethodPost:
			return rt.post(e, w, r)
		}
		w.Header()["Allow"] = allowed
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
		s.Fail(w, r, http.StatusMethodNotAllowed, "")
		return nil
	}, s.Fail, s.log)
}

// slash adds the slash that an address lacks.
func (s *Site) slash(_ *edition, w http.ResponseWriter, r *http.Request) error {
	return s.moved(w, withQuery(r.URL.EscapedPath()+"/", r))
}

func withQuery(path string, r *http.Request) string {
	if r.URL.RawQuery == "" {
		return path
	}
	return path + "?" + r.URL.RawQuery
}

// elsewhere answers for addresses that nothing is registered under. A slash
// too many at the end is mended by a redirect.
func (s *Site) elsewhere(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) error {
	if path, found := strings.CutSuffix(r.URL.Path, "/"); found && path != "" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		mended := *r
		mended.URL = &url.URL{Path: path}
		if _, pattern := mux.Handler(&mended); pattern != "/" && pattern != "" {
			return s.moved(w, withQuery(escaped(path), r))
		}
	}
	return s.old(w, r, errMissing)
}
