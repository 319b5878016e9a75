package app

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"strings"

	"mimeo/internal/db"
	"mimeo/internal/desk"
	"mimeo/internal/staff"
	"mimeo/internal/web"
)

// deskPath is below what the staff's pages lie.
const deskPath = "/desk/"

// servedAt is how the data folder says at which address a server was last
// reached, so that a command beside it can print a link that opens.
const servedAt = "served_at"

// door puts together where staff come in.
func (a *App) door(ctx context.Context) (err error) {
	if a.serving {
		if err := a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return tx.SetMeta(ctx, servedAt, a.deskBase()) }); err != nil {
			return err
		}
	}
	a.Staff, err = staff.New(a.DB, a.ids, staff.Options{
		Now: a.clock.Now, Random: rand.Reader, Base: a.deskBase(), Newsroom: a.config.Newsroom.Name, Log: a.log,
	})
	return err
}

// deskBase is the desk's own address.
func (a *App) deskBase() string {
	c := a.config
	switch {
	case c.Desk.BaseURL != "":
		return strings.TrimRight(c.Desk.BaseURL, "/")
	case c.Desk.Listen != "":
		return "http://" + c.Desk.Listen
	default:
		return c.BaseURL
	}
}

// DeskAddress is where a browser opens a page of the desk. A command beside a
// server knows from the data folder where that server is.
func (a *App) DeskAddress(ctx context.Context, path string) (string, error) {
	base := a.deskBase()
	err := a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		kept, err := tx.Meta(ctx, servedAt)
		if kept != "" && !a.named {
			base = kept
		}
		return err
	})
	return staff.Address(base) + path, err
}

// record notes in the newsroom's trail who did what.
func (a *App) record(ctx context.Context, tx *db.Tx, actor, action, object string) error {
	return a.Staff.Record(ctx, tx, staff.Act{Actor: actor, Action: action, Object: object})
}

// desk puts the staff's pages together.
func (a *App) desk() (*desk.Desk, error) {
	return desk.New(desk.Options{
		Base: a.deskBase(), Site: a.config.BaseURL, Newsroom: a.config.Newsroom.Name, Names: a.config.Newsroom.Names, Zone: a.zone, Demo: a.isDemo,
		Now: a.clock.Now, Log: a.log, Address: web.Peer,
		Words: a.Languages, Door: a.Staff, Editions: a.config.Newsroom.Languages, Fronts: a.Fronts, Newsletters: a.Newsletters, Pictures: a.Media, Stories: a.Stories, Index: a.Search, IndexDrafts: a.FindAtDesk, IDs: a.ids, Entities: a.Entities, Statements: a.Statements, Bylines: a.Bylines,
	})
}

// besideReaders protects a surface on which the desk lies under the readers'
// own address: it speaks of errors in its own words and takes longer texts.
func besideReaders(h http.Handler, fail web.Failure, staffPages *desk.Desk) http.Handler {
	at := func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, deskPath) }
	return web.ProtectBodies(h, func(w http.ResponseWriter, r *http.Request, status int, message string) {
		if at(r) {
			staffPages.Fail(w, r, status, message)
			return
		}
		fail(w, r, status, message)
	}, func(r *http.Request) int64 {
		if at(r) {
			return staffPages.Most(r)
		}
		return web.MaxBody
	})
}

// deskServer serves the staff's pages alone, for a newsroom whose desk listens
// on an address of its own. It is nil for one that has none.
func (a *App) deskServer(ctx context.Context, pages *desk.Desk) (*http.Server, net.Listener, error) {
	if a.config.Desk.Listen == "" {
		return nil, nil, nil
	}
	l, err := listen(ctx, a.config.Desk.Listen)
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(deskPath, pages)
	mux.Handle("/", http.RedirectHandler(deskPath, http.StatusSeeOther))
	proxies, err := a.config.ProxyNetworks()
	if err != nil {
		return nil, nil, err
	}
	return a.server(web.Behind(proxies, web.ProtectBodies(mux, pages.Fail, pages.Most))), l, nil
}

// Addresses lists every address of the desk with the right that it asks for.
func (a *App) Addresses() ([]desk.Address, error) {
	pages, err := a.desk()
	if err != nil {
		return nil, err
	}
	return pages.Addresses(), nil
}
