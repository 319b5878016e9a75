package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"mimeo/internal/db/dbtest"
)

const article = "/2026/11/night-trains-return"

// readable are pages of each kind, and actions the addresses that only take forms.
var (
	readable = []string{
		"/", "/fa/", "/city/", "/fa/city/", article, article + "?save=file", "/feed.xml", "/feed.atom", "/feed.json", "/city/feed.xml",
		"/sitemap.xml", "/sitemap-news.xml", "/robots.txt", "/.well-known/security.txt", "/favicon.ico", "/assets/site.0.css",
		"/support", "/support?currency=JPY", "/supporter", "/remind", "/remind/stopped", "/remind/2027-01.ics",
		"/blocked", "/mirrors", "/corrections", "/about/data", "/about/money", "/about/traces", "/about/help",
		"/healthz", "/readyz", "/demo/", "/demo/demo.css", "/demo/outbox.json", "/demo/bank.json", "/simulator/",
	}
	actions = []string{"/appeal/close", "/appeal/forget", "/fa/appeal/close", "/hooks/stripe", "/demo/clock", "/demo/faults"}
	nowhere = []string{"/nowhere", "/fa/nowhere", "/2026/11/nothing-here", "/city/nothing"}
)

func TestMethods(t *testing.T) {
	t.Parallel()
	n := shared(t)
	odd := []string{"PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "BREW", "get", "CONNECT"}
	for _, path := range readable {
		if strings.HasPrefix(path, "/simulator/") {
			continue // a bank of its own, with its own manners
		}
		methods := odd
		if path != "/support" && path != "/supporter" && path != "/remind" && !strings.HasPrefix(path, "/support?") {
			methods = append([]string{"POST"}, odd...)
		}
		for _, method := range methods {
			a := n.do(method, path, "")
			if a.status != http.StatusMethodNotAllowed || !strings.Contains(a.Get("Allow"), "GET, HEAD") {
				t.Errorf("%s %s: %d, Allow %q", method, path, a.status, a.Get("Allow"))
			}
		}
		if a := n.do("OPTIONS", path, ""); a.status != http.StatusNoContent || a.body != "" || !strings.Contains(a.Get("Allow"), "GET, HEAD") {
			t.Errorf("OPTIONS %s: %d, Allow %q", path, a.status, a.Get("Allow"))
		}
	}
	for _, path := range actions {
		for _, method := range append([]string{"GET", "HEAD"}, odd...) {
			if a := n.do(method, path, ""); a.status != http.StatusMethodNotAllowed || !strings.Contains(a.Get("Allow"), "POST") {
				t.Errorf("%s %s: %d, Allow %q", method, path, a.status, a.Get("Allow"))
			}
		}
	}
	for _, path := range nowhere {
		for _, method := range append([]string{"POST"}, odd...) {
			if a := n.do(method, path, ""); a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, path, a.status)
			}
		}
	}
}

// TestHead wants the head of an answer without its body: the same status and
// fields as GET.
func TestHead(t *testing.T) {
	t.Parallel()
	n := shared(t)
	for _, path := range slices.Concat(readable, nowhere, []string{"/city", "/support/", "/supporter?t=x", "/remind/set?r=x", "/support/return/x"}) {
		get, head := n.get(path), n.do(http.MethodHead, path, "")
		if head.status != get.status || head.body != "" {
			t.Errorf("%s: HEAD %d with %d bytes, GET %d", path, head.status, len(head.body), get.status)
		}
		for _, name := range []string{"Content-Type", "Content-Length", "Location", "Cache-Control", "Etag", "Content-Security-Policy"} {
			if name == "Content-Length" && (strings.HasPrefix(path, "/demo/") || strings.HasPrefix(path, "/simulator/") || strings.HasPrefix(path, "/support")) {
				continue // pages that say something else each time
			}
			if name == "Etag" && path == article {
				continue // two readers may be shown two wordings
			}
			if name == "Content-Length" && path == article {
				continue
			}
			if head.Get(name) != get.Get(name) && get.Get(name) != "" && head.Get(name) != "" {
				t.Errorf("%s: HEAD says %s %q, GET %q", path, name, head.Get(name), get.Get(name))
			}
		}
	}
}

// TestPaths sends addresses that no link of ours has. raw is used because a
// client would tidy them up.
func TestPaths(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { oddPaths(t, shared(t)) })
	t.Run("postgres", func(t *testing.T) { oddPaths(t, start(t, "--database", dbtest.PostgresURL(t))) })
}

func oddPaths(t *testing.T, n *newsroom) {
	t.Helper()
	for path, want := range map[string]int{
		"//": 404, "//evil.example": 404, "//evil.example/": 404, "///": 404, "/..": 404, "/../etc/passwd": 404, "/city/..": 404, "/city/.": 404,
		"/%2e%2e/%2e%2e/etc/passwd": 404, "/%2e%2e%2f": 404, "/city/%2e%2e/": 404, "/a/%2e/b": 404, "/..%5c..%5cetc": 404, "/\\evil.example": 404,
		"/%5c%5cevil.example": 404, "/%2f%2fevil.example": 404, "/%2fevil.example/": 404, "/%00": 404, article + "%00": 404, "/2026/11/%00": 404,
		"/2026%2f11%2fnight-trains-return": 404, article + "/": 301, article + "//": 404, article + "%2f": 404, article + ";x=1": 404,
		article + ".": 404, article + "%20": 404, article + "%": 400, "/2026/11/Night-Trains-Return": 404, "/2026/1/night-trains-return": 404,
		"/+026/11/night-trains-return": 404, "/2026/+1/x": 404, "/-026/11/x": 404, "/0000/00/x": 404, "/2026/13/x": 404, "/%D9%A2%D9%A02%D9%A6/11/x": 404,
		"/2026/11/%ff": 404, "/2026/11/%E2%80%AEgnp": 404, "/%E2%80%AE": 404, "/City/": 404, "/CITY/": 404, "/FA/": 404, "/fa/fa/": 404, "/city": 301, "/fa": 301,
		"/%0d%0aSet-Cookie:%20planted=1": 404, "/city/%0d%0aX-Planted:1": 404, "/" + strings.Repeat("a", 5000): 404, strings.Repeat("/a", 3000): 404,
		"/assets/..%2f..%2fkeys%2fbox.key": 404, "/keys/box.key": 404, "/mimeo.db": 404, "/simulator.db": 404, "/.git/config": 404,
		"/city/?before=%00": 404, "/city/?before=x": 404, "/city/?before=abc.%00": 404, "/city/?before=abc.%ff": 404, "/city/?before=abc.x%00y": 404, "/city/?before=zzzzzzzzzzzz.x": 200, "/city/?before=" + strings.Repeat("9", 4000): 404, "/support?%zz": 422, "/support?a=%ff": 422, "/support?a;b": 422,
		"/support?currency=%00&page=//evil.example": 200, "/remind?page=https://evil.example": 200, "/remind/2027-13.ics": 404, "/remind/2027-00.ics": 404,
		"/remind/%00.ics": 404, "/remind/99999-01.ics": 404, "/support/return/%00": 404, "/support/return/" + strings.Repeat("a", 26): 404,
		"/support/return/..%2f..": 404, "/sitemap/-1.xml": 404, "/sitemap/99999999999999999999.xml": 404, "/hooks/%00": 404, "/demo/..": 404, "/simulator/..": 404,
		"http://evil.example/": 200, "http://evil.example//": 404, "*": 404, "mailto:reader@example.org": 404,
	} {
		said := n.raw("GET " + path + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(n.origin, "http://") + "\r\nConnection: close\r\n\r\n")
		head, body, _ := strings.Cut(said, "\r\n\r\n")
		if !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", want)) {
			t.Errorf("GET %.60q: %.40q, want %d", path, head, want)
		}
		for _, line := range strings.Split(head, "\r\n") {
			name, value, _ := strings.Cut(line, ": ")
			if name == "Location" && !location.MatchString(value) {
				t.Errorf("GET %.60q leads to %q", path, value)
			}
			if name == "X-Planted" || name == "Set-Cookie" {
				t.Errorf("GET %.60q gives %q", path, line)
			}
		}
		if strings.Contains(body, "evil.example") && !strings.HasPrefix(path, "/support?") && !strings.HasPrefix(path, "/remind?") {
			t.Errorf("GET %.60q is read back to the reader", path)
		}
		untraced(t, path, body)
	}
}

// TestHosts: the name that a request gives the site is no name of the site.
func TestHosts(t *testing.T) {
	t.Parallel()
	n := shared(t)
	for host, broken := range map[string]bool{
		"evil.example": false, "evil.example:80": false, "[::1]:80": false, "": false, ":": false, "evil.onion": false, "EVIL.ONION.": false,
		"evil.example/": true, "evil.example\\": true, "a b": true, "evil@127.0.0.1": true, "\"><script>": true, "evil.example\x00": true,
		strings.Repeat("evil.", 500): false,
	} {
		for _, path := range []string{"/", article, "/city", article + "/", "/nowhere", "/support", "/feed.xml", "/sitemap.xml", "/robots.txt"} {
			said := n.raw("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nConnection: close\r\n\r\n")
			if got := strings.HasPrefix(said, "HTTP/1.1 400"); got != broken {
				t.Errorf("Host %.40q, %s: %.30q", host, path, said)
			}
			if strings.Contains(said, "evil") {
				t.Errorf("Host %.40q, %s: the answer repeats it", host, path)
			}
		}
	}
}

// TestRedirectsStay sends addresses of other sites in every field that says
// where to go back to.
func TestRedirectsStay(t *testing.T) {
	t.Parallel()
	n := start(t)
	for i, page := range []string{
		"//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/", "https:evil.example", "javascript:alert(1)", "data:text/html,x",
		" //evil.example", "\t//evil.example", "/\t/evil.example", "/\n/evil.example", "/%2f%2fevil.example/..", "/.//evil.example", "/;@evil.example", "/@evil.example",
		"evil.example", "?x", "#x", "", "/" + strings.Repeat("a", 3000), "/\u202e//evil", "/\u2028/evil.example", "/a\r\nSet-Cookie: planted=1", "/<script>", "/\"onclick=",
		"/\u2215evil.example", "/\uff0fevil.example", "/a?b#c",
	} {
		for _, path := range []string{"/appeal/close", "/fa/appeal/close"} {
			a := n.post(path, url.Values{"page": {page}})
			to := a.Get("Location")
			if a.status != http.StatusSeeOther || !location.MatchString(to) {
				t.Errorf("%s with page=%q: %d, leads to %q", path, page, a.status, to)
			}
			if u, err := url.Parse("https://news.example/"); err == nil {
				if end, err := u.Parse(to); err != nil || end.Host != "news.example" {
					t.Errorf("page=%q: %q is on %v, %v", page, to, end, err)
				}
			}
			if len(a.Values("Set-Cookie")) != 1 || !strings.HasPrefix(a.Get("Set-Cookie"), "ask=") {
				t.Errorf("page=%q: the cookies are %q", page, a.Values("Set-Cookie"))
			}
		}
		set := n.post("/remind", url.Values{"page": {page}, "email": {"reader@example.org"}})
		if set.status == http.StatusTooManyRequests { // one address is served five times
			set = n.post("/remind", url.Values{"page": {page}, "email": {fmt.Sprintf("r%d@example.org", i)}})
		}
		if set.status != http.StatusSeeOther || !strings.HasPrefix(set.Get("Location"), "/remind/set?") {
			t.Errorf("/remind with page=%q: %d, leads to %q", page, set.status, set.Get("Location"))
			continue
		}
		for _, link := range hrefs(n.get(set.Get("Location")).body) {
			if strings.Contains(link, "evil") && !location.MatchString(link) {
				t.Errorf("page=%q: a link leads to %q", page, link)
			}
		}
		for _, path := range []string{"/support?", "/remind?", "/remind/stopped?"} {
			for _, link := range hrefs(n.get(path + url.Values{"page": {page}}.Encode()).body) {
				if strings.HasPrefix(link, "//") || strings.Contains(link, "evil") && !strings.HasPrefix(link, "/") {
					t.Errorf("%spage=%q: a link leads to %q", path, page, link)
				}
			}
		}
	}
}

func hrefs(body string) (all []string) {
	for _, attribute := range []string{` href="`, ` action="`} {
		for part := range strings.SplitSeq(body, attribute) {
			if link, _, found := strings.Cut(part, `"`); found {
				all = append(all, link)
			}
		}
	}
	return all[min(1, len(all)):]
}

// TestEveryAnswerIsGuarded wants the header fields that keep a browser from
// being used against its reader, and no cookie, whatever the answer is.
func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	n := shared(t)
	for _, path := range slices.Concat(readable, nowhere, actions, []string{"/city", "/fa", article + "/", "/supporter?t=x", "/remind/set?r=x", "/support?%zz"}) {
		if strings.HasPrefix(path, "/simulator/") {
			continue
		}
		a := n.get(path)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=()",
		} {
			if !strings.Contains(a.Get(name), want) {
				t.Errorf("%s (%d): %s is %q", path, a.status, name, a.Get(name))
			}
		}
		if a.Get("Set-Cookie") != "" || a.Get("Server") != "" {
			t.Errorf("%s: Set-Cookie %q, Server %q", path, a.Get("Set-Cookie"), a.Get("Server"))
		}
		if a.status >= 400 && a.Get("Cache-Control") != "no-store" {
			t.Errorf("%s (%d): Cache-Control %q", path, a.status, a.Get("Cache-Control"))
		}
	}
}
