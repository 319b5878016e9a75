package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/ident"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// desk is a newsroom's second process: it writes beside the server, which
// hears of it as it does of a command.
type desk struct {
	db    *db.DB
	desk  *story.Desk
	story story.Story
	times int
}

func openDesk(data string) (*desk, error) {
	d, err := db.Open(context.Background(), db.Options{URL: "sqlite:" + filepath.Join(data, "mimeo.db"), Now: time.Now})
	if err != nil {
		return nil, err
	}
	return &desk{db: d, desk: story.New(d, ident.NewSource(time.Now, rand.Reader), story.Options{Zone: time.UTC, DefaultLang: "en"})}, nil
}

func (d *desk) close() error { return d.db.Close() }

func (d *desk) draft() story.Draft {
	return story.Draft{
		Lang: "en", Section: "city", Headline: "A long report",
		Standfirst: fmt.Sprintf("It has been corrected %d times.", d.times), Body: prose.Paragraphs(report()...),
	}
}

// publish brings a story of about 60 kB of HTML out and returns its path.
func (d *desk) publish() (string, error) {
	made, err := d.desk.Create(context.Background(), d.draft())
	if err != nil {
		return "", err
	}
	d.story, err = d.desk.Publish(context.Background(), made.ID)
	return d.story.Path(), err
}

// revise changes the text; the page that lies ready is not to be shown again.
func (d *desk) revise() (err error) {
	d.times++
	d.story, err = d.desk.Revise(context.Background(), d.story.ID, d.story.Revision, d.draft())
	return err
}

// report is the text of the story: words of a language that nobody speaks, as
// often and as seldom as words are, so that it packs as a text does.
func report() (paragraphs []string) {
	r := mathrand.New(mathrand.NewPCG(1, 2))
	syllables := strings.Fields("ka ro mi ten lau shi por dre va ne ul gos ban ti ria sel mor en fa chu dop lin e o sta ber wa ju ")
	words := make([]string, 2500)
	for i := range words {
		for range 1 + r.IntN(2) + r.IntN(3) {
			words[i] += syllables[r.IntN(len(syllables))]
		}
	}
	often := mathrand.NewZipf(r, 1.7, 3, uint64(len(words)-1))
	for size := 0; size < 54_000; {
		var text strings.Builder
		for range 60 + r.IntN(30) {
			text.WriteString(words[often.Uint64()])
			text.WriteString([]string{", ", ". ", " "}[min(r.IntN(16), 2)])
		}
		text.WriteString("so.")
		size += text.Len() + 2
		paragraphs = append(paragraphs, text.String())
	}
	return paragraphs
}

// passHour moves the demo's clock on by an hour. The appeal's token names the
// hour, so every story's page is then due.
func passHour(addr string) error {
	res, err := http.PostForm("http://"+addr+"/demo/clock", url.Values{"advance": {"PT1H"}})
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("moving the clock: %s", res.Status)
	}
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// warm asks until the page is there, and then often enough for each appeal
// that may stand in it to have been asked for twice: the second time has it
// packed tightly for those who come after.
func warm(addr, path string, header http.Header) error {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		_, _, err := fetch(addr, path, header)
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			return errors.Join(errors.New("the page does not come"), err)
		}
	}
	for range 100 {
		if _, _, err := fetch(addr, path, header); err != nil {
			return err
		}
	}
	time.Sleep(2 * time.Second)
	return nil
}

// fetch gives the compressed page and the length of the plain one.
func fetch(addr, path string, header http.Header) (body []byte, plain int, err error) {
	get := func(h http.Header) ([]byte, error) {
		req, err := http.NewRequest(http.MethodGet, "http://"+addr+path, nil)
		if err != nil {
			return nil, err
		}
		req.Header = h
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s", path, res.Status)
		}
		return io.ReadAll(res.Body)
	}
	if body, err = get(header); err != nil {
		return nil, 0, err
	}
	whole, err := get(http.Header{"Accept-Encoding": {"identity"}})
	return body, len(whole), err
}
