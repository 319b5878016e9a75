// Package staff is who works here: members with their roles, the passkeys that
// let them in, the sessions they have open, the approvals that one asks and
// another gives, and the trail of what was done.
//
// The first owner comes in by a link that the operator prints at the machine;
// everybody else by a link that an owner hands over. Behind it waits a passkey,
// never a password. A printed sheet of codes is for the day the passkeys are
// lost. A session lasts twelve hours and lies on the server: of its key only
// the hash, and no network address and no browser's name at all.
//
// A member is no person and no byline. Nothing here is ever shown to readers:
// the name is for colleagues, and the id stands in the trail and nowhere
// outside the desk. There is no e-mail address in it.
//
// The trail says who did what to which thing, by ids alone, and each line's
// hash covers the line before it: Check finds the first one that was touched.
package staff

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mimeo/internal/fault"
)

// Role is what somebody was taken on for. A member may have several.
type Role string

// The roles.
const (
	Owner      Role = "owner"      // everything, and who else comes in
	Editor     Role = "editor"     // what is published
	Reporter   Role = "reporter"   // writes
	Fundraiser Role = "fundraiser" // appeals and newsletters
	Treasurer  Role = "treasurer"  // money
	Operator   Role = "operator"   // the machine
)

// Roles lists all of them.
func Roles() []Role { return []Role{Owner, Editor, Reporter, Fundraiser, Treasurer, Operator} }

// ParseRole refuses what is no role.
func ParseRole(text string) (Role, error) {
	if r := Role(text); slices.Contains(Roles(), r) {
		return r, nil
	}
	return "", fault.Invalidf("There is no role %q", text)
}

// State says whether a member may come in.
type State string

// The states.
const (
	Active    State = "active"
	Suspended State = "suspended" // may come back
	Left      State = "left"      // for good
)

// Member is somebody who works here.
type Member struct {
	ID     string
	Name   string // for colleagues, inside the desk alone
	Roles  []Role
	State  State
	Lang   string // of the desk's pages, "" for the browser's
	Joined time.Time
}

// Is reports whether the member has a role.
func (m Member) Is(r Role) bool { return slices.Contains(m.Roles, r) }

// rehearsed begins the ids of the demo's members, who have no passkeys.
const rehearsed = "demo-"

// Rehearses reports whether the member is one of the demo's.
func (m Member) Rehearses() bool { return strings.HasPrefix(m.ID, rehearsed) }

// Session is one open door.
type Session struct {
	ID        string // names it in lists; it is not the key
	Member    Member
	Device    string // a word of the member's own, "" for none
	Opened    time.Time
	Used      time.Time // to within five minutes
	Confirmed time.Time // when a passkey was last shown, zero for never
	Recovered bool      // opened by a code from the sheet
}

// The lengths of things.
const (
	SessionLife = 12 * time.Hour
	MostOpen    = 10 // sessions of one member
	Fresh       = 10 * time.Minute
	SetupLife   = 30 * time.Minute
	InviteLife  = 72 * time.Hour
	AskLife     = 24 * time.Hour
)

// Ends is when the session is over.
func (s Session) Ends() time.Time { return s.Opened.Add(SessionLife) }

// IsConfirmed reports whether a passkey was shown a short while ago.
func (s Session) IsConfirmed(now time.Time) bool {
	return !s.Confirmed.IsZero() && now.Sub(s.Confirmed) < Fresh
}

const mostName = 80 // characters of a name

// cleanName refuses a name that a list could not show.
func cleanName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", fault.Invalidf("Enter a name that colleagues will know")
	case n > mostName:
		return "", fault.Invalidf("A name has at most %d characters", mostName)
	}
	return name, nil
}

// cleanRoles drops doubles and puts the roles into their order.
func cleanRoles(roles []Role) ([]Role, error) {
	var out []Role
	for _, r := range Roles() {
		if slices.Contains(roles, r) {
			out = append(out, r)
		}
	}
	for _, r := range roles {
		if _, err := ParseRole(string(r)); err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, fault.Invalidf("Choose at least one role")
	}
	return out, nil
}

const mostDevice = 40 // characters of a device's word

func cleanDevice(device string) string {
	device = strings.Join(strings.Fields(device), " ")
	if r := []rune(device); len(r) > mostDevice {
		device = string(r[:mostDevice])
	}
	return device
}
