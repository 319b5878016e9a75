package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/jobs"
	"mimeo/internal/story"
)

// WebSub: a newsroom may name a hub, which then tells feed readers of news
// instead of their asking again and again. The feeds name it, and it is told of
// the feeds that changed. No hub is asked for anything unless one is named: it
// learns who follows the newsroom.

// Herald tells the hub which feeds changed, by a job for each: a hub that does
// not answer holds nobody up.
type Herald struct {
	queue *jobs.Queue
	hub   string
	feeds func(lang, section string) []string
	send  *http.Client
}

// Heard is the job that tells the hub of the feeds of a language, and of one
// section in it.
type Heard struct {
	Lang    string `json:"lang"`
	Section string `json:"section"`
}

// Kind names the job.
func (Heard) Kind() string { return "site.websub" }

// hubTime bounds one call of the hub.
const hubTime = 15 * time.Second

// NewHerald registers the job. prefix gives what addresses of a language begin
// with, "" for the newsroom's first. Redirects are not followed: what a hub
// answers is not worth a request to elsewhere.
func NewHerald(q *jobs.Queue, hub, base string, prefix func(lang string) string) (*Herald, error) {
	u, err := url.Parse(hub)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return nil, fault.Invalidf("The address of the hub is not of the form https://hub.example/")
	}
	h := &Herald{
		queue: q, hub: hub,
		send: &http.Client{Timeout: hubTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		feeds: func(lang, section string) (all []string) {
			below := strings.TrimSuffix(base, "/") + prefix(lang)
			if section != "" {
				below += "/" + section
			}
			for _, f := range formats {
				all = append(all, below+"/"+f.name)
			}
			return all
		},
	}
	jobs.Handle(q, h.tell)
	return h, nil
}

// Published is for story.Options: it enqueues what the hub is told once the
// transaction is committed. Many stories at once make one job a list.
func (h *Herald) Published(ctx context.Context, tx *db.Tx, s *story.Story) error {
	for _, section := range []string{"", s.Section} {
		err := h.queue.Enqueue(ctx, tx, Heard{s.Lang, section}, jobs.When{Unique: true})
		if err != nil {
			return err
		}
		if s.Section == "" {
			break
		}
	}
	return nil
}

// tell is the job.
func (h *Herald) tell(ctx context.Context, job jobs.Job[Heard]) error {
	form := url.Values{"hub.mode": {"publish"}, "hub.url": h.feeds(job.Args.Lang, job.Args.Section), "hub.topic": h.feeds(job.Args.Lang, job.Args.Section)}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.hub, strings.NewReader(form.Encode()))
	if err != nil {
		return jobs.Permanent(fmt.Errorf("telling the hub: %w", err))
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", "Mimeo")
	answer, err := h.send.Do(r)
	if err != nil {
		return fmt.Errorf("telling the hub: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.CopyN(io.Discard, answer.Body, 4<<10); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("hearing the hub: %w", err)
	}
	switch {
	case answer.StatusCode < http.StatusMultipleChoices:
		return nil
	case answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= http.StatusInternalServerError:
		return fmt.Errorf("the hub answers %d", answer.StatusCode)
	default:
		return jobs.Permanent(fmt.Errorf("the hub refuses with %d", answer.StatusCode))
	}
}
