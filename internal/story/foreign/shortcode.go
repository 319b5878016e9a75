package foreign

import (
	"strconv"
	"strings"
)

// code is a shortcode such as [gallery ids="1,2"] or its end [/caption].
type code struct {
	name  string
	end   bool
	named map[string]string
	bare  []string
	raw   string
}

// known are the shortcodes that have a form here; what they mean is in
// reading.shortcode.
var known = map[string]bool{
	"caption": true, "wp_caption": true, "gallery": true, "embed": true, "youtube": true, "vimeo": true, "video": true, "audio": true,
	"playlist": true, "tweet": true, "instagram": true, "soundcloud": true, "dailymotion": true, "more": true,
}

// maxCode is how long a shortcode may be.
const maxCode = 4_000

// nextShortcode finds the first shortcode of a text. A bracket that begins
// none, such as one around a word or a number, is text.
func nextShortcode(text string) (before string, c code, rest string) {
	for from := 0; ; {
		i := strings.IndexByte(text[from:], '[')
		if i < 0 {
			return text, code{}, ""
		}
		i += from
		if c, length := parseCode(text[i:]); c.name != "" {
			return text[:i], c, text[i+length:]
		}
		from = i + 1
	}
}

func parseCode(text string) (c code, length int) {
	i := 1
	if i < len(text) && text[i] == '/' {
		c.end = true
		i++
	}
	start := i
	for i < len(text) && i-start < 40 && (text[i] >= 'a' && text[i] <= 'z' || text[i] == '_' || i > start && (text[i] >= '0' && text[i] <= '9' || text[i] == '-')) {
		i++
	}
	name := text[start:i]
	if name == "" || i >= len(text) {
		return code{}, 0
	}
	end := strings.IndexByte(text[i:min(len(text), i+maxCode)], ']')
	if end < 0 || text[i] != ']' && text[i] != ' ' && text[i] != '/' && text[i] != '=' && text[i] != '\n' {
		return code{}, 0
	}
	within := text[i : i+end]
	length = i + end + 1
	if !known[name] && !c.end && !strings.Contains(within, "=") && !strings.Contains(text[length:min(len(text), length+maxCode)], "[/"+name+"]") {
		return code{}, 0 // [sic] and its like are words
	}
	if !known[name] && c.end {
		return code{name: name, end: true, raw: text[:length]}, length
	}
	c.name, c.raw = name, text[:length]
	c.attributes(strings.Trim(within, " /\n"))
	return c, length
}

func (c *code) attributes(text string) {
	c.named = map[string]string{}
	text = strings.NewReplacer("“", `"`, "”", `"`, "″", `"`, "\u00a0", " ").Replace(text)
	for range 50 {
		text = strings.TrimLeft(text, " \n\t=")
		if text == "" {
			return
		}
		key := ""
		if i := strings.IndexFunc(text, notName); i > 0 && text[i] == '=' {
			key, text = strings.ToLower(text[:i]), text[i+1:]
		}
		var value string
		switch {
		case text != "" && (text[0] == '"' || text[0] == '\''):
			quote := text[:1]
			value, text, _ = strings.Cut(text[1:], quote)
		default:
			value, text, _ = strings.Cut(text, " ")
		}
		if key == "" {
			c.bare = append(c.bare, value)
		} else {
			c.named[key] = value
		}
	}
}

func notName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
}

// first is the named attribute, or the first bare one.
func (c *code) first(names ...string) string {
	for _, n := range names {
		if v := c.named[n]; v != "" {
			return v
		}
	}
	if len(c.bare) > 0 {
		return c.bare[0]
	}
	return ""
}

// shortcode carries out a shortcode and returns what of the text is left.
func (r *reading) shortcode(c code, rest string) string {
	switch c.name {
	case "caption", "wp_caption":
		if c.end {
			r.flush()
			r.caption = max(r.caption-1, 0)
			r.closeFigure()
			return rest
		}
		r.openFigure()
		r.caption++
		if words := c.named["caption"]; words != "" {
			r.builder.words(words, false)
		}
	case "gallery":
		r.gallery(c)
	case "embed":
		if c.end {
			return rest
		}
		const end = "[/embed]"
		if i := strings.Index(rest[:min(len(rest), maxCode)], end); i >= 0 {
			r.embed(strings.TrimSpace(rest[:i]), "")
			return rest[i+len(end):]
		}
		r.embed(c.first("src", "url"), "")
	case "youtube":
		r.platform(c, "https://www.youtube.com/watch?v=", "id", "url")
	case "vimeo":
		r.platform(c, "https://vimeo.com/", "id", "url")
	case "dailymotion":
		r.platform(c, "https://www.dailymotion.com/video/", "id", "url")
	case "tweet":
		r.platform(c, "https://twitter.com/i/status/", "tweet", "id", "url")
	case "instagram", "soundcloud":
		r.platform(c, "", "url")
	case "video", "audio":
		if !c.end {
			r.embed(c.first("src", "mp4", "mp3", "webm", "ogg", "m4a", "ogv", "m4v", "wav", "flv"), c.named["title"])
		}
	case "playlist":
		r.warn("a playlist was left out: [playlist]")
	case "more":
	default:
		r.warn("the shortcode %s is kept as text", short(c.raw))
		r.builder.words(c.raw, false)
	}
	return rest
}

// platform is a recording that a shortcode names by its number or address.
func (r *reading) platform(c code, base string, names ...string) {
	if c.end {
		return
	}
	to := c.first(names...)
	if to == "" || base == "" && !strings.HasPrefix(to, "http") {
		r.warn("the shortcode %s is kept as text", short(c.raw))
		r.builder.words(c.raw, false)
		return
	}
	if !strings.HasPrefix(to, "http") {
		to = base + to
	}
	r.embed(to, "")
}

// gallery puts the pictures that a gallery names.
func (r *reading) gallery(c code) {
	ids := strings.FieldsFunc(c.first("ids", "include"), func(r rune) bool { return r < '0' || r > '9' })
	if len(ids) == 0 && r.opt.Attached != nil {
		if all := r.opt.Attached(); len(all) > 0 {
			for _, p := range all {
				r.picture(p)
			}
			return
		}
	}
	if len(ids) == 0 {
		r.warn("a gallery that names no pictures was left out: %s", short(c.raw))
		return
	}
	for i, id := range ids {
		if i == 500 {
			r.warn("a gallery of more than 500 pictures was cut")
			return
		}
		r.attachment(id)
	}
}

// attachment puts the picture with a number.
func (r *reading) attachment(id string) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err == nil && r.opt.Attachment != nil {
		if p, found := r.opt.Attachment(n); found {
			r.picture(p)
			return
		}
	}
	r.warn("picture %s of a gallery is not in the export", id)
}
