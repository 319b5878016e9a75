package simulator

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
)

func TestFormReadsStripesShapes(t *testing.T) {
	t.Parallel()
	root, bad := parseForm("amount=500&metadata[b]=2&metadata[a]=1&line_items[1][quantity]=7&line_items[0][price_data][currency]=usd&expand[]=x&expand[]=y&off_session=true&empty=")
	if bad != nil {
		t.Fatal(bad)
	}
	q := newParams(root)
	if q.number("amount") != 500 || !q.flag("off_session") || q.text("empty", 9) != "" || !q.has("empty") || q.has("absent") {
		t.Error("plain parameters")
	}
	if m := q.dict("metadata"); len(m) != 2 || m["a"] != "1" || m["b"] != "2" {
		t.Errorf("metadata: %v", m)
	}
	items := q.list("line_items")
	if len(items) != 2 || items[0].sub("price_data").text("currency", 3) != "usd" || items[1].number("quantity") != 7 {
		t.Errorf("items: %v", items)
	}
	if x := q.texts("expand", 9); strings.Join(x, ",") != "x,y" {
		t.Errorf("expand: %v", x)
	}
	if bad := q.end(); bad != nil {
		t.Error(bad)
	}
}

func TestFormRefuses(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"a=1&a=2", "a=1&a[b]=2", "a[b]=2&a=1", "[a]=1", "a[=1", "a]=1", "a[b=1", "a[b]c=1", "a[][b]=1", "a[b][c][d][e][f][g]=1",
		"a=%ff", "a=%00", "%ff=1", "a=%zz", strings.Repeat("a", maxForm+1), strings.Repeat("a[]=1&", maxFields+1) + "b=1", "=1",
	} {
		if _, bad := parseForm(raw); bad == nil {
			t.Errorf("%.60q is read", raw)
		}
	}
}

func TestFormNamesTheFirstThingWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw, param, code string
		read             func(q *params)
	}{
		{"nonsense=1", "nonsense", "parameter_unknown", func(*params) {}},
		{"a[nonsense]=1", "a[nonsense]", "parameter_unknown", func(q *params) { q.sub("a") }},
		{"", "a", "parameter_missing", func(q *params) { q.need("a", 9) }},
		{"a[b]=", "a[b]", "parameter_missing", func(q *params) { q.sub("a").need("b", 9) }},
		{"a=12345", "a", "", func(q *params) { q.text("a", 4) }},
		{"a=1e3", "a", "", func(q *params) { q.number("a") }},
		{"a=99999999999999999999", "a", "", func(q *params) { q.number("a") }},
		{"a=yes", "a", "", func(q *params) { q.flag("a") }},
		{"a[x]=1", "a", "", func(q *params) { q.text("a", 9) }},
		{"a=1", "a", "", func(q *params) { q.sub("a") }},
		{"a=1", "a", "", func(q *params) { q.list("a") }},
		{"a[x]=1", "a", "", func(q *params) { q.list("a") }},
		{"a[01]=1", "a", "", func(q *params) { q.list("a") }},
		{"a[0][b]=1", "a", "", func(q *params) { q.texts("a", 9) }},
	} {
		root, bad := parseForm(c.raw)
		if bad != nil {
			t.Errorf("%s: %v", c.raw, bad)
			continue
		}
		q := newParams(root)
		c.read(q)
		if bad := q.end(); bad == nil || bad.Param != c.param || bad.Code != c.code || bad.Status != 400 {
			t.Errorf("%s: %+v, want %s %s", c.raw, bad, c.param, c.code)
		}
	}
}

func TestTheOrderOfParametersIsNoDifference(t *testing.T) {
	t.Parallel()
	hash := func(raw string) []byte {
		root, bad := parseForm(raw)
		if bad != nil {
			t.Fatal(bad)
		}
		return root.hash("POST", "/v1/x")
	}
	if !bytes.Equal(hash("a=1&b[c]=2"), hash("b[c]=2&a=1")) {
		t.Error("order counts")
	}
	for _, other := range []string{"a=1", "a=1&b[c]=3", "a=1&b=2", "a=1%0Ab[c]=2", "a=1&b[c]=2&d="} {
		if bytes.Equal(hash("a=1&b[c]=2"), hash(other)) {
			t.Errorf("%q counts as the same", other)
		}
	}
}

// FuzzForm feeds the decoder anything. What it reads, it must read again from
// its own canonical form.
func FuzzForm(f *testing.F) {
	f.Add("amount=500&metadata[b]=2&line_items[0][price_data][currency]=usd&expand[]=x&expand[]=y")
	f.Add("a[]=1&a[0]=2")
	f.Add("a[b]=%E2%80%AE&c=%00")
	f.Add("&&&===[[[]]]")
	f.Fuzz(func(t *testing.T, raw string) {
		root, bad := parseForm(raw)
		if bad != nil {
			if bad.Status != 400 || bad.Type != typeInvalid {
				t.Fatalf("%+v", bad)
			}
			return
		}
		again := url.Values{}
		root.walk("", func(key string, leaf *node) { again.Add(key, leaf.text) })
		second, bad := parseForm(again.Encode())
		if bad != nil {
			if len(again.Encode()) > maxForm {
				return // it grew by its escapes
			}
			t.Fatalf("%q reads, and its canonical form %q does not: %v", raw, again.Encode(), bad)
		}
		if !bytes.Equal(root.hash("", ""), second.hash("", "")) {
			t.Fatalf("%q reads differently the second time", raw)
		}
		q := newParams(root)
		for name := range root.part {
			q.text(name, 10)
			q.number(name)
			q.dict(name)
			q.texts(name, 10)
			for _, item := range q.list(name) {
				item.text("a", 10)
			}
		}
		if bad := q.end(); bad != nil && bad.Status != 400 {
			t.Fatalf("%+v", bad)
		}
	})
}
