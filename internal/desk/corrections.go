package desk

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/lang"
	"mimeo/internal/story"
)

const (
	correctionLines = 40
	checkFor        = 15 * time.Second
)

type ledgerPage struct {
	*page
	Lines   []correctionLine
	Older   string
	Checked bool
	Long    bool // the ledger is longer than a request can check
	Result  story.Checked
}

type correctionLine struct {
	story.Line
	Headline, What string
	Path           string // of the story, "" when nobody may read its versions
	Written        *lang.Lang
}

// Short is the beginning of the line's hash, enough to compare by eye.
func (l correctionLine) Short() string { return l.Hash[:min(len(l.Hash), 12)] }

// ledger shows the ledger of corrections, the last line first.
func (d *Desk) ledger(v *visit, w http.ResponseWriter, r *http.Request) error {
	before := int64(0)
	if text := r.URL.Query().Get("before"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			return fault.Invalidf("Lines of the ledger have numbers")
		}
		before = n
	}
	data, err := d.ledgerPage(v, r, before)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "corrections", data)
}

func (d *Desk) ledgerPage(v *visit, r *http.Request, before int64) (*ledgerPage, error) {
	data := &ledgerPage{page: v.newPage(v.T("deskwork.ledger"))}
	all, err := d.Stories.LedgerBack(r.Context(), before, correctionLines+1)
	if err != nil {
		return nil, err
	}
	if len(all) > correctionLines {
		all = all[:correctionLines]
		data.Older = with("/desk/corrections", "before", strconv.FormatInt(all[correctionLines-1].Seq, 10))
	}
	ids := make([]string, 0, len(all))
	for i := range all {
		ids = append(ids, all[i].Story)
	}
	stories, err := d.Stories.Summaries(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		s := stories[l.Story]
		path := ""
		if s.State == story.Published || s.State == story.Retracted {
			path = s.Path()
		}
		data.Lines = append(data.Lines, correctionLine{l, s.Headline, v.T("editor.kind." + string(l.Kind)), path, d.Words.For(s.Lang)})
	}
	return data, nil
}

// ledgerCheck holds the whole ledger against the texts that are kept.
func (d *Desk) ledgerCheck(v *visit, w http.ResponseWriter, r *http.Request) error {
	data, err := d.ledgerPage(v, r, 0)
	if err != nil {
		return err
	}
	short, cancel := context.WithTimeout(r.Context(), checkFor)
	defer cancel()
	data.Result, err = d.Stories.CheckLedger(short)
	data.Checked = true
	if err != nil {
		if short.Err() == nil || r.Context().Err() != nil {
			return err
		}
		data.Long = true
	}
	return d.show(v, w, http.StatusOK, "corrections", data)
}
