package wxr

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// window is how much of a file is looked at in one piece.
const window = 256 << 10

// scanner goes through a file tag by tag. It forgives what old exports get
// wrong (bare ampersands, control characters, tags that are never closed) and
// holds no more of the file than the text that it was asked for.
type scanner struct {
	in   *bufio.Reader
	line int
	name [maxName]byte
	tail []byte // of the tag at hand: its attributes
	held *tag   // the next tag, which was met inside an element that it ends
}

// maxName is how long the name of an element may be; a longer one is no name.
const maxName = 64

// maxTail is how much of a tag's attributes is looked at.
const maxTail = 4_000

// tag is a start or end of an element.
type tag struct {
	name   string
	end    bool
	closed bool // <name/>
}

var errDoctype = errors.New("it declares a document type of its own")

// newScanner looks at the file's first bytes for its encoding; odd tells what
// about that is not as the file says.
func newScanner(r io.Reader) (s *scanner, odd string, err error) {
	raw := bufio.NewReaderSize(r, window)
	head, err := raw.Peek(window)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, "", err
	}
	dec, odd := decoderOf(head)
	if dec == nil {
		if _, err := raw.Discard(len(head) - len(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))); err != nil {
			return nil, "", err
		}
		return &scanner{in: raw, line: 1}, odd, nil
	}
	return &scanner{in: bufio.NewReaderSize(transform.NewReader(raw, dec), window), line: 1}, odd, nil
}

// decoderOf finds the encoding; nil is UTF-8.
func decoderOf(head []byte) (dec transform.Transformer, odd string) {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")),
		bytes.HasPrefix(head, []byte("<\x00?\x00")), bytes.HasPrefix(head, []byte("\x00<\x00?")):
		endian := unicode.LittleEndian
		if head[0] == 0xfe || head[0] == 0 {
			endian = unicode.BigEndian
		}
		return unicode.UTF16(endian, unicode.UseBOM).NewDecoder(), ""
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return nil, ""
	}
	declared := declaredEncoding(head)
	if declared == "" || declared == "utf-8" || declared == "utf8" {
		return nil, ""
	}
	var enc encoding.Encoding
	enc, name := charset.Lookup(declared)
	if enc == nil {
		return nil, "the file names the encoding " + declared + ", which is not known; it was read as UTF-8"
	}
	if name == "utf-8" {
		return nil, ""
	}
	if wide(head) {
		return nil, "the file says that it is in " + declared + ", but it is in UTF-8 and was read so"
	}
	return enc.NewDecoder(), ""
}

// wide says whether there is text beyond ASCII in head and all of it is UTF-8.
func wide(head []byte) bool {
	some := bytes.ContainsFunc(head, func(r rune) bool { return r > 0x7f && r != utf8.RuneError })
	for len(head) > 0 { // the last character may be cut
		r, n := utf8.DecodeRune(head)
		if r == utf8.RuneError && n <= 1 && len(head) > utf8.UTFMax {
			return false
		}
		head = head[n:]
	}
	return some
}

func declaredEncoding(head []byte) string {
	head = head[:min(len(head), 400)]
	if !bytes.HasPrefix(bytes.TrimLeft(head, " \n\r\t"), []byte("<?xml")) {
		return ""
	}
	line, _, _ := bytes.Cut(head, []byte("?>"))
	_, rest, found := strings.Cut(strings.ToLower(string(line)), "encoding")
	if !found {
		return ""
	}
	rest = strings.TrimLeft(rest, " =\t")
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	name, _, _ := strings.Cut(rest[1:], rest[:1])
	return strings.TrimSpace(name)
}

// until skips, or appends to *into when that is not nil, everything up to and
// with the byte c. More than limit bytes are skipped and reported.
func (s *scanner) until(c byte, into *[]byte, limit int) (over bool, err error) {
	for {
		piece, err := s.in.ReadSlice(c)
		s.line += bytes.Count(piece, []byte{'\n'})
		if into != nil {
			if room := limit - len(*into); len(piece) > room {
				over = true
				piece = piece[:max(room, 0)]
			}
			*into = append(*into, piece...)
		}
		if err == nil {
			return over, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return over, err
		}
	}
}

// next goes on to the next tag and leaves out everything before it.
func (s *scanner) next() (tag, error) {
	if s.held != nil {
		t := *s.held
		s.held = nil
		return t, nil
	}
	for {
		if _, err := s.until('<', nil, 0); err != nil {
			return tag{}, err
		}
		t, ok, err := s.tag()
		if err != nil || ok {
			return t, err
		}
	}
}

// tag reads what stands after a "<"; ok is false when it is no tag of an
// element.
func (s *scanner) tag() (t tag, ok bool, err error) {
	ahead, err := s.in.Peek(9)
	if len(ahead) == 0 {
		return t, false, err
	}
	switch c := ahead[0]; {
	case c == '!' && bytes.HasPrefix(ahead, []byte("!--")):
		return t, false, s.pass("-->")
	case c == '!' && bytes.HasPrefix(ahead, []byte("![CDATA[")):
		return t, false, s.pass("]]>")
	case c == '!' && len(ahead) > 7 && strings.EqualFold(string(ahead[:8]), "!doctype"):
		return t, false, errDoctype
	case c == '!' || c == '?':
		_, err := s.until('>', nil, 0)
		return t, false, err
	case c == '/':
		t.end = true
		s.skip(1)
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
	default:
		return t, false, nil
	}
	n := 0
	s.tail = s.tail[:0]
	for {
		c, err := s.in.ReadByte()
		if err != nil {
			return t, false, err
		}
		switch {
		case c == '>':
			t.name = intern(s.name[:n])
			return t, n < maxName, nil
		case c == '/' || c == ' ' || c == '\n' || c == '\t' || c == '\r':
			if c == '\n' {
				s.line++
			}
			t.name = intern(s.name[:n])
			if c == '/' {
				if after := s.ahead(1); len(after) == 1 && after[0] == '>' {
					s.skip(1)
					t.closed = true
					return t, n < maxName, nil
				}
			}
			s.tail = s.tail[:0]
			over, err := s.until('>', &s.tail, maxTail)
			if err != nil {
				return t, false, err
			}
			t.closed = !over && bytes.HasSuffix(s.tail, []byte("/>"))
			return t, n < maxName, nil
		case n < maxName:
			s.name[n] = c
			n++
		}
	}
}

// ahead looks at the next n bytes, or as many as there are. Whatever keeps
// there from being more is met again by the next reading.
func (s *scanner) ahead(n int) []byte {
	bytes, err := s.in.Peek(n)
	if err != nil {
		return bytes
	}
	return bytes
}

// skip passes over bytes that ahead saw.
func (s *scanner) skip(n int) {
	if _, err := s.in.Discard(n); err != nil {
		return
	}
}

// pass skips to the end of what ends with three characters.
func (s *scanner) pass(end string) error {
	_, _, err := s.through(end, nil, 0)
	return err
}

// through appends what comes before end; end ends with a ">".
func (s *scanner) through(end string, into *[]byte, limit int) (over, inner bool, err error) {
	var last [16]byte // the bytes before the ">", across pieces
	held := last[:0]
	for {
		piece, err := s.in.ReadSlice('>')
		s.line += bytes.Count(piece, []byte{'\n'})
		if into != nil {
			if room := limit - len(*into); len(piece) > room {
				over = true
				*into = append(*into, piece[:max(room, 0)]...)
			} else {
				*into = append(*into, piece...)
			}
		}
		held = append(held, piece[max(0, len(piece)-8):]...)
		if len(held) > 8 {
			held = append(last[:0], held[len(held)-8:]...)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return over, inner, err
		}
		if err == nil && bytes.HasSuffix(held, []byte(end)) {
			if into != nil && !over {
				*into = (*into)[:len(*into)-len(end)]
			}
			return over, inner, nil
		}
	}
}

// text reads the content of a leaf element up to its end tag: text with its
// entities resolved, and CDATA as it is. fault says what was wrong with it.
// With a nil buffer the content is skipped.
func (s *scanner) text(name string, into *[]byte, limit int) (fault string, err error) {
	for {
		from := 0
		if into != nil {
			from = len(*into)
		}
		over, err := s.until('<', into, limit)
		if err != nil {
			return "it is not closed", err
		}
		if over {
			fault = "it is too large"
		} else if into != nil {
			*into = (*into)[:len(*into)-1]
			resolved := entities((*into)[from:])
			*into = (*into)[:from+resolved]
		}
		ahead := s.ahead(9 + len(name))
		switch {
		case bytes.HasPrefix(ahead, []byte("![CDATA[")):
			s.skip(8)
			from := 0
			if into != nil {
				from = len(*into)
			}
			over, _, err := s.through("]]>", into, limit)
			if err != nil {
				return "it is not closed", err
			}
			if over {
				fault = "it is too large"
			} else if into != nil && bytes.Contains((*into)[from:], []byte("<![CDATA[")) {
				fault = "CDATA stands inside CDATA"
			}
		case len(ahead) > len(name) && ahead[0] == '/' && string(ahead[1:1+len(name)]) == name && !nameByte(ahead, 1+len(name)):
			_, err := s.until('>', nil, 0)
			return fault, err
		case bytes.HasPrefix(ahead, []byte("/item>")), bytes.HasPrefix(ahead, []byte("item>")), bytes.HasPrefix(ahead, []byte("/channel>")):
			return "it is not closed", s.hold()
		case bytes.HasPrefix(ahead, []byte("!--")):
			if err := s.pass("-->"); err != nil {
				return fault, err
			}
		default:
			if into != nil && len(*into) < limit {
				*into = append(*into, '<')
			}
		}
	}
}

// errUnclosed says that an element was not closed before its item ended; next
// gives the tag that ended it.
var errUnclosed = errors.New("an element is not closed")

// hold keeps the tag that stands here for next.
func (s *scanner) hold() error {
	t, _, err := s.tag()
	if err != nil {
		return err
	}
	s.held = &t
	return errUnclosed
}

// attribute is an attribute of the tag at hand, "" when it has none.
func (s *scanner) attribute(name string) string {
	for rest := s.tail; ; {
		i := bytes.Index(rest, []byte(name+"="))
		if i < 0 || i+len(name)+1 >= len(rest) {
			return ""
		}
		quote := rest[i+len(name)+1]
		rest = rest[i+len(name)+2:]
		if i := bytes.IndexByte(rest, quote); i >= 0 && (quote == '"' || quote == '\'') {
			value := bytes.Clone(rest[:i])
			return strings.ToValidUTF8(string(value[:entities(value)]), "")
		}
	}
}

func nameByte(ahead []byte, i int) bool {
	return i < len(ahead) && ahead[i] != '>' && ahead[i] != ' ' && ahead[i] != '\n' && ahead[i] != '\r' && ahead[i] != '\t'
}

// intern gives the names that every item has without allocating them anew.
func intern(name []byte) string {
	if known, ok := names[string(name)]; ok {
		return known
	}
	return string(name)
}

var names = func() map[string]string {
	known := map[string]string{}
	for name := range strings.FieldsSeq(`item title link guid pubDate dc:creator description content:encoded excerpt:encoded category
		wp:post_id wp:post_date wp:post_date_gmt wp:post_modified wp:post_modified_gmt wp:comment_status wp:ping_status wp:post_name
		wp:status wp:post_parent wp:menu_order wp:post_type wp:post_password wp:is_sticky wp:attachment_url wp:postmeta wp:meta_key
		wp:meta_value wp:comment wp:comment_id wp:comment_author wp:comment_author_email wp:comment_author_url wp:comment_author_IP
		wp:comment_date wp:comment_date_gmt wp:comment_content wp:comment_approved wp:comment_type wp:comment_parent wp:comment_user_id
		wp:commentmeta`) {
		known[name] = name
	}
	return known
}()
