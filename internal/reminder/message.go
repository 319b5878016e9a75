package reminder

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"mimeo/internal/mail"
)

// params is what is sealed together with the address.
type params struct {
	Lang  string `json:"lang"`
	Month string `json:"month"`
	Ref   string `json:"ref"`
}

// compose writes the mail on the day it leaves: plain text first, one link,
// nothing about the reader.
func (d *Diary) compose(_ context.Context, _ string, sealed json.RawMessage) (mail.Message, error) {
	var p params
	if err := json.Unmarshal(sealed, &p); err != nil {
		return mail.Message{}, fmt.Errorf("reading a planned reminder: %w", err)
	}
	m, err := ParseMonth(p.Month)
	if err != nil {
		return mail.Message{}, fmt.Errorf("reading the month of a planned reminder: %w", err)
	}
	l := d.book.For(p.Lang)
	month := l.MonthName(m.Month)
	subject := "reminder.subject"
	w := words{
		Lang: l.Code, Dir: l.Dir(),
		Before: []string{l.T("reminder.mail_asked", "Month", month), l.T("reminder.mail_still")},
		Link:   d.support(l.Code), Button: l.T("reminder.mail_button"),
		After: []string{l.T("reminder.mail_nothing"), l.T("reminder.mail_gone"), l.T("reminder.mail_other")},
	}
	if d.neutral {
		subject = "reminder.subject_neutral"
	} else {
		w.Newsroom = d.sender
	}
	w.Subject = l.T(subject, "Month", month)
	var html bytes.Buffer
	if err := letter.Execute(&html, w); err != nil {
		return mail.Message{}, fmt.Errorf("writing a reminder: %w", err)
	}
	return mail.Message{
		Subject: w.Subject, Text: w.text(), HTML: html.String(),
		Lang: l.Code, Dir: l.Dir(),
		OneClick: d.base + page + d.reminder(m, p.Ref).Token,
	}, nil
}

// words are the parts of the mail.
type words struct {
	Lang, Dir, Subject string
	Before, After      []string
	Link, Button       string
	Newsroom           string
}

func (w words) text() string {
	parts := append(append(append([]string{}, w.Before...), w.Link), w.After...)
	if w.Newsroom != "" {
		parts = append(parts, w.Newsroom)
	}
	return strings.Join(parts, "\n\n") + "\n"
}

var letter = template.Must(template.New("reminder").Parse(`<!doctype html>
<html lang="{{.Lang}}" dir="{{.Dir}}">
<head><meta charset="utf-8"><title>{{.Subject}}</title></head>
<body>
{{range .Before}}<p>{{.}}</p>
{{end}}<p><a href="{{.Link}}">{{.Button}}</a></p>
{{range .After}}<p>{{.}}</p>
{{end}}{{with .Newsroom}}<p>{{.}}</p>
{{end}}</body>
</html>
`))
