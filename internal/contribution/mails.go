package contribution

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/lang"
	"mimeo/internal/mail"
	"mimeo/internal/money"
)

// mailKind names a mail to a supporter.
type mailKind string

const (
	mailReceipt     mailKind = "receipt"
	mailCardFailed  mailKind = "card_failed"
	mailGiftEnded   mailKind = "gift_ended"
	mailGiftStopped mailKind = "gift_stopped"
)

// linkLasts is for how long the link in a mail works: longer than the time
// between two mails of a yearly gift.
const linkLasts = 2 * 365 * 24 * time.Hour

// letter is what a mail is composed of on the day it leaves; it waits sealed
// until then.
type letter struct {
	Lang     string         `json:"lang"`
	Minor    int64          `json:"minor"`
	Currency money.Currency `json:"currency"`
	Rhythm   Rhythm         `json:"rhythm"`
	Pledge   string         `json:"pledge"`
	Payment  string         `json:"payment"`
	Day      Day            `json:"day"`  // of the payment, or of the last one
	Next     Day            `json:"next"` // the next payment or try; "" for none
	Paid     int            `json:"paid"`
	Made     Day            `json:"made"` // when the mail was planned; its link lasts from there
}

func (t *Till) registerMails() {
	for _, kind := range []mailKind{mailReceipt, mailCardFailed, mailGiftEnded, mailGiftStopped} {
		t.mail.Compose(string(kind), func(_ context.Context, to string, params json.RawMessage) (mail.Message, error) {
			var l letter
			if err := json.Unmarshal(params, &l); err != nil {
				return mail.Message{}, fmt.Errorf("reading what a mail is about: %w", err)
			}
			return t.compose(kind, to, l)
		})
	}
}

// prepareMail seals a mail about a payment, to leave at once. There is none when
// no kind or address is given, or the address is none that mail can go to.
func (t *Till) prepareMail(kind mailKind, p Pledge, pay Payment, next Day, paid int, to string) (*mail.Letter, error) {
	if kind == "" || to == "" {
		return nil, nil //nolint:nilnil // no letter is a good answer
	}
	now := t.opt.Now()
	sealed, err := t.mail.Prepare(mail.Planned{Kind: string(kind), Due: now, To: to, Params: letter{
		Lang: p.Lang, Minor: pay.Amount.Minor, Currency: pay.Amount.Currency, Rhythm: p.Rhythm, Pledge: p.ID,
		Payment: pay.ID, Day: pay.Settled, Next: next, Paid: paid, Made: DayOf(now),
	}})
	if fault.KindOf(err) == fault.Invalid {
		t.opt.Log.Warn("no mail can go to the address that the provider gave", "kind", kind, "payment", pay.ID)
		return nil, nil //nolint:nilnil // as above
	}
	if err != nil {
		return nil, fmt.Errorf("preparing the mail %s: %w", kind, err)
	}
	return sealed, nil
}

// putMail plans a prepared mail, if there is one.
func (t *Till) putMail(ctx context.Context, tx *db.Tx, l *mail.Letter) error {
	if l == nil {
		return nil
	}
	return t.mail.Put(ctx, tx, l)
}

// part is one paragraph of a mail, or a link on a line of its own.
type part struct {
	Text string
	Link bool
}

// compose writes a mail. Its subject names nobody and nothing but the matter.
func (t *Till) compose(kind mailKind, to string, l letter) (mail.Message, error) {
	words := t.opt.Words.For(l.Lang)
	say := func(key string, args ...any) part { return part{Text: words.T("contribution."+key, args...)} }
	amount := words.Money(money.Of(l.Minor, l.Currency))
	gift := words.T("contribution.gift."+string(l.Rhythm), "Amount", amount)
	page := part{Link: true, Text: t.opt.URL(l.Lang, "/supporter") + "?t=" + url.QueryEscape(t.Link(l.Pledge, l.Made))}

	var parts []part
	switch kind {
	case mailReceipt:
		parts = append(parts, say("mail.receipt.received", "Amount", amount, "Date", date(words, l.Day)),
			say("mail.descriptor", "Descriptor", t.opt.Descriptor))
		switch {
		case l.Rhythm == Once:
			parts = append(parts, say("mail.receipt.single"))
		case l.Next == "":
			parts = append(parts, say("mail.receipt.over"), say("mail.receipt.stop"), page)
		default:
			parts = append(parts, say("mail.receipt.goes_on", "Gift", gift, "Next", date(words, l.Next)), say("mail.receipt.stop"), page)
		}
		parts = append(parts, say("mail.number", "Number", strings.ToUpper(l.Payment[:min(8, len(l.Payment))])))
	case mailCardFailed:
		parts = append(parts, say("mail.card_failed.what", "Gift", gift), say("mail.card_failed.again"), page)
		if l.Next == "" {
			parts = append(parts, say("mail.card_failed.last"))
		} else {
			parts = append(parts, say("mail.card_failed.nothing", "Next", date(words, l.Next)))
		}
		parts = append(parts, thanks(words, l))
	case mailGiftEnded:
		parts = append(parts, say("mail.gift_ended.what", "Gift", gift), thanks(words, l), say("mail.gift_ended.deleted"),
			say("mail.gift_ended.again"), part{Link: true, Text: t.opt.URL(l.Lang, "/support")})
	case mailGiftStopped:
		parts = append(parts, say("mail.gift_stopped.what", "Gift", gift))
		if l.Day != "" {
			parts = append(parts, say("mail.gift_stopped.last", "Date", date(words, l.Day)))
		}
		parts = append(parts, thanks(words, l), say("mail.gift_stopped.deleted"))
	default:
		return mail.Message{}, fmt.Errorf("there is no mail %q", kind)
	}
	parts = append(parts, say("mail.signature", "Newsroom", t.opt.Newsroom(l.Lang)))

	m := mail.Message{
		To: to, Subject: words.T("contribution.mail." + string(kind) + ".subject"), Text: plain(parts),
		Lang: words.Code, Dir: words.Dir(), ID: messageID(kind, l),
	}
	var html strings.Builder
	if err := sheet.Execute(&html, map[string]any{"Lang": m.Lang, "Dir": m.Dir, "Subject": m.Subject, "Parts": parts}); err != nil {
		return mail.Message{}, fmt.Errorf("writing a mail: %w", err)
	}
	m.HTML = html.String()
	return m, nil
}

// Link is the signed text that opens a supporter's page, good for two years
// from a day.
func (t *Till) Link(pledge string, from Day) string {
	return t.vault.Sign(LinkPurpose, []byte(pledge), from.Time().Add(linkLasts))
}

func date(words *lang.Lang, d Day) string { return words.Date(d.Time(), time.UTC) }

func thanks(words *lang.Lang, l letter) part {
	if l.Paid == 0 {
		return part{Text: words.T("contribution.thanks.once")}
	}
	return part{Text: words.T("contribution.thanks."+string(l.Rhythm), "Count", l.Paid)}
}

// messageID is the same for the same mail, and tells nothing of what it is about.
func messageID(kind mailKind, l letter) string {
	sum := sha256.Sum256([]byte("mail|" + string(kind) + "|" + l.Pledge + "|" + l.Payment))
	return hex.EncodeToString(sum[:12])
}

func plain(parts []part) string {
	var text strings.Builder
	for _, p := range parts {
		text.WriteString(p.Text)
		text.WriteString("\n\n")
	}
	return strings.TrimRight(text.String(), "\n") + "\n"
}

var sheet = template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="{{.Lang}}" dir="{{.Dir}}">
<head><meta charset="utf-8"><title>{{.Subject}}</title></head>
<body style="font: 16px/1.5 sans-serif; max-width: 38em; margin: 1em">
{{range .Parts}}{{if .Link}}<p><a href="{{.Text}}" dir="ltr">{{.Text}}</a></p>
{{else}}<p>{{.Text}}</p>
{{end}}{{end}}</body>
</html>
`))
