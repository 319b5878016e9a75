package desk

import (
	"strings"

	"mimeo/internal/staff"
)

// place is an entry of the navigation. It is shown to members who hold its
// right; label is a message.
type place struct {
	path  string
	label string
	right staff.Right
}

// part is a group of places under a heading.
type part struct {
	label  string
	places []place
}

// parts are the whole navigation, in its order.
func parts() []part {
	return []part{
		{"desk.nav.writing", []place{
			{"/desk/", "desk.nav.home", staff.Inside},
			{"/desk/stories", "editor.stories", staff.Write},
			{"/desk/search", "search.desk", staff.Write},
			{"/desk/again", "deskwork.again.nav", staff.Write},
		}},
		{"desk.nav.records", []place{
			{"/desk/statements", "statement.desk.nav", staff.Write},
			{"/desk/entities", "entity.desk.nav", staff.Write},
			{"/desk/running", "statement.desk.running", staff.Write},
			{"/desk/pictures", "media.pictures", staff.Write},
			{"/desk/bylines", "deskwork.bylines", staff.Write},
			{"/desk/corrections", "deskwork.ledger", staff.Write},
			{"/desk/hide", "deskwork.hide.nav", staff.Hide},
		}},
		{"desk.nav.readers", []place{
			{"/desk/front", "front.title", staff.Curate},
			{"/desk/newsletters", "newsletter.desk.title", staff.Letters},
		}},
		{"desk.nav.house", []place{
			{"/desk/approvals", "staff.nav.approvals", staff.Inside},
			{"/desk/staff", "staff.nav.people", staff.ManageStaff},
			{"/desk/trail", "staff.nav.trail", staff.Trail},
			{"/desk/me", "staff.nav.me", staff.Inside},
		}},
	}
}

// Link is a place as a page shows it.
type Link struct {
	Path, Label string
	Here        bool
}

// Group is a part as a page shows it.
type Group struct {
	Label string
	Links []Link
}

// Nav is the navigation as far as the member may go.
func (v *visit) Nav() []Group {
	var all []Group
	var here *Link
	length := 0
	for _, part := range parts() {
		g := Group{Label: v.T(part.label)}
		for _, pl := range part.places {
			if !v.May(pl.right) {
				continue
			}
			g.Links = append(g.Links, Link{Path: pl.path, Label: v.T(pl.label)})
		}
		if len(g.Links) > 0 {
			all = append(all, g)
		}
	}
	// The longest address that the page lies under is where we are.
	for i := range all {
		for j := range all[i].Links {
			l := &all[i].Links[j]
			under := v.Path == l.Path || l.Path != "/desk/" && strings.HasPrefix(v.Path, strings.TrimSuffix(l.Path, "/")+"/")
			if under && len(l.Path) > length {
				here, length = l, len(l.Path)
			}
		}
	}
	if here != nil {
		here.Here = true
	}
	return all
}
