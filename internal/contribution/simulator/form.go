package simulator

import (
	"cmp"
	"crypto/sha256"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a request's parameters. Stripe's are larger; the adapter's calls
// stay far below either.
const (
	maxForm   = 64 << 10
	maxFields = 400
	maxDepth  = 6
)

// node is one parameter: a text, or named parts, or a numbered list of parts.
type node struct {
	text string
	leaf bool
	part map[string]*node
	used bool
}

// parseForm reads Stripe's form encoding: a=1, a[b]=2, a[0][b]=3, a[]=4.
func parseForm(raw string) (*node, *problem) {
	if len(raw) > maxForm {
		return nil, invalid("", "The request is too large.")
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, invalid("", "The request body is not form-encoded.")
	}
	root := &node{part: map[string]*node{}}
	fields := 0
	// Sorted, so that the same form always meets the same first error.
	for _, key := range sortedKeys(values) {
		path, ok := splitKey(key)
		if !ok {
			return nil, invalid(clean(key), "Invalid parameter name.")
		}
		for _, value := range values[key] {
			if fields++; fields > maxFields {
				return nil, invalid("", "The request has too many parameters.")
			}
			if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
				return nil, invalid(clean(key), "Invalid string: it must be valid UTF-8.")
			}
			if !root.put(path, value) {
				return nil, invalid(clean(key), "Invalid parameter: it is given twice or in two shapes.")
			}
		}
	}
	return root, nil
}

// splitKey turns "a[b][0]" into a, b, 0. An empty last part means "append".
func splitKey(key string) ([]string, bool) {
	head, rest, nested := strings.Cut(key, "[")
	if head == "" || strings.Contains(head, "]") || !utf8.ValidString(key) {
		return nil, false
	}
	path := []string{head}
	if !nested {
		return path, true
	}
	inner, closed := strings.CutSuffix(rest, "]")
	if !closed {
		return nil, false
	}
	parts := strings.Split(inner, "][")
	for i, part := range parts {
		if strings.ContainsAny(part, "[]") || (part == "" && i < len(parts)-1) {
			return nil, false
		}
	}
	path = append(path, parts...)
	return path, len(path) <= maxDepth
}

func (n *node) put(path []string, value string) bool {
	for _, name := range path {
		if n.leaf {
			return false
		}
		if n.part == nil {
			n.part = map[string]*node{}
		}
		if name == "" {
			name = strconv.Itoa(len(n.part))
		}
		next := n.part[name]
		if next == nil {
			next = &node{}
			n.part[name] = next
		}
		n = next
	}
	if n.leaf || n.part != nil {
		return false
	}
	n.text, n.leaf = value, true
	return true
}

// hash identifies the parameters irrespective of their order.
func (n *node) hash(method, path string) []byte {
	h := sha256.New()
	h.Write([]byte(method + " " + path + "\n"))
	n.walk("", func(key string, leaf *node) {
		h.Write([]byte(url.QueryEscape(key) + "=" + url.QueryEscape(leaf.text) + "\n"))
	})
	return h.Sum(nil)
}

// walk visits the leaves in a fixed order.
func (n *node) walk(prefix string, visit func(key string, leaf *node)) {
	if n.leaf {
		visit(prefix, n)
		return
	}
	for _, name := range sortedKeys(n.part) {
		key := name
		if prefix != "" {
			key = prefix + "[" + name + "]"
		}
		n.part[name].walk(key, visit)
	}
}

// params reads one level of a form and remembers the first thing wrong in it.
type params struct {
	node *node
	path string
	bad  *problem // shared by all levels of one request, by way of root
	root *params
}

func newParams(n *node) *params {
	p := &params{node: n}
	p.root = p
	return p
}

func (p *params) name(key string) string {
	if p.path == "" {
		return key
	}
	return p.path + "[" + key + "]"
}

func (p *params) fail(key, message string) {
	if p.root.bad == nil {
		p.root.bad = invalid(p.name(key), message)
	}
}

func (p *params) find(key string) *node {
	if p.node == nil {
		return nil
	}
	return p.node.part[key]
}

func (p *params) has(key string) bool { return p.find(key) != nil }

// text returns a string parameter, "" when it is absent.
func (p *params) text(key string, longest int) string {
	n := p.find(key)
	if n == nil {
		return ""
	}
	n.used = true
	if !n.leaf {
		p.fail(key, "Invalid string: an object was given.")
		return ""
	}
	if utf8.RuneCountInString(n.text) > longest {
		p.fail(key, "Invalid string: it is longer than "+strconv.Itoa(longest)+" characters.")
		return ""
	}
	return n.text
}

// need is text that must be there.
func (p *params) need(key string, longest int) string {
	s := p.text(key, longest)
	if s == "" && p.root.bad == nil {
		p.root.bad = &problem{Status: 400, Type: typeInvalid, Code: "parameter_missing", Param: p.name(key), Message: "Missing required param: " + p.name(key) + "."}
	}
	return s
}

// choice is text that must be one of the given words, or absent.
func (p *params) choice(key string, words ...string) string {
	s := p.text(key, 100)
	if s != "" && !slices.Contains(words, s) {
		p.fail(key, "Invalid "+p.name(key)+": must be one of "+strings.Join(words, ", ")+".")
	}
	return s
}

func (p *params) number(key string) int64 {
	s := p.text(key, 20)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		p.fail(key, "Invalid integer.")
	}
	return n
}

func (p *params) flag(key string) bool { return p.choice(key, "true", "false") == "true" }

// sub returns a nested object, empty when absent.
func (p *params) sub(key string) *params {
	n := p.find(key)
	if n != nil && n.leaf {
		n.used = true
		p.fail(key, "Invalid object.")
		n = nil
	}
	return &params{node: n, path: p.name(key), root: p.root}
}

// list returns the parts of a list in the order of their numbers.
func (p *params) list(key string) []*params {
	n := p.find(key)
	if n == nil {
		return nil
	}
	if n.leaf {
		n.used = true
		p.fail(key, "Invalid array.")
		return nil
	}
	at := make([]int, 0, len(n.part))
	for name := range n.part {
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || strconv.Itoa(i) != name {
			p.fail(key, "Invalid array.")
			return nil
		}
		at = append(at, i)
	}
	slices.Sort(at)
	parts := make([]*params, len(at))
	for i, index := range at {
		name := strconv.Itoa(index)
		parts[i] = &params{node: n.part[name], path: p.name(key) + "[" + name + "]", root: p.root}
	}
	return parts
}

// texts is a list of strings.
func (p *params) texts(key string, longest int) []string {
	var out []string
	for _, part := range p.list(key) {
		part.node.used = true
		if !part.node.leaf || utf8.RuneCountInString(part.node.text) > longest {
			p.fail(key, "Invalid array of strings.")
			return nil
		}
		out = append(out, part.node.text)
	}
	return out
}

// dict is a set of named strings, as metadata is.
func (p *params) dict(key string) map[string]string {
	sub := p.sub(key)
	if sub.node == nil {
		return nil
	}
	out := map[string]string{}
	for _, name := range sortedKeys(sub.node.part) {
		if len(name) > 40 || len(out) == 50 {
			p.fail(key, "Invalid metadata: at most 50 keys of 40 characters.")
			return nil
		}
		out[name] = sub.text(name, 500)
	}
	return out
}

// end returns the first thing wrong, an unknown parameter included: Stripe
// refuses those, and so a misspelt one is found here and not on the day.
func (p *params) end() *problem {
	if p.root.bad != nil {
		return p.root.bad
	}
	p.root.node.walk("", func(key string, leaf *node) {
		if !leaf.used && p.root.bad == nil {
			p.root.bad = &problem{Status: 400, Type: typeInvalid, Code: "parameter_unknown", Param: clean(key), Message: "Received unknown parameter: " + clean(key)}
		}
	})
	return p.root.bad
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// clean shortens a stranger's text so that it may be echoed.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if utf8.RuneCountInString(s) > 100 {
		s = string([]rune(s)[:100])
	}
	return s
}
