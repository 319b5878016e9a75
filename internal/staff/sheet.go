package staff

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// A sheet has sheetCodes codes of codeLen characters (80 bits), each good once.
const (
	SheetCodes = 8
	codeLen    = 16
)

// Tries at the door within limit.Window, from one network and from all who
// come over an onion service or a proxy that does not say for whom.
const (
	mostFromNetwork = 30
	mostShared      = 600
)

var errTries = fault.New(fault.Denied, "Too many tries from where you are. Wait ten minutes")

// IsTries tells the refusal of one try too many from the others.
func IsTries(err error) bool { return errors.Is(err, errTries) }

func (d *Door) admits(network string) bool {
	most := mostFromNetwork
	if network == "" {
		most = mostShared
	}
	return d.tries.Allow("door", network, most, d.now())
}

// NewSheet makes a sheet of codes for a member and returns them: this is the
// only time they can be read. The codes of an earlier sheet are void.
func (d *Door) NewSheet(ctx context.Context, by Member) (codes []string, err error) {
	sheet := d.ids.Secret()
	for range SheetCodes {
		codes = append(codes, d.ids.Secret()[:codeLen])
	}
	err = d.write(ctx, "printing a recovery sheet", func(ctx context.Context, tx *db.Tx) error {
		if err := deleteCodes(ctx, tx, by.ID); err != nil {
			return err
		}
		for _, c := range codes {
			if err := insertCode(ctx, tx, hash(c), by.ID, sheet); err != nil {
				return err
			}
		}
		return d.Record(ctx, tx, Act{by.ID, "sheet.print", sheet})
	})
	if err != nil {
		return nil, err
	}
	for i, c := range codes {
		codes[i] = strings.Join([]string{c[:4], c[4:8], c[8:12], c[12:]}, "-")
	}
	return codes, nil
}

// CodesLeft is how many codes of a member's sheet are still good.
func (d *Door) CodesLeft(ctx context.Context, member string) (n int, err error) {
	err = d.read(ctx, "counting codes", func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = codesLeft(ctx, tx, member)
		return err
	})
	return n, err
}

// cleanCode reads a code as people type it: in any letters, with or without
// its dashes, a zero for an o.
func cleanCode(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '0':
			return 'o'
		case r == '1':
			return 'l'
		case r >= 'a' && r <= 'z' || r >= '2' && r <= '7':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		default:
			return -1
		}
	}, text)
}

// Redeem opens a session for a code of somebody's sheet. All other sessions of
// theirs are over: whoever uses the sheet has lost something.
func (d *Door) Redeem(ctx context.Context, code, network, device string) (key string, s Session, err error) {
	if !d.admits(network) {
		return "", s, errTries
	}
	clean := cleanCode(code)
	if len(clean) != codeLen {
		return "", s, fault.Invalidf("A code has %d letters and digits in four groups", codeLen)
	}
	err = d.write(ctx, "redeeming a code", func(ctx context.Context, tx *db.Tx) error {
		member, err := useCode(ctx, tx, hash(clean), tx.Now)
		if errors.Is(err, db.ErrNoRows) {
			return fault.Deniedf("This code is not on any sheet that is good, or it was used before")
		}
		if err != nil {
			return fmt.Errorf("finding the code: %w", err)
		}
		m, err := memberOf(ctx, tx, member)
		if err != nil {
			return err
		}
		if m.State != Active {
			return errOut
		}
		if err := deleteSessions(ctx, tx, m.ID, ""); err != nil {
			return err
		}
		if err := d.Record(ctx, tx, Act{m.ID, "sheet.redeem", m.ID}); err != nil {
			return err
		}
		key, s, err = d.open(ctx, tx, m, device, Session{Recovered: true})
		return err
	})
	return key, s, err
}

// MayAdd reports whether the session may add a passkey: one that showed a
// passkey a short while ago, or that a code has just opened.
func (d *Door) MayAdd(s Session) bool {
	now := d.now()
	return s.IsConfirmed(now) || s.Recovered && now.Sub(s.Opened) < SetupLife
}
