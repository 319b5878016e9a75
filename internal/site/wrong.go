package site

import (
	"net/http"
	"strconv"
	"strings"
)

type wrongPage struct {
	*page
	Numeral, Heading, Standfirst string
	Paragraphs                   []string
}

// comeBack is after how many seconds a machine may ask again what we could not
// answer.
const comeBack = "60"

// Fail writes the page of an error; it is a web.Failure. message is in the
// reader's words, "" when there is nothing to say beyond the status.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, status int, message string) {
	e := s.editionOf(r.URL.Path)
	heading, lead := e.wrongWords(status)
	data := wrongPage{page: e.newPage(heading, ""), Numeral: e.words.Digits(strconv.Itoa(status)), Heading: heading, Standfirst: lead}
	data.Hidden = true
	if status == http.StatusInternalServerError {
		data.Paragraphs = []string{e.T("about.wrong.broken.what")}
	}
	// Messages of faults are in English; elsewhere the words of the status do.
	if message != "" && e.Lang == "en" {
		data.Paragraphs = append(data.Paragraphs, strings.TrimRight(message, ".")+".")
	}
	h := w.Header()
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", comeBack)
	}
	h.Del("Etag")
	h.Del("Content-Encoding")
	if err := s.dynamic(w, r, status, "wrong", data); err != nil {
		s.log.Error("the page of an error failed itself", "err", err)
		http.Error(w, heading, status)
	}
}

func (e *edition) wrongWords(status int) (heading, lead string) {
	id := "about.wrong.broken"
	switch status {
	case http.StatusNotFound, http.StatusGone:
		id = "about.wrong.missing"
	case http.StatusMethodNotAllowed:
		id = "about.wrong.method"
	case http.StatusForbidden, http.StatusUnauthorized:
		id = "about.wrong.denied"
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		id = "about.wrong.invalid"
	case http.StatusConflict:
		id = "about.wrong.conflict"
	case http.StatusRequestEntityTooLarge:
		id = "about.wrong.large"
	case http.StatusTooManyRequests:
		id = "about.wrong.many"
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		id = "about.wrong.away"
	}
	return e.T(id), e.T(id + ".lead")
}
