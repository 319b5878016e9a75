package reminder

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"

	"mimeo/internal/lang"
)

// Calendar returns an RFC 5545 file with one event on the month's first
// working day, for readers who rather remind themselves. Its title says
// nothing about us. The file is the same for everyone, so downloading it again
// replaces the event, and it tells nobody from anybody.
func (d *Diary) Calendar(m Month, l *lang.Lang) []byte {
	day := d.hours.First(m)
	link := d.support(l.Code)
	id := sha256.Sum256([]byte(d.base + "|" + m.String()))
	stamp := time.Date(m.Year, m.Month, 1, 0, 0, 0, 0, time.UTC)

	var c calendar
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//Mimeo//Reminder//EN")
	c.line("CALSCALE", "GREGORIAN")
	c.line("BEGIN", "VEVENT")
	c.line("UID", hex.EncodeToString(id[:16])+"@reminder.invalid")
	c.line("DTSTAMP", stamp.AddDate(0, -2, 0).Format("20060102T150405Z"))
	c.line("DTSTART;VALUE=DATE", day.Format("20060102"))
	c.line("DTEND;VALUE=DATE", day.AddDate(0, 0, 1).Format("20060102"))
	c.line("SUMMARY", escapeText(l.T("reminder.event")))
	c.line("DESCRIPTION", escapeText(l.T("reminder.event_text")+"\n"+link))
	c.line("URL", link)
	c.line("CLASS", "PRIVATE")
	c.line("TRANSP", "TRANSPARENT")
	c.line("BEGIN", "VALARM")
	c.line("ACTION", "DISPLAY")
	c.line("DESCRIPTION", escapeText(l.T("reminder.event")))
	c.line("TRIGGER", "PT9H")
	c.line("END", "VALARM")
	c.line("END", "VEVENT")
	c.line("END", "VCALENDAR")
	return c.out
}

// calendar writes content lines: CRLF at the end, and folded so that none is
// longer than 75 octets and no character is torn.
type calendar struct{ out []byte }

func (c *calendar) line(name, value string) {
	const most = 75
	room := most
	for _, r := range name + ":" + value {
		n := utf8.RuneLen(r)
		if n > room {
			c.out = append(c.out, "\r\n "...)
			room = most - 1
		}
		c.out = utf8.AppendRune(c.out, r)
		room -= n
	}
	c.out = append(c.out, "\r\n"...)
}

// escapeText is the TEXT value of RFC 5545, section 3.3.11.
func escapeText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `;`, `\;`, `,`, `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(s)
}
