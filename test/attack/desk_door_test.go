package attack

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// inside are addresses of the desk of every part.
var inside = []string{
	"/desk/", "/desk/me", "/desk/approvals", "/desk/staff", "/desk/trail", "/desk/front", "/desk/newsletters", "/desk/pictures", "/desk/pictures/add", "/desk/search", "/desk/stories",
	"/desk/stories/new", "/desk/statements", "/desk/entities", "/desk/entities/new", "/desk/running", "/desk/running/new",
}

// TestKeysOfNoDoor: a cookie that we did not give opens nothing.
func TestKeysOfNoDoor(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("owner")
	_, key, _ := strings.Cut(h.cookie, "=")
	gone := n.comes("owner")
	gone.led("/desk/out", url.Values{})
	for what, cookie := range map[string]string{
		"none": "", "empty": "desk=", "noise": "desk=\xff\xfe", "long": "desk=" + strings.Repeat("a", 8000), "upper case": "desk=" + strings.ToUpper(key), "a letter more": h.cookie + "a", "a letter less": h.cookie[:len(h.cookie)-1],
		"another letter": h.cookie[:len(h.cookie)-1] + string(rune('a'+(key[len(key)-1]-'a'+1)%26)), "a wildcard": "desk=%", "SQL": "desk=' or 1=1 --", "a zero byte": "desk=" + key + "%00", "another name": "__Host-desk=" + key,
		"of a reader": "ask=" + key, "one that was ended": gone.cookie, "a member's id": "desk=demo-owner", "a role": "desk=owner; role=owner", "quoted garbage": `desk="` + key + `x"`,
	} {
		for _, path := range inside {
			a := n.get(path, "Cookie", cookie)
			if a.status != http.StatusSeeOther || !strings.HasPrefix(a.to(), "/desk/in") {
				t.Errorf("%s opens %s: %d", what, path, a.status)
			}
		}
		if a := n.post("/desk/stories/new", url.Values{"headline": {"x"}}, "Cookie", cookie); a.status != http.StatusUnauthorized {
			t.Errorf("%s writes: %d", what, a.status)
		}
	}
	if h.get("/desk/").status != http.StatusOK {
		t.Error("the owner's own session ended meanwhile")
	}
	n.advance("PT13H")
	if a := h.get("/desk/"); a.status != http.StatusSeeOther {
		t.Errorf("after 13 hours: %d", a.status)
	}
}

// TestOtherSitesAtTheDesk: no page of another site acts in a member's name.
func TestOtherSitesAtTheDesk(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("owner")
	path := h.begins("Mine")
	for _, from := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "null"}, {"Origin", "http://evil.example"}, {"Origin", n.origin + ".evil.example"}} {
		for _, to := range []string{path, path + "/keep", path + "/publish", path + "/notes", path + "/here", "/desk/out", "/desk/stories/new", "/desk/front", "/desk/staff/invite", "/desk/staff/demo-owner/roles", "/desk/me/session/end", "/desk/pictures/add", "/desk/entities/new", "/desk/in/start", "/desk/recover", "/demo/signin"} {
			a := h.post(to, url.Values{"headline": {"x"}, "text": {"x"}, "words": {"x"}, "role": {"owner"}}, from...)
			if a.status != http.StatusForbidden || a.Get("Set-Cookie") != "" {
				t.Errorf("%v to %s: %d sets %q", from, to, a.status, a.Get("Set-Cookie"))
			}
		}
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "GEt", "HEAD"} {
		for _, to := range []string{path + "/throw", path + "/keep", "/desk/out", "/desk/front/breaking"} {
			a, err := n.try(method, to, "", "Cookie", h.cookie)
			if err != nil || a.status < 400 || a.status >= 500 {
				t.Errorf("%s %s: %d %v", method, to, a.status, err)
			}
		}
	}
	if h.get("/desk/").status != http.StatusOK || h.get(path).form(t, "story").Get("headline") != "Mine" {
		t.Error("something was done")
	}
}

// TestRolesThatAreClaimed: a field that nobody asked for changes no right.
func TestRolesThatAreClaimed(t *testing.T) {
	t.Parallel()
	n := start(t)
	owner, reporter := n.comes("owner"), n.comes("reporter")
	path := reporter.begins("A reporter's")
	claim := func(f url.Values) url.Values {
		for _, name := range []string{"role", "roles", "right", "rights", "member", "by", "editor", "state", "admin", "second", "override", "approved", "stage"} {
			f.Set(name, "owner")
		}
		return f
	}
	for _, to := range []string{path + "/publish", path + "/approve", path + "/back", path + "/hold", path + "/release", path + "/correct", "/desk/front", "/desk/front/breaking", "/desk/newsletters", "/desk/staff/invite", "/desk/staff/demo-reporter/roles", "/desk/staff/demo-reporter/state"} {
		if a := reporter.post(to, claim(url.Values{"reason": {"x"}})); a.status != http.StatusForbidden {
			t.Errorf("a reporter at %s: %d", to, a.status)
		}
	}
	reporter.post("/desk/me", claim(url.Values{"name": {"Somebody"}, "lang": {"en"}}))
	f := claim(reporter.get(path).form(t, "story"))
	f.Set("then", "publish")
	reporter.post(path, f)
	if a := reporter.get("/desk/staff"); a.status != http.StatusForbidden {
		t.Errorf("the reporter became something else: %d", a.status)
	}
	if n.get("/").status != http.StatusOK || owner.public(path) != "" {
		t.Error("the reporter published")
	}
	for _, to := range []string{
		"/desk/stories/%00", "/desk/stories/%ff", "/desk/stories/" + strings.Repeat("a", 3000), "/desk/stories/new%2f", "/desk/statements/%00", "/desk/statements/x", "/desk/entities/%00", "/desk/running/%00", "/desk/running/x", "/desk/pictures/%00", "/desk/newsletters/%00",
		"/desk/issues/%00", "/desk/staff/%00", "/desk/staff/nobody", "/desk/welcome/%00", "/desk/welcome/x", "/desk/stories?after=%00", "/desk/stories?after=9,x&view=%27", "/desk/entities?q=%00", "/desk/entities?after=%00", "/desk/statements?after=%00", "/desk/pictures?before=%00", "/desk/trail?after=%00", "/desk/trail?before=x", "/desk/trail?member=%00",
		"/desk/search?q=%00", "/desk/search?q=a&drafts=x&public=%00", "/desk/stories?%zz", "/desk/front?lang=%00", path + "/diff?a=-1&b=99999999999999999999", path + "/diff?a=2147483648&b=1", path + "/history?before=9223372036854775807", path + "/merge?side=99", "/desk/statements/" + strings.Repeat("a", 26), "/desk/entities/" + strings.Repeat("a", 26),
	} {
		a := owner.get(to)
		if safe(t, to, a); a.status < 200 || a.status >= 500 {
			t.Errorf("%s: %d", to, a.status)
		}
		if a := owner.post(strings.SplitN(to, "?", 2)[0], url.Values{"version": {"1"}, "base": {"1"}, "headline": {"x"}, "text": {"x"}, "seen": {"99999999999"}}); a.status >= 500 {
			t.Errorf("POST %s: %d %.200s", to, a.status, a.words())
		}
	}
}

// TestWhereTheDoorLeads: next= stays in the house.
func TestWhereTheDoorLeads(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("owner")
	for _, next := range []string{
		"https://evil.example/", "//evil.example/", "///evil.example", `/\evil.example`, `\\evil.example`, "/desk/\\evil.example", "/desk/../..//evil.example", "/desk/%2e%2e//evil.example", "javascript:alert(1)", "/desk/\r\nSet-Cookie: a=b",
		"/desk/\x00", "desk/", "/", "/support", "http:/desk/", "http:desk", "/desk/in?next=/desk/in", "/desk/out", " /desk/", "\t//evil.example", "https:/evil.example", "//desk/@evil.example", "/desk/;//evil.example",
	} {
		q := url.Values{"next": {next}}
		for what, a := range map[string]answer{
			"in": h.get("/desk/in?" + q.Encode()), "demo": n.post("/demo/signin", url.Values{"role": {"editor"}, "next": {next}}), "confirm": h.post("/desk/confirm", q),
		} {
			to := a.Get("Location")
			if a.status == http.StatusSeeOther && (!strings.HasPrefix(to, "/desk/") || strings.ContainsAny(to, "\\\r\n\t\x00") || strings.Contains(to, "..")) || a.status >= 500 {
				t.Errorf("%s, next=%q: %d leads to %q", what, next, a.status, to)
			}
		}
		safe(t, next, n.get("/desk/in?"+q.Encode()))
	}
	for _, said := range []string{
		`{"i":"desk.done"}`, `{"i":"editor.said.published","a":["Headline"]}`, `{"i":"editor.said.published","a":["Headline","<script>alert(1)</script>"]}`, `{"i":"` + hostile + `"}`, `{"i":"editor.js.others","a":["Count","x"]}`,
		`{"i":"editor.js.others"}`, `{"i":"%s%n"}`, `[]`, `{"i":1}`, `{"i":"staff.said.saved","a":[null,1]}`, "\xff",
	} {
		safe(t, "said "+said, h.newsroom.get("/desk/", "Cookie", h.cookie+"; desk-said="+base64.RawURLEncoding.EncodeToString([]byte(said))))
	}
}

// TestInvitations: a link is for one person, once, and cannot be guessed.
func TestInvitations(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("owner")
	h.post("/desk/confirm", url.Values{"next": {"/desk/staff"}})
	a := h.post("/desk/staff/invite", url.Values{"name": {"Ann " + brief}, "role": {"reporter"}})
	safe(t, "the invitation", a)
	_, rest, _ := strings.Cut(a.body, "/desk/welcome/")
	key := rest[:min(len(rest), strings.IndexFunc(rest+" ", func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }))]
	if a.status != http.StatusOK || len(key) < 20 {
		t.Fatalf("inviting: %d %q %.400s", a.status, key, a.words())
	}
	safe(t, "the welcome", n.get("/desk/welcome/"+key))
	for range 20 {
		if a := n.get("/desk/welcome/" + strings.Repeat("a", len(key))); a.status == http.StatusOK {
			t.Fatal("a guess was welcome")
		}
	}
	for _, step := range []string{"start", "finish"} {
		for _, body := range []string{"", "{}", "null", "[]", `{"id":1}`, `{"id":"x","answer":{}}`, "{", strings.Repeat("[", 30000), strings.Repeat("x", 1<<20)} {
			for _, to := range []string{"/desk/welcome/" + key + "/", "/desk/in/"} {
				a := n.do(http.MethodPost, to+step, body, "Content-Type", "application/json", "Accept", "application/json")
				if a.status >= 500 || a.Get("Set-Cookie") != "" {
					t.Errorf("%s%s with %.30q: %d sets %q %.200s", to, step, body, a.status, a.Get("Set-Cookie"), a.body)
				}
			}
		}
	}
	limited := false
	for range 700 {
		a := n.post("/desk/recover", url.Values{"code": {"abcd-efgh-jkmn-pqrs"}})
		if limited = a.status == http.StatusTooManyRequests; limited {
			break
		}
		if a.status < 400 || a.status >= 500 {
			t.Fatalf("guessing a code: %d", a.status)
		}
	}
	if !limited {
		t.Error("codes may be guessed without end")
	}
}
