package app

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/newsletter"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// The demo's newsroom: The Lantern, of the invented city of Port Selin. Every
// name and event in it is made up.
//
//go:embed newsroom
var newsroom embed.FS

// seedStory is one file of the demo's newsroom: fields, an empty line, text.
type seedStory struct {
	group, lang, section, slug string
	headline, standfirst       string
	place                      string
	bylines, tags              []string
	age                        time.Duration
	body                       prose.Doc
}

// seedStories reads the demo's stories, the oldest first.
func seedStories() ([]seedStory, error) {
	names, err := fs.Glob(newsroom, "newsroom/*.txt")
	if err != nil {
		return nil, err
	}
	var all []seedStory
	for _, name := range names {
		raw, err := newsroom.ReadFile(name)
		if err != nil {
			return nil, err
		}
		s, err := readSeed(string(raw))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b seedStory) int { return int(b.age - a.age) })
	return all, nil
}

func readSeed(raw string) (seedStory, error) {
	var s seedStory
	head, text, _ := strings.Cut(raw, "\n\n")
	for line := range strings.Lines(head) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			return s, fault.Invalidf("%q is not a field", line)
		}
		switch name {
		case "group":
			s.group = value
		case "lang":
			s.lang = value
		case "section":
			s.section = value
		case "slug":
			s.slug = value
		case "headline":
			s.headline = value
		case "standfirst":
			s.standfirst = value
		case "place":
			s.place = value
		case "byline":
			s.bylines = append(s.bylines, value)
		case "tags":
			s.tags = strings.Split(value, ", ")
		case "hours":
			n, err := strconv.Atoi(value)
			if err != nil {
				return s, fault.Invalidf("%q is not a number of hours", value)
			}
			s.age = time.Duration(n) * time.Hour
		default:
			return s, fault.Invalidf("there is no field %q", name)
		}
	}
	s.body.Version = prose.Version
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			s.body.Blocks = append(s.body.Blocks, prose.Block{Kind: prose.Heading, Level: 2, Text: prose.Plain(heading)})
			continue
		}
		s.body.Blocks = append(s.body.Blocks, prose.Block{Kind: prose.Paragraph, Text: prose.Plain(line)})
	}
	return s, nil
}

// seeded is how the data folder says that the demo's newsroom is in it.
const seeded = "demo_seeded"

// seed fills a new demo: its stories, published over the last days, and its
// appeals. A start that was cut short is taken up where it stopped.
func (a *App) seed(ctx context.Context) error {
	done := ""
	err := a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		done, err = tx.Meta(ctx, seeded)
		return err
	})
	if err != nil || done != "" {
		return err
	}
	all, err := seedStories()
	if err != nil {
		return err
	}
	now := a.clock.Now()
	if err := a.seedRecords(ctx, all, now); err != nil {
		return fmt.Errorf("filling the demo: %w", err)
	}
	for _, s := range all {
		if err := a.seedOne(ctx, s, now.Add(-s.age)); err != nil {
			return fmt.Errorf("filling the demo: %s: %w", s.slug, err)
		}
	}
	if err := a.seedMarks(ctx); err != nil {
		return fmt.Errorf("filling the demo: %w", err)
	}
	appeals, err := newsroom.ReadFile("newsroom/appeals.json")
	if err != nil {
		return err
	}
	if _, err := a.Appeals.Save(ctx, appeals, "demo"); err != nil {
		return fmt.Errorf("filling the demo: %w", err)
	}
	if err := a.seedNewsletters(ctx); err != nil {
		return fmt.Errorf("filling the demo: %w", err)
	}
	return a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return tx.SetMeta(ctx, seeded, "yes") })
}

// seedNewsletters founds one newsletter a language.
func (a *App) seedNewsletters(ctx context.Context) error {
	there, err := a.Newsletters.List(ctx)
	if err != nil {
		return err
	}
	for _, n := range []newsletter.Newsletter{
		{Lang: "en", Slug: "by-lamplight", Name: "By Lamplight", About: "The week in Port Selin, every Friday at noon.", Open: true},
		{Lang: "fa", Slug: "dar-roshanai", Name: "در روشنایی فانوس", About: "هفتهٔ پورت سلین، هر جمعه ظهر.", Open: true},
	} {
		if slices.ContainsFunc(there, func(t newsletter.Newsletter) bool { return t.Lang == n.Lang && t.Slug == n.Slug }) {
			continue
		}
		if _, err := a.Newsletters.Found(ctx, "", n); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) seedOne(ctx context.Context, s seedStory, at time.Time) error {
	there, err := a.Stories.Translations(ctx, s.group)
	if err != nil {
		return err
	}
	for _, t := range there {
		if t.Lang == s.lang {
			return nil
		}
	}
	if err := a.illustrate(ctx, &s); err != nil {
		return err
	}
	// Both at once: a start that is cut short between them would find a draft.
	return a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		made, err := a.Stories.CreateIn(ctx, tx, story.Draft{
			Group: s.group, Lang: s.lang, Section: s.section, Slug: s.slug, Headline: s.headline, Standfirst: s.standfirst,
			Bylines: s.bylines, Place: s.place, Tags: s.tags, Body: s.body,
			Dateline: at.UTC().Truncate(24 * time.Hour),
		})
		if err != nil {
			return err
		}
		_, err = a.Stories.PublishIn(ctx, tx, made.ID, story.Order{At: at})
		return err
	})
}
