package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"mimeo/internal/app"
	"mimeo/internal/fault"
	"mimeo/internal/staff"
)

type setupCmd struct {
	Owner string `required:"" placeholder:"ADDRESS" help:"The owner's e-mail address or name. Only what stands before the @ is used, as a proposal; no address is kept."`
}

// Run prints the link by which an owner comes in. It works beside a running
// server as well as before its first start.
func (c setupCmd) Run(ctx context.Context, s *session) error {
	name := staff.NameOf(c.Owner)
	if name == "" {
		return misused("--owner takes an address or a name, like you@news.example")
	}
	return s.with(ctx, func(a *app.App) error {
		key, in, err := a.Staff.Setup(ctx, name)
		if err != nil {
			return err
		}
		link, err := a.DeskAddress(ctx, "/desk/welcome/"+key)
		if err != nil {
			return err
		}
		if s.json {
			return s.print(struct {
				Link  string    `json:"link"`
				Until time.Time `json:"until"`
			}{link, in.Ends})
		}
		fmt.Fprintln(s.Out, link)
		fmt.Fprintf(s.Err, "Open this link on the owner's own device before %s. It works once; an earlier one that was not used is void.\n", in.Ends.UTC().Format("15:04 MST"))
		return nil
	})
}

type staffCmd struct {
	List   staffListCmd   `cmd:"" help:"Who works here, in which roles."`
	Rights staffRightsCmd `cmd:"" help:"Who may open which address of the desk."`
	Trail  staffTrailCmd  `cmd:"" help:"What was done: check."`
}

type staffListCmd struct{}

func (staffListCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		all, err := a.Staff.Members(ctx)
		if err != nil {
			return err
		}
		if s.json {
			type line struct {
				ID     string       `json:"id"`
				Name   string       `json:"name"`
				Roles  []staff.Role `json:"roles"`
				State  staff.State  `json:"state"`
				Joined time.Time    `json:"joined"`
			}
			lines := []line{}
			for _, m := range all {
				lines = append(lines, line{m.ID, m.Name, m.Roles, m.State, m.Joined})
			}
			return s.print(lines)
		}
		if len(all) == 0 {
			fmt.Fprintln(s.Err, "Nobody works here yet: mimeo setup --owner ADDRESS lets the first owner in.")
			return nil
		}
		table := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
		for _, m := range all {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", m.Name, strings.Join(names(m.Roles), ","), m.State, m.ID)
		}
		return table.Flush()
	})
}

type staffRightsCmd struct{}

// Run lists every address of the desk with the roles that may use it.
func (staffRightsCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		all, err := a.Addresses()
		if err != nil {
			return err
		}
		type line struct {
			Methods []string     `json:"methods"`
			Path    string       `json:"path"`
			Right   staff.Right  `json:"right"`
			Roles   []staff.Role `json:"roles"`
		}
		lines := []line{}
		for _, address := range all {
			l := line{Path: address.Path, Right: address.Right}
			if address.Get {
				l.Methods = append(l.Methods, "GET")
			}
			if address.Post {
				l.Methods = append(l.Methods, "POST")
			}
			for _, r := range staff.Roles() {
				if r.May(address.Right) {
					l.Roles = append(l.Roles, r)
				}
			}
			lines = append(lines, l)
		}
		if s.json {
			return s.print(lines)
		}
		table := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
		for _, l := range lines {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", strings.Join(l.Methods, ","), l.Path, l.Right, strings.Join(names(l.Roles), ","))
		}
		return table.Flush()
	})
}

func names(roles []staff.Role) (all []string) {
	for _, r := range roles {
		all = append(all, string(r))
	}
	return all
}

type staffTrailCmd struct {
	Check staffTrailCheckCmd `cmd:"" help:"Prove that nothing that was done has been changed or taken out."`
}

type staffTrailCheckCmd struct{}

func (staffTrailCheckCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		report, err := a.Staff.Check(ctx)
		if err != nil {
			return err
		}
		if s.json {
			err = s.print(struct {
				OK bool `json:"ok"`
				staff.Report
			}{report.Broken == 0, report})
		} else if report.Broken == 0 {
			_, err = fmt.Fprintf(s.Out, "The trail is whole: %d lines, none touched.\nHead %s\n", report.Lines, report.Head)
		}
		if err == nil && report.Broken != 0 {
			return fault.Conflictf("Line %d of the trail is not as it was written: %s", report.Broken, report.Why)
		}
		return err
	})
}
