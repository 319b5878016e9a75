package site

import (
	"context"
	"encoding/xml"
	"hash/fnv"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/story"
)

// sitemapStories is how many stories one sitemap holds. They are numbered in
// the order of their publication, so a full sitemap stays as it is.
const sitemapStories = 1000

// newsWindow is how far back the news sitemap goes.
const newsWindow = 48 * time.Hour

// newsShown is for how long it is shown at most as it was made.
const newsShown = 30 * time.Minute

const sitemapNS = "http://www.sitemaps.org/schemas/sitemap/0.9"

var (
	errMissing = fault.New(fault.Missing, "")
	typeXML    = []string{"application/xml; charset=utf-8"}
)

type urlSet struct {
	XMLName xml.Name     `xml:"urlset"`
	NS      string       `xml:"xmlns,attr"`
	News    string       `xml:"xmlns:news,attr,omitempty"`
	URLs    []sitemapURL `xml:"url"`
}

type sitemapURL struct {
	Loc  string   `xml:"loc"`
	Mod  string   `xml:"lastmod,omitempty"`
	News *newsURL `xml:"news:news"`
}

type newsURL struct {
	Name      string `xml:"news:publication>news:name"`
	Lang      string `xml:"news:publication>news:language"`
	Published string `xml:"news:publication_date"`
	Title     string `xml:"news:title"`
}

type sitemapIndex struct {
	XMLName xml.Name     `xml:"sitemapindex"`
	NS      string       `xml:"xmlns,attr"`
	Maps    []sitemapURL `xml:"sitemap"`
}

// sitemap lists all stories: itself while one list holds them, otherwise as an
// index of lists, which costs nothing however many stories there are.
func (s *Site) sitemap(e *edition, w http.ResponseWriter, r *http.Request) error {
	return s.shelved(e, w, r, func(ctx context.Context, s *Site, _ *edition, path string) (*kept, error) {
		highest, err := s.stories.Highest(ctx)
		if err != nil {
			return nil, err
		}
		if highest <= sitemapStories {
			return s.keepSitemap(ctx, path, 0, false)
		}
		index := sitemapIndex{NS: sitemapNS}
		for n := int64(1); (n-1)*sitemapStories < highest; n++ {
			index.Maps = append(index.Maps, sitemapURL{Loc: s.base + "/sitemap/" + strconv.FormatInt(n, 10) + ".xml"})
		}
		return s.keepXML(path, index)
	})
}

func (s *Site) sitemapPage(e *edition, w http.ResponseWriter, r *http.Request) error {
	return s.shelved(e, w, r, func(ctx context.Context, s *Site, _ *edition, path string) (*kept, error) {
		name, found := strings.CutSuffix(strings.TrimPrefix(path, "/sitemap/"), ".xml")
		n, err := strconv.ParseInt(name, 10, 32)
		if !found || err != nil || n < 1 || strconv.FormatInt(n, 10) != name {
			return nil, errMissing
		}
		highest, err := s.stories.Highest(ctx)
		if err != nil {
			return nil, err
		}
		if (n-1)*sitemapStories >= highest {
			return nil, errMissing
		}
		return s.keepSitemap(ctx, path, (n-1)*sitemapStories, n*sitemapStories < highest)
	})
}

// keepSitemap lists the stories numbered after a number. A full list is made
// anew when one of its stories changes, and not for each publication.
func (s *Site) keepSitemap(ctx context.Context, path string, after int64, full bool) (*kept, error) {
	stories, err := s.stories.Sitemap(ctx, after, sitemapStories)
	if err != nil {
		return nil, err
	}
	set := urlSet{NS: sitemapNS}
	if after == 0 {
		for _, e := range s.editions {
			set.URLs = append(set.URLs, sitemapURL{Loc: e.absolute(e.Home())})
			for _, sec := range e.Sections {
				set.URLs = append(set.URLs, sitemapURL{Loc: e.absolute(e.URL("/" + sec.Slug + "/"))})
			}
		}
	}
	for i := range stories {
		set.URLs = append(set.URLs, s.located(&stories[i]))
	}
	k, err := s.keepXML(path, set)
	if err == nil && full {
		// No further story comes in here: only a change of one of these is news.
		k.topics, k.covers = nil, coversOf(stories)
	}
	return k, err
}

func (s *Site) located(st *story.Summary) sitemapURL {
	return sitemapURL{Loc: s.base + escaped(st.Path()), Mod: stamp(st.Updated)}
}

// sitemapNews lists what was published in the last two days.
func (s *Site) sitemapNews(e *edition, w http.ResponseWriter, r *http.Request) error {
	return s.shelved(e, w, r, func(ctx context.Context, s *Site, _ *edition, path string) (*kept, error) {
		stories, err := s.stories.SitemapNews(ctx, s.now().Add(-newsWindow))
		if err != nil {
			return nil, err
		}
		set := urlSet{NS: sitemapNS, News: "http://www.google.com/schemas/sitemap-news/0.9"}
		for i := range stories {
			u := s.located(&stories[i])
			u.Mod = ""
			u.News = &newsURL{Name: s.nameIn(stories[i].Lang), Lang: stories[i].Lang, Published: stamp(stories[i].Published), Title: stories[i].Headline}
			set.URLs = append(set.URLs, u)
		}
		k, err := s.keepXML(path, set)
		if err == nil { // stories leave it by their age alone
			k.dead = s.now().Add(newsShown)
		}
		return k, err
	})
}

// nameIn is the newsroom's name in a language.
func (s *Site) nameIn(lang string) string {
	for _, e := range s.editions {
		if e.Lang == lang {
			return e.Name
		}
	}
	return s.editions[0].Name
}

func (s *Site) keepXML(path string, v any) (*kept, error) {
	body, err := marshalXML(v)
	if err != nil {
		return nil, err
	}
	topics := make([]string, 0, len(s.editions))
	for _, e := range s.editions {
		topics = append(topics, topicList(e.Lang+"/"))
	}
	k := s.keep(body, path, topics...)
	k.contentType, k.caching = typeXML, cacheFeed
	return k, nil
}

// covers are many topics, kept as the sorted hashes of their names: two that
// share one drop a page too many, which does no harm.
type covers []uint64

func coversOf(stories []story.Summary) covers {
	c := make(covers, 0, len(stories))
	for i := range stories {
		c = append(c, hashOf(topicStory(stories[i].Path())))
	}
	slices.Sort(c)
	return c
}

func (c covers) has(topic string) bool {
	if len(c) == 0 {
		return false
	}
	_, found := slices.BinarySearch(c, hashOf(topic))
	return found
}

func hashOf(topic string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, topic) //nolint:errcheck // a hash takes everything
	return h.Sum64()
}
