package attack

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// brings sends a file by the form for pictures.
func (h *hand) brings(name, kind string, raw []byte, fields ...string) answer {
	h.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			h.t.Fatal(err)
		}
	}
	part, err := w.CreatePart(map[string][]string{"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, name)}, "Content-Type": {kind}})
	if err == nil {
		_, err = part.Write(raw)
	}
	if err != nil || w.Close() != nil {
		h.t.Fatal(err)
	}
	return h.do(http.MethodPost, "/desk/pictures/add", b.String(), "Content-Type", w.FormDataContentType(), "Cookie", h.cookie)
}

func painted(width, height int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		m.Set(x, height/2, color.RGBA{R: uint8(x), G: 9, B: 200, A: 255})
	}
	return m
}

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, painted(width, height)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claiming is a PNG of one row that claims to be as large as is said.
func claiming(t *testing.T, width, height uint32) []byte {
	t.Helper()
	chunk := func(kind string, data []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		out = append(append(out, kind...), data...)
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(make([]byte, 8<<20)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	out := []byte("\x89PNG\r\n\x1a\n")
	out = append(out, chunk("IHDR", append(head, 8, 2, 0, 0, 0))...)
	return append(append(out, chunk("IDAT", packed.Bytes())...), chunk("IEND", nil)...)
}

// TestPicturesThatAreNone: what is no picture, or too much of one, is refused
// in words, with what was typed beside it; and the newsroom lives on.
func TestPicturesThatAreNone(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("editor")
	good := pngOf(t, 64, 48)
	var jpg, moving bytes.Buffer
	if err := jpeg.Encode(&jpg, painted(64, 48), nil); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&moving, painted(30, 30), nil); err != nil {
		t.Fatal(err)
	}
	const script = `<script>alert(1)</script>`
	for what, raw := range map[string][]byte{
		"nothing": {}, "noise": bytes.Repeat([]byte{7, 200, 0}, 999), "SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">` + script + `</svg>`),
		"SVG after a declaration": []byte(`<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>`), "HTML": []byte("<!doctype html>" + script), "a script": []byte("alert(1)"), "a PDF": []byte("%PDF-1.7\n%x"),
		"a zip": []byte("PK\x03\x04rest"), "half a PNG": good[:len(good)/2], "the signature alone": good[:8], "a PNG of 65535 squared": claiming(t, 65535, 65535), "a PNG of 2^31": claiming(t, 1<<31-1, 1<<31-1), "a PNG of no width": claiming(t, 0, 10),
		"a PNG of one long row": claiming(t, 1<<30, 1), "half a JPEG": jpg.Bytes()[:jpg.Len()/2], "a JPEG of nothing": {0xff, 0xd8, 0xff, 0xd9}, "26 MB": append(bytes.Clone(good), make([]byte, 26<<20)...), "GIF and script": []byte("GIF89a/*" + script + "*/=1;"),
		"a WebP of nothing": []byte("RIFF\x04\x00\x00\x00WEBPVP8 "), "a TIFF": []byte("II*\x00\x08\x00\x00\x00"), "a BMP": []byte("BM\x00\x00\x00\x00"),
	} {
		a := h.brings(`x".png"><script>`, "image/png", raw, "alt", "Alt "+hostile, "caption", "kept")
		safe(t, what, a)
		if a.status != http.StatusUnprocessableEntity && a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d leads to %q %.200s", what, a.status, a.to(), a.words())
		} else if what != "26 MB" && !strings.Contains(a.body, `kept`) {
			t.Errorf("%s: what was typed is lost", what)
		}
	}
	// A picture that is something else as well is only a picture afterwards.
	for what, raw := range map[string][]byte{"a PNG with a page behind it": append(bytes.Clone(good), script...), "a JPEG with a zip behind it": append(bytes.Clone(jpg.Bytes()), "PK\x03\x04"+script...), "a moving picture": moving.Bytes()} {
		a := h.brings("x.svg", "image/svg+xml", raw, "alt", "Alt "+hostile, "caption", hostile, "credit", hostile, "licence", hostile, "lang", "en")
		if a.status != http.StatusSeeOther {
			if what != "a moving picture" || a.status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d %.300s", what, a.status, a.words())
			}
			continue
		}
		page := h.get(a.to())
		safe(t, what, page)
		_, rest, _ := strings.Cut(page.body, `src="/media/`)
		name, _, _ := strings.Cut(rest, `"`)
		got := n.get("/media/" + name)
		if got.status != http.StatusOK || strings.Contains(got.body, "script") || !strings.HasPrefix(got.Get("Content-Type"), "image/") || got.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: /media/%s is %d %s", what, name, got.status, got.Get("Content-Type"))
		}
	}
	for _, path := range []string{"/media/%00", "/media/..%2fmimeo.db", "/media/%2e%2e/mimeo.db", "/media/x.php", "/media/" + strings.Repeat("a", 3000), "/media/a-99999999999.jpg"} {
		if a := n.get(path); a.status != http.StatusNotFound && a.status != http.StatusMovedPermanently && a.status != http.StatusTemporaryRedirect && a.status != http.StatusBadRequest && a.status != http.StatusPermanentRedirect {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

// TestFormsInParts sends multipart bodies that no browser makes.
func TestFormsInParts(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("editor")
	part := func(name, text string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + text + "\r\n"
	}
	for what, body := range map[string]string{
		"nothing": "", "an end": "--b--\r\n", "no end": part("alt", "x"), "no file": part("alt", "x") + "--b--\r\n", "ten thousand parts": strings.Repeat(part("alt", "x"), 10000) + "--b--\r\n",
		"ten thousand names": func() (s string) {
			for i := range 2000 {
				s += part(fmt.Sprint("n", i), "x")
			}
			return s + "--b--\r\n"
		}(), "a huge name": part(strings.Repeat("n", 1<<20), "x"), "a huge field": part("alt", strings.Repeat("x", 1<<20)), "a header of a megabyte": "--b\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", "ten thousand headers": "--b\r\n" + strings.Repeat("X: y\r\n", 10000) + "\r\n",
		"no disposition": "--b\r\n\r\nx\r\n--b--\r\n", "half a rune": part("alt", "\xe2\x82"), "a point outside": part("focus", "-1 5000") + part("file", "x") + "--b--\r\n", "a point of words": part("focus", "exact") + part("x", "NaN") + part("file", "x") + "--b--\r\n", "noise": strings.Repeat("\x00\xff--b", 5000),
		"quoted": "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../../etc/x\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=ff=d8\r\n--b--\r\n",
	} {
		for _, kind := range []string{"multipart/form-data; boundary=b", "multipart/mixed; boundary=b", "multipart/form-data", `multipart/form-data; boundary="` + strings.Repeat("b", 300) + `"`, "text/plain", "application/x-www-form-urlencoded"} {
			if kind != "multipart/form-data; boundary=b" && len(body) > 1<<19 {
				continue
			}
			a := h.do(http.MethodPost, "/desk/pictures/add", body, "Content-Type", kind, "Cookie", h.cookie)
			if safe(t, what, a); a.status < 400 || a.status >= 500 {
				t.Errorf("%s as %.60s: %d %.200s", what, kind, a.status, a.words())
			}
		}
	}
	if a := h.get("/desk/pictures"); a.status != http.StatusOK {
		t.Errorf("afterwards: %d", a.status)
	}
}
