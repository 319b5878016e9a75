package chaos

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// writer is somebody at the desk. Answers are taken as they come.
type writer struct{ origin, cookie string }

var stays = http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// send returns where an answer leads, and its body.
func (w *writer) send(ctx context.Context, method, path string, form url.Values) (status int, to, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, w.origin+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Cookie", w.cookie)
	res, err := stays.Do(req)
	if err != nil {
		return 0, "", "", err
	}
	raw, err := io.ReadAll(res.Body)
	if set := res.Header.Get("Set-Cookie"); strings.HasPrefix(set, "desk=") {
		w.cookie, _, _ = strings.Cut(set, ";")
	}
	return res.StatusCode, res.Header.Get("Location"), string(raw), errors.Join(err, res.Body.Close())
}

var errRefused = errors.New("the answer refuses")

// led sends a form that is to lead on; an error means that nobody answered,
// errRefused that somebody said no.
func (w *writer) led(ctx context.Context, path string, form url.Values) (string, error) {
	status, to, body, err := w.send(ctx, http.MethodPost, path, form)
	if err == nil && status != http.StatusSeeOther {
		_, said, _ := strings.Cut(body, "<main")
		err = fmt.Errorf("%w: %s: %d %.600s", errRefused, path, status, said)
	}
	return to, err
}

func (n *newsroom) writer(role string) *writer {
	n.t.Helper()
	w := &writer{origin: n.origin}
	if _, err := w.led(n.t.Context(), "/demo/signin", url.Values{"role": {role}}); err != nil {
		n.t.Fatal(err)
	}
	return w
}

func (w *writer) page(t *testing.T, path string) string {
	t.Helper()
	_, _, body, err := w.send(t.Context(), http.MethodGet, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return html.UnescapeString(body)
}

// publishes brings a text to the readers, step by step.
func (w *writer) publishes(ctx context.Context, headline, text string) (path string, err error) {
	if path, err = w.led(ctx, "/desk/stories/new", url.Values{"headline": {headline}, "lang": {"en"}}); err != nil {
		return "", err
	}
	if _, err = w.led(ctx, path, url.Values{"base": {"1"}, "headline": {headline}, "text": {text}}); err != nil {
		return path, err
	}
	_, err = w.led(ctx, path+"/publish", url.Values{"seen": {"2"}})
	return path, err
}

// progress is what was acknowledged to somebody, and what was last tried.
type progress struct {
	mu           sync.Mutex
	acked, tried int
}

func (p *progress) try() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tried++
	return p.tried
}

func (p *progress) ack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acked = p.tried
}

var (
	numbered  = regexp.MustCompile(`Text number (\d+)\.`)
	baseField = regexp.MustCompile(`name="base" value="(\d+)"`)
	sumField  = regexp.MustCompile(`name="sum" value="([0-9a-f]+)"`)
	outThere  = regexp.MustCompile(`href="http://127\.0\.0\.1:\d+(/\d{4}/\d\d/[^"]+)"`)
)

// TestTheDeskSurvivesItsKills kills the newsroom while editors save, keep what
// they type, publish and hide. What they were told was done is done, what was
// not is there whole or not at all, and every chain holds.
func TestTheDeskSurvivesItsKills(t *testing.T) {
	rounds := fromEnv(t, "MIMEO_CHAOS_DESK_ROUNDS", 4)
	seed := fromEnv(t, "MIMEO_CHAOS_SEED", rand.Uint64())
	t.Logf("MIMEO_CHAOS_DESK_ROUNDS=%d MIMEO_CHAOS_SEED=%d", rounds, seed)
	random := rand.New(rand.NewPCG(seed, 1))
	n := newNewsroom(t, "")
	n.start()
	editor := n.writer("editor")
	saved, err := editor.led(t.Context(), "/desk/stories/new", url.Values{"headline": {"Saved"}, "lang": {"en"}})
	if err != nil {
		t.Fatal(err)
	}
	typed, err := editor.led(t.Context(), "/desk/stories/new", url.Values{"headline": {"Typed"}, "lang": {"en"}})
	if err != nil {
		t.Fatal(err)
	}
	var saves, keeps progress
	out, done := map[string]bool{}, 0 // stories, and whether it was said that readers have them
	for round := range rounds {
		hidden := fmt.Sprintf("Zebulon%dquark", round)
		victim, err := n.writer("editor").publishes(t.Context(), fmt.Sprintf("Of a name, %d", round), "Nobody knows "+hidden+" yet.")
		if err != nil {
			t.Fatal(err)
		}
		done += attackAndKill(t, n, time.Duration(30+random.IntN(400))*time.Millisecond, saved, typed, hidden, round, &saves, &keeps, out)
		n.start()
		editor = n.writer("editor")
		lostNothing(t, editor, "saved", saved, &saves)
		lostNothing(t, editor, "typed", typed, &keeps)
		for path, said := range out {
			public := outThere.FindStringSubmatch(editor.page(t, path))
			if public == nil {
				if said {
					t.Errorf("%s: publication was acknowledged, readers do not have it", path)
				}
				continue
			}
			if page := editor.page(t, public[1]); !strings.Contains(page, "Published words.") {
				t.Errorf("%s: published by halves: %.200s", public[1], page)
			}
		}
		hiddenOrNot(t, n, editor, hidden, victim)
		for _, check := range [][]string{{"ledger", "check"}, {"staff", "trail", "check"}, {"story", "corrections", "--check"}} {
			n.mustRun(check...)
		}
	}
	t.Logf("%d saves, %d keeps, %d of %d stories and %d orders to hide were acknowledged", saves.acked, keeps.acked, count(out), len(out), done)
	if saves.acked == 0 || keeps.acked == 0 || count(out) == 0 {
		t.Error("nothing came through: the kills come too early to prove anything")
	}
	editor.page(t, "/desk/search?q=words") // which indexes what is being written
	n.mustRun("search", "check")
}

func count(out map[string]bool) (n int) {
	for _, said := range out {
		if said {
			n++
		}
	}
	return n
}

// attackAndKill has everybody at work for a while, and kills the newsroom.
func attackAndKill(t *testing.T, n *newsroom, after time.Duration, saved, typed, name string, round uint64, saves, keeps *progress, out map[string]bool) (hid int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	a, b, c, owner := n.writer("editor"), n.writer("editor"), n.writer("editor"), n.writer("owner")
	base := func(path string) string {
		if m := baseField.FindStringSubmatch(a.page(t, path)); m != nil {
			return m[1]
		}
		t.Fatalf("%s has no form", path)
		return ""
	}
	from, of := base(saved), base(typed)
	var all sync.WaitGroup
	refused := func(err error) bool {
		if errors.Is(err, errRefused) {
			t.Error(err)
		}
		return err != nil
	}
	all.Go(func() {
		for {
			form := url.Values{"base": {from}, "headline": {"Saved"}, "text": {fmt.Sprintf("Text number %d.", saves.try())}}
			if _, err := a.led(ctx, saved, form); refused(err) {
				return
			}
			saves.ack()
			var number int
			_, _ = fmt.Sscan(from, &number) // it was a number
			from = fmt.Sprint(number + 1)
		}
	})
	all.Go(func() {
		for {
			form := url.Values{"base": {of}, "copy": {"window"}, "headline": {"Typed"}, "text": {fmt.Sprintf("Text number %d.", keeps.try())}}
			status, _, body, err := b.send(ctx, http.MethodPost, typed+"/keep", form)
			if err != nil {
				return
			}
			if status != http.StatusOK {
				t.Errorf("keeping: %d %.200s", status, body)
				return
			}
			keeps.ack()
		}
	})
	all.Go(func() {
		for i := 0; ; i++ {
			path, err := c.publishes(ctx, fmt.Sprintf("Published %d %d", round, i), "Published words.")
			if path != "" {
				out[path] = err == nil
			}
			if refused(err) {
				return
			}
		}
	})
	all.Go(func() {
		order := url.Values{"names": {name}, "replacement": {"[…]"}, "reason": {"asked for"}}
		if _, err := owner.led(ctx, "/desk/confirm", url.Values{"next": {"/desk/hide"}}); refused(err) {
			return
		}
		_, _, body, err := owner.send(ctx, http.MethodPost, "/desk/hide", order)
		sum := sumField.FindStringSubmatch(body)
		if err != nil || sum == nil {
			return
		}
		order.Set("do", "hide")
		order.Set("sum", sum[1])
		if _, err := owner.led(ctx, "/desk/hide", order); !refused(err) {
			hid++
		}
	})
	select {
	case <-time.After(after):
	case <-ctx.Done():
	}
	n.kill()
	all.Wait()
	return hid
}

// lostNothing wants the last text that was acknowledged, or the one that was on
// its way.
func lostNothing(t *testing.T, w *writer, what, path string, p *progress) {
	t.Helper()
	text := numbered.FindStringSubmatch(w.page(t, path))
	if text == nil {
		if p.acked > 0 {
			t.Errorf("%s: number %d was acknowledged, nothing is there", what, p.acked)
		}
		return
	}
	var got int
	if _, err := fmt.Sscan(text[1], &got); err != nil || got < p.acked || got > p.tried {
		t.Errorf("%s: number %d is there; %d was acknowledged and %d tried", what, got, p.acked, p.tried)
	}
	p.acked, p.tried = got, max(got, p.tried)
}

// hiddenOrNot wants that a name that an order reached is gone everywhere, and
// one that none reached still stands.
func hiddenOrNot(t *testing.T, n *newsroom, w *writer, name, path string) {
	t.Helper()
	owner := n.writer("owner")
	if _, err := owner.led(t.Context(), "/desk/confirm", url.Values{"next": {"/desk/hide"}}); err != nil {
		t.Fatal(err)
	}
	public := outThere.FindStringSubmatch(w.page(t, path))
	if public == nil {
		t.Fatalf("%s is not public", path)
	}
	seen := func() (there int) {
		for _, at := range []string{path, path + "/history", public[1], "/feed.json", "/feed.xml", "/search?q=" + name} {
			page := w.page(t, at)
			page = strings.ReplaceAll(page, `value="`+name, "") // what was looked for
			if strings.Contains(page, "knows "+name) {
				there++
			}
		}
		return there
	}
	if strings.Contains(w.page(t, public[1]), name) {
		return // no order came through
	}
	for deadline := time.Now().Add(20 * time.Second); seen() > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s is hidden from the story and stands in %d other places", name, seen())
		}
	}
}
