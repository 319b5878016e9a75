package desk

import (
	"net/http"
	"net/url"

	"mimeo/internal/fault"
	"mimeo/internal/search"
	"mimeo/internal/web"
)

// searchHits is how many stories of each kind a page shows.
const searchHits = 25

// searchPage finds stories for those who write them: what is being written, and
// what readers have.
type searchPage struct {
	*page
	Asked string
	Tried bool // something was looked for
	Kinds []foundStories
}

type foundStories struct {
	Heading string
	List    []foundStory
	Next    string // the address of what is older, "" at the end
}

type foundStory struct {
	storyRow
	Title, Snippet []search.Piece
}

func (d *Desk) search(v *visit, w http.ResponseWriter, r *http.Request) error {
	query, err := web.Query(r)
	if err != nil {
		return err
	}
	data := searchPage{page: v.newPage(v.T("search.desk")), Asked: query.Of("q")}
	if data.Asked == "" {
		return d.show(v, w, http.StatusOK, "desk_search", data)
	}
	data.Tried = true
	if err := d.IndexDrafts(r.Context()); err != nil {
		return err
	}
	for _, kind := range []struct {
		scope          search.Scope
		heading, param string
	}{{search.Desk, "search.desk.drafts", "drafts"}, {search.Readers, "search.desk.public", "public"}} {
		found := foundStories{Heading: v.T(kind.heading)}
		res, err := d.Index.Find(r.Context(), search.Query{
			Scope: kind.scope, Langs: d.Editions, Text: data.Asked, Before: query.Of(kind.param), Limit: searchHits,
		})
		if err != nil {
			return err
		}
		for _, h := range res.Hits {
			one, err := d.found(v, r, h, data.Asked)
			if fault.KindOf(err) == fault.Missing {
				continue
			}
			if err != nil {
				return err
			}
			found.List = append(found.List, one)
		}
		if res.Older != "" {
			found.Next = "/desk/search?" + url.Values{"q": {data.Asked}, kind.param: {res.Older}}.Encode()
		}
		data.Kinds = append(data.Kinds, found)
	}
	return d.show(v, w, http.StatusOK, "desk_search", data)
}

// found is a hit as the page shows it, in the newest words of the story.
func (d *Desk) found(v *visit, r *http.Request, h search.Hit, asked string) (one foundStory, err error) {
	s, err := d.Stories.ByID(r.Context(), h.Key)
	if err != nil {
		return one, err
	}
	if s.Revision != s.Latest {
		newest, _, err := d.Stories.Revision(r.Context(), h.Key, s.Latest)
		if err != nil {
			return one, err
		}
		s.Headline, s.Standfirst, s.Body = newest.Headline, newest.Standfirst, newest.Body
	}
	a := search.Ask(s.Lang, asked)
	one = foundStory{storyRow: d.row(v, s.Summary())}
	one.Title, one.Snippet = a.Marked(s.Lang, s.Headline), a.Snippet(s.Lang, s.Plain())
	return one, nil
}
