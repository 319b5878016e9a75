package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// What a careless server might write down of a visitor. Every address that is
// typed in begins with plantedName, so that looking for it finds them all.
const (
	plantedName    = "planted-kh4wq"
	plantedAgent   = "PlantedAgent/7.25"
	plantedNetwork = "203.0.113.77"
)

// visitor is a browser without scripts: it reads a page's forms and sends
// them as they stand, with the answers that were given.
type visitor struct {
	client *http.Client
	at     *url.URL
	page   *html.Node
	status int
}

func newVisitor() (*visitor, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &visitor{client: &http.Client{Jar: jar}}, nil
}

func (v *visitor) do(ctx context.Context, method, address string, form url.Values) error {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("User-Agent", plantedAgent)
	req.Header.Set("X-Forwarded-For", plantedNetwork)
	res, err := v.client.Do(req)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	v.at, v.status = res.Request.URL, res.StatusCode
	v.page, err = html.Parse(bytes.NewReader(raw))
	return err
}

func (v *visitor) get(ctx context.Context, address string) error {
	return v.do(ctx, http.MethodGet, address, nil)
}

// answer is what a visitor says to a question: the words on its label, and
// the text to type (for a choice, none).
type answer struct {
	label *regexp.Regexp
	text  string
}

// submit fills in the form that has all the questions and sends it by the
// button whose words match.
func (v *visitor) submit(ctx context.Context, button *regexp.Regexp, answers ...answer) error {
	for form := range elements(v.page, "form") {
		var pressed *html.Node
		for b := range elements(form, "button") {
			if button.MatchString(text(b)) || button.MatchString(attr(b, "aria-label")) {
				pressed = b
				break
			}
		}
		if pressed == nil {
			continue
		}
		values, err := fill(v.page, form, answers)
		if err != nil {
			return fmt.Errorf("%s: %w", v.at.Path, err)
		}
		if name := attr(pressed, "name"); name != "" {
			values.Set(name, attr(pressed, "value"))
		}
		action := attr(form, "action")
		if a := attr(pressed, "formaction"); a != "" {
			action = a
		}
		to, err := v.at.Parse(action)
		if err != nil {
			return err
		}
		if !strings.EqualFold(attr(form, "method"), "post") {
			to.RawQuery = values.Encode()
			return v.get(ctx, to.String())
		}
		return v.do(ctx, http.MethodPost, to.String(), values)
	}
	return fmt.Errorf("%s (%d): no form with a button %s: %.300s", v.at.Path, v.status, button, text(v.page))
}

// fill gives a form's fields as a browser would send them.
func fill(page, form *html.Node, answers []answer) (url.Values, error) {
	labels := map[string]string{} // by the id of what they label
	for l := range elements(page, "label") {
		if id := attr(l, "for"); id != "" {
			labels[id] += " " + text(l)
		}
		for in := range elements(l, "input") {
			labels[attr(in, "id")] += " " + text(l)
		}
	}
	given := make([]bool, len(answers))
	values := url.Values{}
	for in := range elements(form, "input") {
		name, kind := attr(in, "name"), strings.ToLower(attr(in, "type"))
		if name == "" {
			continue
		}
		label := labels[attr(in, "id")] + " " + attr(in, "aria-label") + " [" + name + "=" + attr(in, "value") + "]"
		chosen := -1
		for i, a := range answers {
			if !given[i] && a.label.MatchString(label) && (a.text == "") == (kind == "radio" || kind == "checkbox") {
				chosen = i
				break
			}
		}
		switch {
		case chosen >= 0 && answers[chosen].text != "":
			given[chosen] = true
			values.Set(name, answers[chosen].text)
		case chosen >= 0:
			given[chosen] = true
			values.Set(name, attr(in, "value"))
		case kind == "radio" || kind == "checkbox":
			if hasAttr(in, "checked") && !values.Has(name) {
				values.Set(name, attr(in, "value"))
			}
		case kind != "submit" && !values.Has(name):
			values.Set(name, attr(in, "value"))
		}
	}
	for i, a := range answers {
		if !given[i] {
			return nil, fmt.Errorf("no question %s in the form %s", a.label, attr(form, "action"))
		}
	}
	return values, nil
}

// elements walks the elements of one name below a node, the node included.
func elements(n *html.Node, name string) func(yield func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		if n == nil {
			return
		}
		for d := range n.Descendants() {
			if d.Type == html.ElementNode && d.Data == name && !yield(d) {
				return
			}
		}
	}
}

func hasAttr(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// text is what a reader sees of an element, in one line.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// The words on the pages that donors meet.
var (
	byMonth     = regexp.MustCompile(`(?i)month`)
	byOnce      = regexp.MustCompile(`(?i)one time|once`)
	ofFive      = regexp.MustCompile(`\$5\b|=5\]|=500\]`)
	ofTen       = regexp.MustCompile(`\$10\b|=10\]|=1000\]`)
	email       = regexp.MustCompile(`(?i)e-mail`)
	toPayment   = regexp.MustCompile(`(?i)continue to payment`)
	cardNumber  = regexp.MustCompile(`\[number=`)
	cardExpires = regexp.MustCompile(`\[exp=`)
	cardCode    = regexp.MustCompile(`\[cvc=`)
	remindMe    = regexp.MustCompile(`(?i)remind me in`)
	anything    = regexp.MustCompile(`(?i)pay|support|give|confirm`)
)

// gift is what a donor does: two pages and a card.
type gift struct {
	Email   string
	Monthly bool
	Ten     bool
	Card    string
}

// give carries a gift out as far as the newsroom lives.
func (g gift) give(ctx context.Context, origin string) error {
	v, err := newVisitor()
	if err != nil {
		return err
	}
	if err := v.get(ctx, origin+"/support"); err != nil {
		return err
	}
	often, amount := byOnce, ofFive
	if g.Monthly {
		often = byMonth
	}
	if g.Ten {
		amount = ofTen
	}
	if err := v.submit(ctx, toPayment, answer{label: often}, answer{label: amount}, answer{email, g.Email}); err != nil {
		return fmt.Errorf("the form: %w", err)
	}
	if err := v.submit(ctx, anything, answer{cardNumber, g.Card}, answer{cardExpires, "12/34"}, answer{cardCode, "123"}); err != nil {
		return fmt.Errorf("the card: %w", err)
	}
	return nil
}

// remind asks for a reminder, whose address then waits for its month.
func remind(ctx context.Context, origin, address string) error {
	v, err := newVisitor()
	if err != nil {
		return err
	}
	if err := v.get(ctx, origin+"/remind"); err != nil {
		return err
	}
	return v.submit(ctx, remindMe, answer{email, address})
}
