package staff_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/staff"
)

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func door(t testing.TB, d *db.DB, now func() time.Time) *staff.Door {
	t.Helper()
	one, err := staff.New(d, ident.NewSource(now, rand.Reader), staff.Options{Now: now, Random: rand.Reader, Base: "http://127.0.0.1:8080", Newsroom: "The Lantern"})
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func enter(t testing.TB, d *staff.Door, r staff.Role) (string, staff.Session) {
	t.Helper()
	key, s, err := d.Rehearse(context.Background(), r, string(r))
	if err != nil {
		t.Fatal(err)
	}
	return key, s
}

func open(t testing.TB, d *staff.Door, key string) bool {
	t.Helper()
	_, ok, err := d.Session(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func wantKind(t testing.TB, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

func TestSessionsEndAfterTwelveHours(t *testing.T) {
	dbtest.EachClock(t, start, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		room := door(t, d, c.Now)
		key, s := enter(t, room, staff.Editor)
		c.Advance(staff.SessionLife - time.Microsecond)
		if !open(t, room, key) {
			t.Error("it is over before its time")
		}
		if all, err := room.Sessions(t.Context(), s.Member.ID); err != nil || len(all) != 1 || all[0].ID != s.ID {
			t.Errorf("listed: %+v, %v", all, err)
		}
		c.Advance(time.Microsecond)
		if open(t, room, key) {
			t.Error("it is still open after twelve hours")
		}
		if all, err := room.Sessions(t.Context(), s.Member.ID); err != nil || len(all) != 0 {
			t.Errorf("still listed: %+v, %v", all, err)
		}
		for _, key := range []string{"", "x", strings.Repeat("a", ident.SecretLen), strings.Repeat("A", ident.SecretLen), s.ID} {
			if open(t, room, key) {
				t.Errorf("%q opens a session", key)
			}
		}
	})
}

func TestTheEleventhSessionEndsTheOldest(t *testing.T) {
	dbtest.EachClock(t, start, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		room := door(t, d, c.Now)
		var keys []string
		for range staff.MostOpen + 1 {
			c.Advance(time.Minute)
			key, _ := enter(t, room, staff.Reporter)
			keys = append(keys, key)
		}
		other, _ := enter(t, room, staff.Editor)
		if open(t, room, keys[0]) {
			t.Error("the oldest is still open")
		}
		for _, key := range append(keys[1:], other) {
			if !open(t, room, key) {
				t.Error("one of the newest ten is over, or a colleague's")
			}
		}
	})
}

func TestSessionsAreRevokedByTheirOwnMemberAlone(t *testing.T) {
	dbtest.EachClock(t, start, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		room := door(t, d, c.Now)
		first, one := enter(t, room, staff.Editor)
		second, two := enter(t, room, staff.Editor)
		third, three := enter(t, room, staff.Reporter)
		if err := room.Revoke(t.Context(), three.Member, one.ID); err != nil || !open(t, room, first) {
			t.Errorf("a colleague ended it: %v", err)
		}
		if err := room.Revoke(t.Context(), one.Member, one.ID); err != nil || open(t, room, first) || !open(t, room, second) {
			t.Errorf("revoking one: %v", err)
		}
		if err := room.Call(t.Context(), two.Member, two.ID, "  the  phone "); err != nil {
			t.Fatal(err)
		}
		fourth, _ := enter(t, room, staff.Editor)
		if err := room.RevokeAll(t.Context(), two.Member, two.ID); err != nil || open(t, room, fourth) || !open(t, room, second) || !open(t, room, third) {
			t.Errorf("revoking all others: %v", err)
		}
		if all, err := room.Sessions(t.Context(), two.Member.ID); err != nil || len(all) != 1 || all[0].Device != "the phone" {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// What lies on the disk opens nothing: neither a session's key nor a link nor a
// code of the sheet stands anywhere.
func TestNoKeyLiesInTheDatabase(t *testing.T) {
	dbtest.EachClock(t, start, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		room := door(t, d, c.Now)
		key, s := enter(t, room, staff.Owner)
		link, _, err := room.Invite(t.Context(), s.Member, "Newcomer", []staff.Role{staff.Reporter})
		if err != nil {
			t.Fatal(err)
		}
		codes, err := room.NewSheet(t.Context(), s.Member)
		if err != nil {
			t.Fatal(err)
		}
		secrets := []string{key, link}
		for _, code := range codes {
			secrets = append(secrets, code, strings.ReplaceAll(code, "-", ""))
		}
		for _, table := range []string{
			"select hash || id || member || device from staff_session", "select hash || id || name from staff_invite",
			"select hash || member || sheet from staff_code", "select actor || action || object from staff_act",
		} {
			var all []string
			if err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				rows, err := tx.Query(ctx, table)
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
					var one string
					if err := rows.Scan(&one); err != nil {
						return err
					}
					all = append(all, one)
				}
				return rows.Err()
			}); err != nil {
				t.Fatal(err)
			}
			if len(all) == 0 {
				t.Errorf("nothing in %s", table)
			}
			for _, secret := range secrets {
				if strings.Contains(strings.Join(all, "\n"), secret) {
					t.Errorf("%q stands in %s", secret, table)
				}
			}
		}
	})
}

func TestRecoverySheet(t *testing.T) {
	dbtest.EachClock(t, start, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		room := door(t, d, c.Now)
		old, s := enter(t, room, staff.Editor)
		first, err := room.NewSheet(t.Context(), s.Member)
		if err != nil {
			t.Fatal(err)
		}
		codes, err := room.NewSheet(t.Context(), s.Member)
		if err != nil || len(codes) != staff.SheetCodes {
			t.Fatal(codes, err)
		}
		_, _, err = room.Redeem(t.Context(), first[0], "", "")
		wantKind(t, "a code of an earlier sheet", err, fault.Denied)
		_, _, err = room.Redeem(t.Context(), "abcd", "", "")
		wantKind(t, "half a code", err, fault.Invalid)

		typed := " " + strings.ReplaceAll(strings.ToUpper(strings.ReplaceAll(codes[0], "-", " ")), "O", "0") + "\t"
		key, got, err := room.Redeem(t.Context(), typed, "", "borrowed")
		if err != nil || !open(t, room, key) || got.Member.ID != s.Member.ID {
			t.Fatalf("a code as people type it: %+v, %v", got, err)
		}
		if open(t, room, old) {
			t.Error("the session of before is still open")
		}
		if got.IsConfirmed(c.Now()) {
			t.Error("a code counts as a passkey")
		}
		if !room.MayAdd(got) {
			t.Error("whoever came by the sheet cannot register a new passkey")
		}
		_, _, err = room.Redeem(t.Context(), codes[0], "", "")
		wantKind(t, "a code the second time", err, fault.Denied)
		if left, err := room.CodesLeft(t.Context(), s.Member.ID); err != nil || left != staff.SheetCodes-1 {
			t.Errorf("%d left, %v", left, err)
		}
		c.Advance(staff.SetupLife)
		if room.MayAdd(got) {
			t.Error("half an hour later a passkey can still be added without one")
		}
	})
}

func TestCodesCannotBeGuessedQuickly(t *testing.T) {
	c := dbtest.NewClock(start)
	room := door(t, dbtest.SQLite(t), c.Now)
	try := func(network string) error {
		_, _, err := room.Redeem(t.Context(), "aaaa-bbbb-cccc-dddd", network, "")
		return err
	}
	n := 0
	for n < 1000 && !staff.IsTries(try("192.0.2.0/24")) {
		n++
	}
	if n != 30 {
		t.Errorf("%d tries were let through", n)
	}
	if staff.IsTries(try("198.51.100.0/24")) {
		t.Error("one network's tries count against another's")
	}
	if _, err := room.BeginEntering(t.Context(), "192.0.2.0/24"); !staff.IsTries(err) {
		t.Error("the sign-in is open to a network that tries codes")
	}
	c.Advance(10 * time.Minute)
	if staff.IsTries(try("192.0.2.0/24")) {
		t.Error("ten minutes later it is still refused")
	}
}

func TestInvitations(t *testing.T) {
	dbtest.EachClock(t, start, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		room := door(t, d, c.Now)
		one, _, err := room.Setup(t.Context(), "anna")
		if err != nil {
			t.Fatal(err)
		}
		two, in, err := room.Setup(t.Context(), "anna")
		if err != nil || !slices.Equal(in.Roles, []staff.Role{staff.Owner}) {
			t.Fatal(in, err)
		}
		_, err = room.Invited(t.Context(), one)
		wantKind(t, "the link before", err, fault.Denied)
		c.Advance(staff.SetupLife - time.Second)
		if got, err := room.Invited(t.Context(), two); err != nil || got.ID != in.ID {
			t.Errorf("%+v, %v", got, err)
		}
		c.Advance(time.Second)
		_, err = room.Invited(t.Context(), two)
		wantKind(t, "after half an hour", err, fault.Denied)

		_, owner := enter(t, room, staff.Owner)
		_, editor := enter(t, room, staff.Editor)
		_, _, err = room.Invite(t.Context(), editor.Member, "X", []staff.Role{staff.Reporter})
		wantKind(t, "an editor invites", err, fault.Denied)
		_, _, err = room.Invite(t.Context(), owner.Member, "X", nil)
		wantKind(t, "no role", err, fault.Invalid)
		_, _, err = room.Invite(t.Context(), owner.Member, " ", []staff.Role{staff.Reporter})
		wantKind(t, "no name", err, fault.Invalid)
		_, _, err = room.Invite(t.Context(), owner.Member, "X", []staff.Role{"king"})
		wantKind(t, "no such role", err, fault.Invalid)
		link, made, err := room.Invite(t.Context(), owner.Member, "X", []staff.Role{staff.Reporter, staff.Editor})
		if err != nil {
			t.Fatal(err)
		}
		// A console link leaves an owner's invitations alone.
		if _, _, err := room.Setup(t.Context(), "anna"); err != nil {
			t.Fatal(err)
		}
		if _, err := room.Invited(t.Context(), link); err != nil {
			t.Error(err)
		}
		if err := room.TakeBack(t.Context(), owner.Member, made.ID); err != nil {
			t.Fatal(err)
		}
		_, err = room.Invited(t.Context(), link)
		wantKind(t, "taken back", err, fault.Denied)
		wantKind(t, "taken back twice", room.TakeBack(t.Context(), owner.Member, made.ID), fault.Conflict)
	})
}

func TestTheLastOwnerStays(t *testing.T) {
	dbtest.EachClock(t, start, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		room := door(t, d, c.Now)
		_, owner := enter(t, room, staff.Owner)
		key, editor := enter(t, room, staff.Editor)
		me, other := owner.Member, editor.Member.ID
		wantKind(t, "leaving", room.Leave(t.Context(), me, me.ID), fault.Conflict)
		wantKind(t, "suspending", room.Suspend(t.Context(), me, me.ID), fault.Conflict)
		wantKind(t, "another role", room.SetRoles(t.Context(), me, me.ID, []staff.Role{staff.Editor}), fault.Conflict)
		wantKind(t, "an editor raises himself", room.SetRoles(t.Context(), editor.Member, other, []staff.Role{staff.Owner}), fault.Denied)
		if err := room.Suspend(t.Context(), me, other); err != nil || open(t, room, key) {
			t.Errorf("a suspended member's session is open, %v", err)
		}
		wantKind(t, "suspended twice", room.Suspend(t.Context(), me, other), fault.Conflict)
		if err := room.SetRoles(t.Context(), me, other, []staff.Role{staff.Owner}); err != nil {
			t.Fatal(err)
		}
		wantKind(t, "the other owner is suspended", room.Leave(t.Context(), me, me.ID), fault.Conflict)
		if err := room.Restore(t.Context(), me, other); err != nil {
			t.Fatal(err)
		}
		second, err := room.Member(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		link, _, err := room.Invite(t.Context(), second, "A friend", []staff.Role{staff.Owner})
		if err != nil {
			t.Fatal(err)
		}
		if err := room.SetRoles(t.Context(), me, other, []staff.Role{staff.Editor}); err != nil {
			t.Fatal(err)
		}
		_, err = room.Invited(t.Context(), link)
		wantKind(t, "the link of an owner who is none any more", err, fault.Denied)
		if err := room.SetRoles(t.Context(), me, other, []staff.Role{staff.Owner}); err != nil {
			t.Fatal(err)
		}
		if err := room.Leave(t.Context(), me, me.ID); err != nil {
			t.Error("with a second owner the first may go:", err)
		}
		wantKind(t, "whoever left manages nobody", room.SetRoles(t.Context(), me, other, []staff.Role{staff.Editor}), fault.Denied)
		if report, err := room.Check(t.Context()); err != nil || report.Broken != 0 {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

// Two owners who remove each other at the same moment do not leave a house
// without any.
func TestTwoOwnersRemoveEachOther(t *testing.T) {
	dbtest.EachClock(t, start, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		room := door(t, d, c.Now)
		_, a := enter(t, room, staff.Owner)
		_, b := enter(t, room, staff.Editor)
		if err := room.SetRoles(t.Context(), a.Member, b.Member.ID, []staff.Role{staff.Owner}); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 2)
		go func() { done <- room.Leave(t.Context(), a.Member, b.Member.ID) }()
		go func() { done <- room.Leave(t.Context(), b.Member, a.Member.ID) }()
		first, second := <-done, <-done
		if (first == nil) == (second == nil) {
			t.Errorf("both had the same end: %v, %v", first, second)
		}
		all, err := room.Members(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(all, func(m staff.Member) bool { return m.State == staff.Active && m.Is(staff.Owner) }) {
			t.Errorf("no owner is left: %+v", all)
		}
	})
}

func TestNobodyHoldsAnUnknownRight(t *testing.T) {
	for _, r := range staff.Roles() {
		for _, right := range []staff.Right{"", "king", "Write"} {
			if r.May(right) {
				t.Errorf("%s may %q", r, right)
			}
		}
		if !r.May(staff.Inside) {
			t.Errorf("%s is not inside", r)
		}
		if r != staff.Owner && r.May(staff.ManageStaff) {
			t.Errorf("%s manages staff", r)
		}
	}
	for _, right := range staff.Rights() {
		if !staff.Owner.May(right) {
			t.Errorf("an owner may not %s", right)
		}
	}
	if (staff.Member{Roles: []staff.Role{staff.Owner}, State: staff.Suspended}).May(staff.Write) || (staff.Member{Roles: []staff.Role{staff.Owner}}).May(staff.Write) {
		t.Error("whoever is not at work holds rights")
	}
}

// The rules of two people, whatever happens in whatever order.
func TestApprovalsTakeTwo(t *testing.T) {
	dbtest.EachClock(t, start, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		room := door(t, d, c.Now)
		people := map[string]staff.Member{}
		var ids []string
		for _, r := range staff.Roles() {
			_, s := enter(t, room, r)
			people[s.Member.ID] = s.Member
			ids = append(ids, s.Member.ID)
		}
		round := 0
		rapid.Check(t, func(r *rapid.T) {
			round++
			if round > 25 && d.Dialect() == db.Postgres {
				return // the same rules, at a tenth of the pace
			}
			object := fmt.Sprintf("object-%d", round)
			action := rapid.SampledFrom(staff.Actions()).Draw(r, "action")
			ask, approve := action.Rights()
			var id, by, second string // the model
			stage, ends := staff.Stage(""), time.Time{}
			lapse := func() {
				if (stage == staff.Asked || stage == staff.Approved) && !c.Now().Before(ends) {
					stage = staff.Lapsed
				}
			}
			for range rapid.IntRange(1, 12).Draw(r, "steps") {
				who := people[rapid.SampledFrom(ids).Draw(r, "who")]
				lapse()
				switch rapid.IntRange(0, 4).Draw(r, "step") {
				case 0:
					a, err := room.Ask(t.Context(), who, action, object, "because")
					want := who.May(ask) && stage != staff.Asked && stage != staff.Approved
					if (err == nil) != want {
						r.Fatalf("%s asks at %q: %v", who.Name, stage, err)
					}
					if want {
						id, by, second, stage, ends = a.ID, who.ID, "", staff.Asked, c.Now().Add(staff.AskLife)
					}
				case 1, 2:
					yes := rapid.Bool().Draw(r, "yes")
					_, err := room.Decide(t.Context(), who, id, yes)
					want := id != "" && stage == staff.Asked && who.ID != by && who.May(approve)
					if (err == nil) != want {
						r.Fatalf("%s decides at %q: %v", who.Name, stage, err)
					}
					if want {
						stage, second = staff.Refused, who.ID
						if yes {
							stage = staff.Approved
						}
					}
				case 3:
					err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
						_, err := room.Spend(ctx, tx, who.ID, action, object)
						return err
					})
					want := stage == staff.Approved && (who.ID == by || who.ID == second)
					if (err == nil) != want {
						r.Fatalf("%s spends at %q: %v", who.Name, stage, err)
					}
					if want {
						stage = staff.Spent
					}
				case 4:
					c.Advance(time.Duration(rapid.IntRange(1, 20).Draw(r, "hours")) * time.Hour)
					lapse()
				}
				a, ok, err := room.On(t.Context(), action, object)
				if err != nil || ok != (id != "") || ok && a.Stage != stage {
					r.Fatalf("%+v, %v, %v; want %q", a, ok, err, stage)
				}
			}
		})
		if report, err := room.Check(t.Context()); err != nil || report.Broken != 0 {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

func TestAnApprovalOfSomebodyWhoLeftIsWorthNothing(t *testing.T) {
	dbtest.EachClock(t, start, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		room := door(t, d, c.Now)
		_, owner := enter(t, room, staff.Owner)
		_, editor := enter(t, room, staff.Editor)
		a, err := room.Ask(t.Context(), owner.Member, staff.DeleteStory, "story-1", "asked by its subject")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := room.Decide(t.Context(), editor.Member, a.ID, true); err != nil {
			t.Fatal(err)
		}
		if err := room.SetRoles(t.Context(), owner.Member, editor.Member.ID, []staff.Role{staff.Reporter}); err != nil {
			t.Fatal(err)
		}
		err = d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := room.Spend(ctx, tx, owner.Member.ID, staff.DeleteStory, "story-1")
			return err
		})
		wantKind(t, "spending", err, fault.Denied)
	})
}
