package site

import (
	"errors"
	"net/http"
	"strconv"

	"mimeo/internal/fault"
	"mimeo/internal/newsletter"
	"mimeo/internal/web"
)

type newsletterPage struct {
	*page
	Letters          []newsletterChoice
	Email, EmailHint string
	Newsletter       string // its name, on the pages about one
	Token            string // of the link that was opened
}

type newsletterChoice struct {
	ID, Value, Name, About string
	Chosen                 bool
}

// newsletterForm offers what comes by mail.
func (s *Site) newsletterForm(e *edition, w http.ResponseWriter, r *http.Request) error {
	query, err := web.Query(r)
	if err != nil {
		return err
	}
	data, err := s.newsletterData(e, r, query)
	if err != nil {
		return err
	}
	return s.dynamic(w, r, http.StatusOK, "newsletters", data)
}

func (s *Site) newsletterData(e *edition, r *http.Request, in web.Values) (*newsletterPage, error) {
	open, err := s.newsletters.Open(r.Context(), e.Lang)
	if err != nil {
		return nil, err
	}
	data := &newsletterPage{page: e.newPage(e.T("newsletter.page.title"), "/newsletters"), EmailHint: e.T("newsletter.page.hint"), Email: in.Of("email")}
	for i, n := range open {
		data.Letters = append(data.Letters, newsletterChoice{
			ID: "letter-" + strconv.Itoa(i+1), Value: n.Slug, Name: n.Name, About: n.About,
			Chosen: in.Of("newsletter") == n.Slug || len(open) == 1,
		})
	}
	return data, nil
}

// newsletterAsk sends the question whether the address really wants it.
func (s *Site) newsletterAsk(e *edition, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	open, err := s.newsletters.Open(r.Context(), e.Lang)
	if err != nil {
		return err
	}
	chosen := ""
	for _, n := range open {
		if n.Slug == form.Of("newsletter") {
			chosen = n.ID
		}
	}
	if chosen == "" {
		return s.newsletterAgain(e, w, r, form, newsletter.ErrClosed)
	}
	if err := s.newsletters.Subscribe(r.Context(), chosen, form.Of("email"), s.address(r)); err != nil {
		return s.newsletterAgain(e, w, r, form, err)
	}
	return s.see(w, e.URL("/newsletters/asked"))
}

// newsletterAgain shows the form with what is wrong and with what was typed.
func (s *Site) newsletterAgain(e *edition, w http.ResponseWriter, r *http.Request, form web.Values, wrong error) error {
	data, err := s.newsletterData(e, r, form)
	if err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(wrong, newsletter.ErrEmail):
		data.wrong("email", e.T("contribution.error.email"))
	case errors.Is(wrong, newsletter.ErrClosed):
		data.wrong("letter-1", e.T("newsletter.page.choose"))
	case errors.Is(wrong, newsletter.ErrLimit):
		status = http.StatusTooManyRequests
		data.wrong("", e.T("newsletter.page.limit"))
	case fault.KindOf(wrong) == fault.Unavailable:
		s.log.ErrorContext(r.Context(), "nobody can subscribe to a newsletter", "err", wrong)
		status = http.StatusServiceUnavailable
		data.wrong("", e.T("site.away"))
	default:
		return wrong
	}
	return s.dynamic(w, r, status, "newsletters", data)
}

// newsletterSays is a page that tells where a subscription stands.
func (s *Site) newsletterSays(title, what string) action {
	return func(e *edition, w http.ResponseWriter, r *http.Request) error {
		data := noticePage{page: e.newPage(e.T(title), ""), Heading: e.T(title), Standfirst: e.T(what), Links: []link{{Path: e.Home(), Label: e.T("site.home")}}}
		data.Hidden = true
		return s.dynamic(w, r, http.StatusOK, "notice", data)
	}
}

// newsletterConfirm is where the link in the question leads: a page with one
// button. Opening it changes nothing.
func (s *Site) newsletterConfirm(e *edition, w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("t")
	n, err := s.newsletters.Asked(r.Context(), token)
	if err != nil {
		return err
	}
	return s.newsletterButton(e, w, r, "newsletter-confirm", "newsletter.page.confirm", token, n)
}

// newsletterLeave is where the link in every issue leads.
func (s *Site) newsletterLeave(e *edition, w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("t")
	n, err := s.newsletters.Subscription(r.Context(), token)
	if err != nil {
		return err
	}
	if n.ID == "" { // gone already
		return s.see(w, e.URL("/newsletters/left"))
	}
	return s.newsletterButton(e, w, r, "newsletter-leave", "newsletter.page.leave", token, n)
}

func (s *Site) newsletterButton(e *edition, w http.ResponseWriter, r *http.Request, template, title, token string, n newsletter.Newsletter) error {
	data := &newsletterPage{page: e.newPage(e.T(title, "Newsletter", n.Name), ""), Newsletter: n.Name, Token: token}
	data.Hidden = true
	return s.dynamic(w, r, http.StatusOK, template, data)
}

// newsletterJoin makes a subscriber of whoever pressed the button.
func (s *Site) newsletterJoin(e *edition, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	n, err := s.newsletters.Confirm(r.Context(), form.Of("t"))
	if err != nil {
		return err
	}
	data := noticePage{
		page: e.newPage(e.T("newsletter.page.done"), ""), Heading: e.T("newsletter.page.done"),
		Standfirst: e.T("newsletter.page.done_what", "Newsletter", n.Name), Links: []link{{Path: e.Home(), Label: e.T("site.home")}},
	}
	data.Hidden = true
	return s.dynamic(w, r, http.StatusOK, "notice", data)
}

// newsletterGone ends a subscription: pressed on the page, or by a mail program
// in one click (RFC 8058), which sends the token in the address.
func (s *Site) newsletterGone(e *edition, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	token := form.Of("t")
	if token == "" {
		token = r.URL.Query().Get("t")
	}
	if err := s.newsletters.Leave(r.Context(), token); err != nil {
		return err
	}
	return s.see(w, e.URL("/newsletters/left"))
}
