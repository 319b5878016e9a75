// Archive shows that a large archive costs nothing: start to the first
// article, one publication to its public page, and memory, with a thousand
// stories and with a hundred thousand.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/ident"
	"mimeo/internal/prose"
	"mimeo/internal/story"
	"mimeo/internal/story/storytest"
	"mimeo/test/bench/load"
)

const (
	starts       = 7
	publications = 60
	different    = 1000 // stories that are read once all of them, in both codings
)

// figures are what one size of archive gave.
type figures struct {
	start, publish time.Duration
	rest, peak     float64 // MiB
	wide           float64 // MiB at most, after many different stories
}

func main() {
	small, err := measure(1_000)
	if err == nil {
		var large figures
		if large, err = measure(100_000); err == nil {
			fmt.Printf("100,000 / 1,000 stories: start %.2f, publishing p50 %.2f\n",
				float64(large.start)/float64(small.start), float64(large.publish)/float64(small.publish))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}

func measure(stories int) (f figures, err error) {
	dir, err := os.MkdirTemp("", "mimeo-archive-")
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx := context.Background()
	d, err := db.Open(ctx, db.Options{URL: "sqlite:" + filepath.Join(dir, "mimeo.db"), Now: time.Now})
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Migrate(ctx); err != nil {
		return f, err
	}
	if err := storytest.Seed(ctx, d, stories); err != nil {
		return f, err
	}
	desk := story.New(d, ident.NewSource(time.Now, rand.Reader), story.Options{Zone: time.UTC, DefaultLang: "en"})
	first, err := desk.Front(ctx, "en", 1)
	if err != nil || len(first) == 0 {
		return f, fmt.Errorf("the archive is empty (%w)", err)
	}
	var server *load.Server
	var took []time.Duration
	for range starts {
		if server != nil {
			if err := server.Stop(); err != nil {
				return f, err
			}
		}
		began := time.Now()
		if server, err = load.Start(os.Getenv("MIMEO_BIN"), "serve", "--data", dir, "--listen", "127.0.0.1:0"); err != nil {
			return f, err
		}
		if err := get(server.Addr, first[0].Path()); err != nil {
			return f, err
		}
		took = append(took, time.Since(began))
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	f.start = load.Median(took)
	took = nil
	for n := range publications {
		draft, err := desk.Create(ctx, story.Draft{
			Lang: "en", Section: "city", Headline: fmt.Sprintf("Measured publication %d of %d", n, time.Now().UnixNano()),
			Body: prose.Paragraphs("The bench published this paragraph and asked for it at once.", "It was there."),
		})
		if err != nil {
			return f, err
		}
		began := time.Now()
		public, err := desk.Publish(ctx, draft.ID)
		if err != nil {
			return f, err
		}
		if err := get(server.Addr, public.Path()); err != nil {
			return f, err
		}
		took = append(took, time.Since(began))
	}
	f.publish = load.Median(took)
	if f.rest, _, err = server.Memory(); err != nil {
		return f, err
	}
	if _, err := server.Round(first[0].Path(), 64, 60_000, http.Header{"Accept-Encoding": {"br"}}); err != nil {
		return f, err
	}
	if _, f.peak, err = server.Memory(); err != nil {
		return f, err
	}
	many, err := desk.Front(ctx, "en", different)
	if err != nil {
		return f, err
	}
	for i := range many {
		for _, coding := range []string{"gzip", "br"} {
			if _, err := server.Round(many[i].Path(), 1, 1, http.Header{"Accept-Encoding": {coding}}); err != nil {
				return f, err
			}
		}
	}
	if _, f.wide, err = server.Memory(); err != nil {
		return f, err
	}
	fmt.Printf("%d stories: start to the first article %v, publication to public page %v p50, memory %.0f MiB at rest, %.0f MiB at most under load on one page, %.0f MiB after %d different ones\n",
		stories, f.start.Round(time.Millisecond), f.publish.Round(100*time.Microsecond), f.rest, f.peak, f.wide, len(many))
	return f, nil
}

func get(addr, path string) error {
	res, err := http.Get("http://" + addr + path)
	if err != nil {
		return err
	}
	if err := res.Body.Close(); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, res.Status)
	}
	return nil
}
