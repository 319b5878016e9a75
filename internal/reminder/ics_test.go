package reminder_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"mimeo/internal/db/dbtest"
	"mimeo/internal/reminder"
)

// component is a part of a calendar file, with its properties by name.
type component struct {
	name       string
	properties map[string][]string
	parts      []*component
}

var contentLine = regexp.MustCompile(`^([A-Z-]+)((?:;[A-Z-]+=[^;:",]+)*):(.*)$`)

// parseCalendar is a strict reader of RFC 5545, as far as our files go: what
// it does not know is an error.
func parseCalendar(raw []byte) (*component, error) {
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		return nil, fmt.Errorf("the last line does not end")
	}
	physical := strings.Split(strings.TrimSuffix(string(raw), "\r\n"), "\r\n")
	var lines []string
	for i, l := range physical {
		switch {
		case strings.ContainsAny(l, "\r\n"):
			return nil, fmt.Errorf("line %d: a line end of another kind", i+1)
		case len(l) > 75:
			return nil, fmt.Errorf("line %d has %d octets", i+1, len(l))
		case !utf8.ValidString(l):
			return nil, fmt.Errorf("line %d: a character is torn", i+1)
		case strings.HasPrefix(l, " ") && len(lines) > 0:
			lines[len(lines)-1] += l[1:]
		default:
			lines = append(lines, l)
		}
	}
	root := &component{}
	open := []*component{root}
	for _, l := range lines {
		m := contentLine.FindStringSubmatch(l)
		if m == nil {
			return nil, fmt.Errorf("not a content line: %q", l)
		}
		top := open[len(open)-1]
		switch m[1] {
		case "BEGIN":
			c := &component{name: m[3], properties: map[string][]string{}}
			top.parts = append(top.parts, c)
			open = append(open, c)
		case "END":
			if m[3] != top.name {
				return nil, fmt.Errorf("%q ends %q", m[3], top.name)
			}
			open = open[:len(open)-1]
		default:
			if top == root {
				return nil, fmt.Errorf("outside of everything: %q", l)
			}
			if strings.ContainsFunc(m[3], func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				return nil, fmt.Errorf("a control character in %q", l)
			}
			top.properties[m[1]] = append(top.properties[m[1]], strings.TrimPrefix(m[2]+":"+m[3], ":"))
		}
	}
	if len(open) != 1 || len(root.parts) != 1 {
		return nil, fmt.Errorf("the parts are not closed one in another")
	}
	return root.parts[0], nil
}

var escapedText = regexp.MustCompile(`^(?:[^\\;,]|\\[\\;,nN])*$`)

func unescape(t *testing.T, text string) string {
	t.Helper()
	if !escapedText.MatchString(text) {
		t.Errorf("%q is not an escaped text", text)
	}
	return strings.NewReplacer(`\\`, `\`, `\;`, `;`, `\,`, `,`, `\n`, "\n").Replace(text)
}

func TestCalendarFile(t *testing.T) {
	n := newsroom(t, dbtest.SQLite(t), dbtest.NewClock(at(t, "2026-11-22T12:00:00Z")))
	uids := map[string]string{}
	for _, c := range []struct{ lang, month, start, end string }{
		{"en", "2027-01", "20270101", "20270102"},
		{"fa", "2027-05", "20270503", "20270504"},
		{"fa", "2027-02", "20270201", "20270202"},
	} {
		m, err := reminder.ParseMonth(c.month)
		if err != nil {
			t.Fatal(err)
		}
		l := n.book.For(c.lang)
		raw := n.diary.Calendar(m, l)
		cal, err := parseCalendar(raw)
		if err != nil {
			t.Fatalf("%v in\n%s", err, raw)
		}
		if cal.name != "VCALENDAR" || len(cal.parts) != 1 || cal.parts[0].name != "VEVENT" || len(cal.parts[0].parts) != 1 || cal.parts[0].parts[0].name != "VALARM" {
			t.Fatalf("the parts are wrong:\n%s", raw)
		}
		event, alarm := cal.parts[0], cal.parts[0].parts[0]
		for _, required := range []struct {
			in   *component
			name string
		}{{cal, "VERSION"}, {cal, "PRODID"}, {event, "UID"}, {event, "DTSTAMP"}, {event, "DTSTART"}, {event, "DTEND"}, {event, "SUMMARY"}, {event, "DESCRIPTION"}, {event, "URL"}, {alarm, "ACTION"}, {alarm, "TRIGGER"}, {alarm, "DESCRIPTION"}} {
			if len(required.in.properties[required.name]) != 1 {
				t.Fatalf("%s has %d of %s", required.in.name, len(required.in.properties[required.name]), required.name)
			}
		}
		got := func(name string) string { return event.properties[name][0] }
		if got("DTSTART") != ";VALUE=DATE:"+c.start || got("DTEND") != ";VALUE=DATE:"+c.end {
			t.Errorf("%s lasts from %s to %s", c.month, got("DTSTART"), got("DTEND"))
		}
		if _, err := time.Parse("20060102T150405Z", got("DTSTAMP")); err != nil {
			t.Error(err)
		}
		if got("URL") != support(c.lang) || !strings.HasSuffix(unescape(t, got("DESCRIPTION")), "\n"+support(c.lang)) {
			t.Errorf("the link is lost:\n%s", raw)
		}
		title := unescape(t, got("SUMMARY"))
		if title != l.T("reminder.event") || strings.Contains(title, newsroomName) || strings.Contains(string(raw), newsroomName) {
			t.Errorf("the title %q is not neutral", title)
		}
		if again := n.diary.Calendar(m, l); !slices.Equal(raw, again) {
			t.Error("two readers get different files")
		}
		if uid := got("UID"); uids[uid] != "" && uids[uid] != c.month {
			t.Errorf("%s and %s are one event", uids[uid], c.month)
		} else {
			uids[uid] = c.month
		}
	}
}
