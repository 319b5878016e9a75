package simulator

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/money"
)

//go:embed page
var pageFiles embed.FS

func parsePages() (*template.Template, error) {
	return template.ParseFS(pageFiles, "page/*.html")
}

func (p *Processor) pages() map[string]http.Handler {
	return map[string]http.Handler{
		"GET /{$}":                    page(p.showBoard),
		"GET /checkout/{id}":          page(p.showCheckout),
		"POST /checkout/{id}":         page(p.payCheckout),
		"POST /payments/{id}/refund":  page(p.boardRefund),
		"POST /payments/{id}/dispute": page(p.boardDispute),
		"POST /disputes/{id}/ruling":  page(p.boardRuling),
		"POST /payouts":               page(p.boardPayout),
	}
}

// page makes a handler of a function that may fail.
func page(show func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := show(w, r); err != nil {
			status := http.StatusInternalServerError
			if fault.KindOf(err) == fault.Unavailable {
				status = http.StatusServiceUnavailable
			}
			http.Error(w, "The payment simulator failed. Nothing was charged that its list of payments does not show.", status)
		}
	})
}

// complaint is one thing wrong with a form.
type complaint struct{ Field, Text string }

// frame is what every page has.
type frame struct {
	Title, Prefix string
	Errors        []complaint
}

// show writes a page. The browser may send its form back to us and follow the
// redirect to wherever the donor came from, and may load our style; nothing else.
func (p *Processor) show(w http.ResponseWriter, status int, name string, data any, follow ...string) error {
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, name, data); err != nil {
		p.opt.Log.Error("simulator: a page failed", "page", name, "error", err)
		return err
	}
	form := []string{"'self'"}
	for _, address := range follow {
		if origin := originOf(address); origin != "" {
			form = append(form, origin)
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action "+strings.Join(form, " ")+"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	// Not no-referrer: with that, browsers send our own forms with no origin.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
	return nil
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || strings.ContainsAny(u.Host, " ;,'\"") {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func serveStyle(w http.ResponseWriter, _ *http.Request) {
	style, err := pageFiles.ReadFile("page/simulator.css")
	if err != nil {
		http.Error(w, "no style", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(style)
}

// public is the address of the prefix in the donor's browser.
func (p *Processor) public(r *http.Request) string {
	if p.opt.Public != "" {
		return strings.TrimSuffix(p.opt.Public, "/")
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + p.opt.Prefix
}

// field is one input of the payment page.
type field struct {
	Name, Label, Hint, Type, Value, Fill string
	Longest                              int
	Digits                               bool
	Error                                *complaint
}

type checkoutPage struct {
	frame
	ID, Name, Email, Descriptor, Cancel string
	Amount                              money.Amount
	Reuse                               bool
	Fields                              []field
	Cards                               []testCard
}

// notice is a page that says one thing.
type notice struct {
	frame
	Heading, Text, Back, BackWords string
}

func (p *Processor) sessionOf(r *http.Request) (s *session, email string, err error) {
	err = p.db.Read(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		s, err = get[*session](ctx, tx, r.PathValue("id"))
		return err
	})
	if err != nil {
		return nil, "", err
	}
	email, err = p.seal.unlock(s.ID, s.Email)
	return s, email, err
}

func (p *Processor) showCheckout(w http.ResponseWriter, r *http.Request) error {
	s, email, err := p.sessionOf(r)
	var none *problem
	if errors.As(err, &none) {
		return p.show(w, http.StatusNotFound, "notice.html", notice{
			frame: frame{Title: "No such payment page", Prefix: p.opt.Prefix}, Heading: "There is no such payment page", Text: "The address is mistyped, or it never existed. Nothing was charged.",
		})
	}
	if err != nil {
		return err
	}
	switch s.Status {
	case "open":
		return p.showForm(w, http.StatusOK, s, email, nil, nil)
	case "complete":
		return p.show(w, http.StatusOK, "notice.html", notice{
			frame: frame{Title: "Already paid", Prefix: p.opt.Prefix}, Heading: "This payment is done", Text: "It was charged once, and it will not be charged twice.",
			Back: returnTo(s), BackWords: "Go back to the newsroom",
		})
	default:
		return p.show(w, http.StatusGone, "notice.html", notice{
			frame: frame{Title: "Expired", Prefix: p.opt.Prefix}, Heading: "This payment page has expired", Text: "Nothing was charged. Go back and begin again if you still want to give.",
			Back: s.Cancel, BackWords: "Go back to the newsroom",
		})
	}
}

// showForm shows the payment page with what was typed and what is wrong in it.
func (p *Processor) showForm(w http.ResponseWriter, status int, s *session, email string, typed url.Values, wrong map[string]string) error {
	v := checkoutPage{
		frame: frame{Title: "Pay " + amountOf(s.Amount, s.Currency).String(), Prefix: p.opt.Prefix}, ID: s.ID, Name: s.Name, Email: email,
		Descriptor: p.descriptor(s.Suffix), Cancel: s.Cancel, Amount: amountOf(s.Amount, s.Currency), Reuse: s.Reuse != "", Cards: testCards(),
	}
	if email == "" {
		v.Fields = append(v.Fields, field{Name: "email", Label: "E-mail", Hint: "For your receipt", Type: "email", Fill: "email", Longest: 254})
	}
	v.Fields = append(v.Fields,
		field{Name: "number", Label: "Card number", Hint: "One of the test cards below, like 4242 4242 4242 4242", Type: "text", Fill: "cc-number", Longest: 40, Digits: true},
		field{Name: "exp", Label: "Expiry date", Hint: "Month and year, like 12/34", Type: "text", Fill: "cc-exp", Longest: 10},
		field{Name: "cvc", Label: "Security code", Hint: "Three or four digits", Type: "text", Fill: "cc-csc", Longest: 10, Digits: true},
	)
	for i := range v.Fields {
		f := &v.Fields[i]
		f.Value = clean(typed.Get(f.Name))
		if text := wrong[f.Name]; text != "" {
			f.Error = &complaint{f.Name, text}
			v.Errors = append(v.Errors, *f.Error)
		}
	}
	if len(v.Errors) > 0 {
		v.Title = "Error: " + v.Title
	}
	return p.show(w, status, "checkout.html", v, s.Success, s.Cancel)
}

func (p *Processor) payCheckout(w http.ResponseWriter, r *http.Request) error {
	s, email, err := p.sessionOf(r)
	var none *problem
	if errors.As(err, &none) || (err == nil && s.Status != "open") {
		if err == nil && s.Status == "complete" {
			seeOther(w, returnTo(s))
			return nil
		}
		return p.showCheckout(w, r)
	}
	if err != nil {
		return err
	}
	typed, bad := readPageForm(w, r)
	if bad != "" {
		return p.showForm(w, http.StatusBadRequest, s, email, nil, map[string]string{"number": bad})
	}
	c, wrong := readCard(typed.Get("number"), typed.Get("exp"), typed.Get("cvc"), p.opt.Now())
	if email == "" {
		if email = strings.TrimSpace(typed.Get("email")); !plausible(email) {
			wrong["email"] = "Enter an e-mail address in the form name@example.org"
			email = ""
		}
	}
	if len(wrong) > 0 {
		return p.showForm(w, http.StatusUnprocessableEntity, s, email, typed, wrong)
	}
	var failed *failure
	err = p.db.Write(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		if s, err = get[*session](ctx, tx, s.ID); err != nil {
			return err
		}
		failed, err = p.checkout(ctx, tx, s, c, email)
		return err
	})
	switch {
	case err != nil:
		p.opt.Log.ErrorContext(r.Context(), "simulator: a checkout failed", "error", err)
		return err
	case failed != nil:
		return p.showForm(w, http.StatusPaymentRequired, s, email, typed, map[string]string{"number": failed.Message + " Nothing was charged. Try another card"})
	case s.Status != "complete":
		return p.showCheckout(w, r)
	}
	seeOther(w, returnTo(s))
	return nil
}

func returnTo(s *session) string {
	return strings.ReplaceAll(s.Success, "{CHECKOUT_SESSION_ID}", s.ID)
}

func seeOther(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
}

// readPageForm reads a small form, and says what is wrong with one that is not.
func readPageForm(w http.ResponseWriter, r *http.Request) (url.Values, string) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, "What was sent cannot be read. Type it again"
	}
	for _, values := range r.PostForm {
		for _, value := range values {
			if !utf8.ValidString(value) || len(value) > 1000 {
				return nil, "What was sent cannot be read. Type it again"
			}
		}
	}
	return r.PostForm, ""
}

func plausible(email string) bool {
	name, host, ok := strings.Cut(email, "@")
	return ok && name != "" && host != "" && len(email) <= 254 && !strings.ContainsAny(email, " \t\r\n<>\"")
}

func amountOf(minor int64, currency string) money.Amount {
	return money.Of(minor, money.Currency(upper(currency)))
}
