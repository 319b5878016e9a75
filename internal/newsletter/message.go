package newsletter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"mimeo/internal/db"
	"mimeo/internal/mail"
)

// delivery is what is sealed with the address of an issue's mail.
type delivery struct {
	Issue      string `json:"issue"`
	Subscriber string `json:"subscriber,omitempty"`
}

// composeConfirm asks whether it was really this address that wants a
// newsletter. The link carries the address, sealed.
func (p *Press) composeConfirm(ctx context.Context, to string, params json.RawMessage) (mail.Message, error) {
	var a asked
	if err := json.Unmarshal(params, &a); err != nil {
		return mail.Message{}, fmt.Errorf("reading a planned question: %w", err)
	}
	n, err := p.ByID(ctx, a.Newsletter)
	if err != nil {
		return mail.Message{}, errGone(err)
	}
	a.Email = to
	plain, err := json.Marshal(a)
	if err != nil {
		return mail.Message{}, fmt.Errorf("writing a confirmation link: %w", err)
	}
	sealed, err := p.box.Wrap(confirmBox, plain)
	if err != nil {
		return mail.Message{}, fmt.Errorf("sealing a confirmation link: %w", err)
	}
	l := p.book.For(n.Lang)
	w := words{
		Lang: l.Code, Dir: l.Dir(), Newsroom: p.opt.Newsroom(l.Code),
		Subject: l.T("newsletter.confirm.subject", "Newsletter", n.Name),
		Before:  []string{l.T("newsletter.confirm.asked", "Newsletter", n.Name), l.T("newsletter.confirm.press")},
		Link:    p.opt.URL(n.Lang, confirmPage) + p.box.Sign(confirmLink, sealed, p.opt.Now().AddDate(0, 0, confirmDays)),
		Button:  l.T("newsletter.confirm.button"),
		After:   []string{l.T("newsletter.confirm.days", "Count", confirmDays), l.T("newsletter.confirm.stranger")},
	}
	return w.message()
}

// composeIssue writes an issue to one subscriber, who may have left meanwhile.
func (p *Press) composeIssue(ctx context.Context, _ string, params json.RawMessage) (mail.Message, error) {
	var d delivery
	if err := json.Unmarshal(params, &d); err != nil {
		return mail.Message{}, fmt.Errorf("reading a planned issue: %w", err)
	}
	var there string
	err := p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		there, err = subscribed(ctx, tx, d.Subscriber)
		return err
	})
	if err != nil {
		return mail.Message{}, fmt.Errorf("looking whether a subscriber is still there: %w", err)
	}
	if there == "" {
		return mail.Message{}, mail.ErrUnneeded
	}
	i, n, err := p.both(ctx, d.Issue)
	if err != nil {
		return mail.Message{}, err
	}
	leave := p.opt.URL(n.Lang, leavePage) + p.box.Sign(leaveLink, []byte(d.Subscriber), leaveUntil(i))
	m, err := p.words(n, i, leave)
	m.OneClick = leave
	return m, err
}

// composeTest writes an issue as it is now to an editor.
func (p *Press) composeTest(ctx context.Context, _ string, params json.RawMessage) (mail.Message, error) {
	var d delivery
	if err := json.Unmarshal(params, &d); err != nil {
		return mail.Message{}, fmt.Errorf("reading a planned trial: %w", err)
	}
	i, err := p.Issue(ctx, d.Issue)
	if err != nil {
		return mail.Message{}, errGone(err)
	}
	return p.Preview(ctx, i)
}

func (p *Press) both(ctx context.Context, issue string) (Issue, Newsletter, error) {
	i, err := p.Issue(ctx, issue)
	if err != nil {
		return i, Newsletter{}, errGone(err)
	}
	n, err := p.ByID(ctx, i.Newsletter)
	return i, n, errGone(err)
}

// words writes an issue.
func (p *Press) words(n Newsletter, i Issue, leave string) (mail.Message, error) {
	l := p.book.For(n.Lang)
	w := words{
		Lang: l.Code, Dir: l.Dir(), Newsroom: p.opt.Newsroom(l.Code), Subject: i.Subject, Items: i.Items,
		After: []string{l.T("newsletter.issue.why", "Newsletter", n.Name)},
		Leave: leave, LeaveWords: l.T("newsletter.issue.leave"),
	}
	for _, paragraph := range strings.Split(i.Intro, "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			w.Before = append(w.Before, paragraph)
		}
	}
	return w.message()
}

// words are the parts of a mail.
type words struct {
	Lang, Dir, Subject string
	Newsroom           string
	Before             []string
	Link, Button       string
	Items              []Item
	After              []string
	Leave, LeaveWords  string
}

func (w words) message() (mail.Message, error) {
	if w.Subject == "" {
		w.Subject = w.Newsroom
	}
	var html bytes.Buffer
	if err := letter.Execute(&html, w); err != nil {
		return mail.Message{}, fmt.Errorf("writing a mail: %w", err)
	}
	return mail.Message{Subject: w.Subject, Text: w.text(), HTML: html.String(), Lang: w.Lang, Dir: w.Dir}, nil
}

func (w words) text() string {
	parts := append([]string{}, w.Before...)
	if w.Link != "" {
		parts = append(parts, w.Link)
	}
	for _, i := range w.Items {
		part := i.Headline
		if i.Text != "" {
			part += "\n\n" + i.Text
		}
		parts = append(parts, part+"\n"+i.URL)
	}
	parts = append(parts, "— "+w.Newsroom)
	parts = append(parts, w.After...)
	if w.Leave != "" {
		parts = append(parts, w.LeaveWords+"\n"+w.Leave)
	}
	return strings.Join(parts, "\n\n") + "\n"
}

var letter = template.Must(template.New("newsletter").Parse(`<!doctype html>
<html lang="{{.Lang}}" dir="{{.Dir}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Subject}}</title></head>
<body>
{{range .Before}}<p>{{.}}</p>
{{end}}{{with .Link}}<p><a href="{{.}}">{{$.Button}}</a></p>
{{end}}{{range .Items}}<h2><a href="{{.URL}}">{{.Headline}}</a></h2>
{{with .Text}}<p>{{.}}</p>
{{end}}{{end}}<p>{{.Newsroom}}</p>
{{range .After}}<p><small>{{.}}</small></p>
{{end}}{{with .Leave}}<p><small><a href="{{.}}">{{$.LeaveWords}}</a></small></p>
{{end}}</body>
</html>
`))
