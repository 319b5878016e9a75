package site

import (
	"bytes"
	"context"
	"crypto/rand"
	"image"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db/dbtest"
	"mimeo/internal/ident"
	"mimeo/internal/media"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// pictured is a newsroom with a picture.
func pictured(t *testing.T) (*house, *media.Store, media.Picture) {
	t.Helper()
	store, err := media.New(dbtest.SQLite(t), media.Options{Dir: t.TempDir(), IDs: ident.NewSource(time.Now, rand.Reader)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	img := image.NewRGBA(image.Rect(0, 0, 1200, 800))
	for i := range img.Pix {
		img.Pix[i] = uint8(i >> 9)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	p, _, err := store.Add(context.Background(), &b, "", media.Meta{Alt: "A boat"})
	if err != nil {
		t.Fatal(err)
	}
	return newHouse(t, func(o *Options) { o.Pictures = store }), store, p
}

func TestPictures(t *testing.T) {
	h, store, p := pictured(t)
	block := prose.Block{Kind: prose.Image, Src: p.Src(), Alt: `A "boat"`, Width: p.Width, Height: p.Height}
	body := prose.Paragraphs("The ferry did not sail.")
	body.Blocks = append([]prose.Block{block}, append(body.Blocks, block)...)
	s := h.publish(story.Draft{Headline: "The islands wait", Section: "city", Body: body})
	page := h.ok(s.Path()).text
	has(t, "the article", page, `<img src="`+p.Src()+`" alt="A &#34;boat&#34;" srcset="`+p.At(320)+` 320w, `+p.At(640)+` 640w, `+p.At(960)+` 960w, `+p.At(1200)+` 1200w" sizes="`,
		` width="1200" height="800">`, ` width="1200" height="800" loading="lazy">`)
	if n := strings.Count(page, "loading="); n != 1 {
		t.Errorf("%d pictures are loaded late, want the second", n)
	}

	saved := h.ok(s.Path() + "?save=file").text
	has(t, "the saved page", saved, `<img src="data:image/jpeg;base64,/9j/`)
	hasNot(t, "the saved page", saved, "/media/", "srcset")

	file := h.ok(p.At(640))
	if file.Header.Get("Content-Type") != "image/jpeg" || file.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" ||
		file.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(file.text, "\xff\xd8\xff") {
		t.Errorf("the file has %v", file.Header)
	}
	if config, err := jpeg.DecodeConfig(strings.NewReader(file.text)); err != nil || config.Width != 640 {
		t.Error(config, err)
	}
	if again := h.get(p.At(640), "If-None-Match", file.Header.Get("Etag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %d", again.StatusCode)
	}
	for _, path := range []string{
		media.Folder, p.At(641), media.Folder + strings.Repeat("a", 26) + "-320.jpg", p.At(640) + ".part", strings.Replace(p.At(640), "jpg", "png", 1),
		media.Folder + "..%2f..%2fmimeo.db", media.Folder + p.Name[:2], media.Folder + "%00",
	} {
		if a := h.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}

	if err := store.Delete(context.Background(), p.ID, ""); err != nil {
		t.Fatal(err)
	}
	gone := h.get(p.At(640))
	if gone.StatusCode != http.StatusGone || gone.Header.Get("Content-Type") != "image/svg+xml" || strings.Contains(gone.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("after it was hidden: %d %v", gone.StatusCode, gone.Header)
	}
	has(t, "its place", gone.text, "<svg")
	hasNot(t, "the saved page", h.ok(s.Path()+"?save=file").text, "data:image/jpeg")
}

// fourEditions is a newsroom in all languages that there are.
func fourEditions(o *Options) {
	o.Editions = nil
	for _, one := range [][2]string{{"en", "The Lantern"}, {"fa", "فانوس"}, {"ru", "Фонарь"}, {"ar", "الفانوس"}} {
		o.Editions = append(o.Editions, Edition{Lang: one[0], Name: one[1], Sections: []Section{{"city", one[1]}}})
	}
}

func TestFourLanguages(t *testing.T) {
	h := newHouse(t, fourEditions)
	for _, c := range []struct{ lang, dir, support, wrong, headline string }{
		{"ru", "ltr", "Поддержать", "По этому адресу ничего не напечатано", "Остров ждёт катера"},
		{"ar", "rtl", "ادعمنا", "لا شيء مطبوع على هذا العنوان", "الجزر تنتظر قاربها"},
	} {
		s := h.publish(story.Draft{Lang: c.lang, Headline: c.headline, Section: "city", Body: prose.Paragraphs(c.headline + ".")})
		if !strings.HasPrefix(s.Path(), "/"+c.lang+"/") {
			t.Errorf("%s: the story is at %s", c.lang, s.Path())
		}
		open := `<html lang="` + c.lang + `" dir="` + c.dir + `"`
		for _, path := range []string{"/", "/city/", "/support", "/remind", "/about/data", "/about/money", "/about/traces", "/about/help", "/blocked", "/mirrors", "/corrections", "/supporter"} {
			a := h.get("/" + c.lang + path)
			has(t, c.lang+path, a.text, open)
			// A message that is missing shows as its id, a placeholder as itself.
			hasNot(t, c.lang+path, a.text, ">site.", ">about.", "{{", "&lt;no value&gt;", "Support", "We keep")
		}
		has(t, c.lang, h.ok("/"+c.lang+"/").text, c.support, c.headline, `hreflang="en"`, `hreflang="fa"`)
		has(t, c.lang, h.ok(escaped(s.Path())).text, open, c.headline)
		missing := h.get("/" + c.lang + "/nothing")
		if missing.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", c.lang, missing.StatusCode)
		}
		has(t, c.lang, missing.text, open, c.wrong)
		for _, feed := range []string{"feed.xml", "feed.json", "atom.xml"} {
			if a := h.get("/" + c.lang + "/" + feed); a.StatusCode == http.StatusOK {
				has(t, c.lang+" "+feed, a.text, c.headline)
			}
		}
	}
}
