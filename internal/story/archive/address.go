package archive

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// maxAddress is how long an old address may be, in bytes.
const maxAddress = 1_000

// OldAddress is the form in which an old address is kept and looked for: its
// path, decoded and without the last slash, and of its query only what names a
// story. Host and scheme are gone: the newsroom may have another name now.
// "" is an address that leads to the site as a whole, or nowhere.
func OldAddress(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || len(raw) > maxAddress {
		return ""
	}
	path := strings.TrimRight(u.Path, "/")
	if !utf8.ValidString(path) || strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return ""
	}
	if path != "" && path[0] != '/' {
		path = "/" + path
	}
	if path == "" || path == "/index.php" {
		for _, name := range []string{"p", "page_id"} {
			if id := u.Query().Get(name); id != "" && len(id) < 20 && strings.Trim(id, "0123456789") == "" {
				return "/?" + name + "=" + id
			}
		}
		return ""
	}
	return path
}

// Moved says where the story is now that was found under an address elsewhere:
// a path on this site, or a Missing fault.
func (a *Archive) Moved(ctx context.Context, address string) (to string, err error) {
	path := OldAddress(address)
	if path == "" {
		return "", errNowhere
	}
	var id string
	err = a.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, addressByPath, path).Scan(&id)
	})
	if errors.Is(err, db.ErrNoRows) {
		return "", errNowhere
	}
	if err != nil {
		return "", err
	}
	s, err := a.desk.ByID(ctx, id)
	if err != nil {
		return "", err
	}
	if to = s.Path(); to == "" || to == path {
		return "", errNowhere
	}
	return to, nil
}

var errNowhere = fault.New(fault.Missing, "There is nothing under this address")
