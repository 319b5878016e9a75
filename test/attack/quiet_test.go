package attack

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
)

// TestLookingChangesNothing opens every link and every address there is twice,
// as the scanners of mail programs do, and compares all that is stored. The
// counts of views are what looking is for; they hold no reader.
func TestLookingChangesNothing(t *testing.T) {
	t.Parallel()
	n := start(t)
	gift, reminder := n.supporter(), n.reminder("reader@example.org")
	back := n.post("/support", n.gift()).to() // a payment that was begun and is open
	begin := []string{
		"/", "/supporter?t=" + gift, "/remind/stop?t=" + reminder, "/remind/set?r=" + reminder + "&page=" + url.QueryEscape(article), back, "/fa/supporter?t=" + gift,
		"/supporter?t=" + gift + "&do=stop", "/supporter?t=" + gift + "&do=pay", "/remind/stop?t=" + reminder + "&r=" + reminder, "/remind?email=planted@example.org",
		"/support?rhythm=monthly&amount=5.00&email=planted@example.org&way=stripe&key=" + n.get("/support").hidden("key"), "/appeal/close?page=/", "/hooks/stripe",
		"/demo/clock?advance=P1M", "/demo/faults?webhooks.drop=1", "/demo/", "/simulator/",
	}
	n.get("/readyz") // tries whether a write is durable, with the day; no reader's address
	before := n.stored()
	for round := range 2 {
		seen := map[string]bool{}
		queue := slices.Concat(begin, readable, actions, nowhere)
		for len(queue) > 0 && len(seen) < 600 {
			path := queue[0]
			queue = queue[1:]
			if seen[path] {
				continue
			}
			seen[path] = true
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				a := n.do(method, path, "", "Sec-Fetch-Site", "cross-site")
				if a.status >= 500 {
					t.Errorf("%s %s: %d", method, path, a.status)
				}
				if method == http.MethodHead || !strings.HasPrefix(a.Get("Content-Type"), "text/html") && a.Get("Location") == "" {
					continue
				}
				for _, link := range append(hrefs(a.body), a.Get("Location")) {
					if to, ok := n.here(path, link); ok {
						queue = append(queue, to)
					}
				}
			}
		}
		if len(seen) < 80 {
			t.Fatalf("only %d addresses were found: %v", len(seen), slices.Sorted(maps.Keys(seen)))
		}
		after := n.stored()
		for table := range after {
			if before[table] != after[table] {
				t.Errorf("round %d, %d addresses: table %s was\n%.1500s\nand is\n%.1500s", round, len(seen), table, before[table], after[table])
			}
		}
	}
	if page := n.get("/supporter?t=" + gift).words(); !strings.Contains(page, "Stop giving") {
		t.Errorf("the gift: %.200s", page)
	}
}

// here is a link as an address of this site.
func (n *newsroom) here(from, link string) (string, bool) {
	base, err := url.Parse(n.origin + from)
	if err != nil || link == "" {
		return "", false
	}
	u, err := base.Parse(strings.ReplaceAll(link, "&amp;", "&"))
	if err != nil || u.Scheme != "http" || u.Host != base.Host {
		return "", false
	}
	u.Fragment = ""
	return u.RequestURI(), true
}

// stored is everything in the newsroom's database and in the bank's, by table.
func (n *newsroom) stored() map[string]string {
	n.t.Helper()
	all := map[string]string{}
	for _, file := range []string{"mimeo.db", "simulator.db"} {
		d, err := db.Open(context.Background(), db.Options{URL: "sqlite:" + filepath.Join(n.data, file), Now: time.Now, Readers: 1})
		if err != nil {
			n.t.Fatal(err)
		}
		err = d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			tables, err := column(ctx, tx, "select name from sqlite_master where type = 'table' and sql not like 'create virtual%' order by name")
			if err != nil {
				return err
			}
			for _, table := range tables {
				if strings.HasPrefix(table, "search_") {
					continue // the index catches up by itself
				}
				switch table {
				case "appeal_count", "river_leader", "river_queue", "river_notification", "sqlite_sequence":
					continue // counts of views; the queue's own pulse
				}
				query := "select * from " + table
				if table == "meta" {
					query += " where name not like 'search%'"
				}
				rows, err := tx.Query(ctx, query)
				if err != nil {
					return err
				}
				names, err := rows.Columns()
				if err != nil {
					return err
				}
				var lines []string
				for rows.Next() {
					values := make([]any, len(names))
					for i := range values {
						values[i] = new(any)
					}
					if err := rows.Scan(values...); err != nil {
						return err
					}
					line := ""
					for i, v := range values {
						line += fmt.Sprintf(" %s=%v", names[i], *v.(*any)) //nolint:errcheck // made so above
					}
					lines = append(lines, line)
				}
				if err := rows.Close(); err != nil {
					return err
				}
				slices.Sort(lines)
				all[file+"/"+table] = strings.Join(lines, "\n")
			}
			return nil
		})
		if err == nil {
			err = d.Close()
		}
		if err != nil {
			n.t.Fatal(err)
		}
	}
	return all
}

func column(ctx context.Context, tx *db.Tx, query string) (all []string, err error) {
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Close()
}
