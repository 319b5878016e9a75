package site

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"mimeo/internal/appeal"
	"mimeo/internal/web"
)

// maker renders the page of an edition at a path anew. It is a function and no
// closure, so that asking for a page that lies ready allocates nothing.
type maker func(ctx context.Context, s *Site, e *edition, path string) (*kept, error)

// makingTime bounds the making of a page: the reader who asked may be gone,
// others may wait for it.
const makingTime = 20 * time.Second

// Ready answers with the page that lies ready under the request's path, and
// leaves everything else to next: most readers ask for such a page, and for it
// the list of routes need not be looked through.
func (s *Site) Ready(next http.Handler) http.Handler {
	return web.Serve(func(w http.ResponseWriter, r *http.Request) error {
		// An address spelled in another way (%2f for a slash) is for the routes to judge.
		if r.URL.RawPath == "" && r.URL.RawQuery == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			now := s.now()
			s.onTime(r.Context(), now)
			if k := s.shelf.find(r.URL.Path); k != nil && now.Before(k.dead) {
				return s.show(w, r, k, now)
			}
		}
		next.ServeHTTP(w, r)
		return nil
	}, s.Fail, s.log)
}

// shelved answers with the page that lies ready under the request's path, or
// has it made.
func (s *Site) shelved(e *edition, w http.ResponseWriter, r *http.Request, anew maker) error {
	now := s.now()
	s.onTime(r.Context(), now)
	if k := s.shelf.find(r.URL.Path); k != nil && now.Before(k.dead) {
		return s.show(w, r, k, now)
	}
	k, err := s.produce(r.Context(), e, r.URL.Path, anew, nil)
	if err != nil {
		return err
	}
	return s.send(w, r, k, now)
}

// show answers with a page of the shelf. One that is due is shown once more to
// everyone who comes while one goroutine renews it; only a page that is dead
// lets readers wait.
func (s *Site) show(w http.ResponseWriter, r *http.Request, k *kept, now time.Time) error {
	if !now.Before(k.due) && k.renewing.CompareAndSwap(false, true) {
		s.behind(func(ctx context.Context) {
			defer k.renewing.Store(false) // a page that could not be kept is renewed anew
			if _, err := s.produce(ctx, k.edition, k.path, k.anew, k); err != nil {
				s.log.WarnContext(ctx, "a page could not be renewed", "err", err)
			}
		}, func() { k.renewing.Store(false) })
	}
	return s.send(w, r, k, now)
}

// produce renders a page once for all who wait for it, and keeps it. old is the
// page that it takes the place of behind the readers' backs, or nil.
func (s *Site) produce(ctx context.Context, e *edition, path string, anew maker, old *kept) (*kept, error) {
	epoch := s.shelf.now()
	// A change in between parts those who came before it from those who came after.
	made, err, _ := s.flights.Do(strconv.FormatUint(epoch, 36)+path, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), makingTime)
		defer cancel()
		k, err := anew(ctx, s, e, path)
		if err != nil {
			return nil, err
		}
		k.path, k.edition, k.anew = path, e, anew
		if old != nil {
			if err := s.prepare(k, old); err != nil {
				return nil, err
			}
		}
		s.shelf.put(k, epoch)
		return k, nil
	})
	if err != nil {
		return nil, err
	}
	k, ok := made.(*kept)
	if !ok {
		return nil, fmt.Errorf("making %s: got a %T", path, made)
	}
	return k, nil
}

// prepare gives a page the views that readers asked the old one for, packed
// as they had them packed: nobody waits for what can be known beforehand.
func (s *Site) prepare(k, old *kept) error {
	views := old.views.Load()
	if views == nil || (k.asking == nil) != (old.asking == nil) {
		return nil
	}
	rules := s.appeals.Rules()
	for _, o := range *views {
		if o.words != nil && o.rules != rules {
			continue
		}
		var middle []byte
		if k.asking != nil {
			var err error
			if middle, err = s.appealFor(k.asking, appeal.Decision{Appeal: o.appeal, Variant: o.words}, o.closed); err != nil {
				return err
			}
		}
		v := k.add(newView(k, o.rules, o.appeal, o.words, o.closed, middle))
		for _, c := range []coding{inGzip, inBrotli} {
			if o.packed(c).Load() == nil {
				continue
			}
			tight, err := pack(c, true, k.head, middle, k.tail)
			if err != nil {
				return err
			}
			v.packed(c).Store(tight)
		}
	}
	return nil
}

// send answers with a kept page: decides whether this reader is asked, finds
// the view with that decision and writes the bytes that lie ready.
func (s *Site) send(w http.ResponseWriter, r *http.Request, k *kept, now time.Time) error {
	v, d, err := s.viewFor(r, k, now)
	if err != nil {
		return err
	}
	get := r.Method == http.MethodGet
	if get && d.Appeal != nil && !fetchedAhead(r) {
		s.seen(now, d)
	}
	h := w.Header()
	if k.headers != nil {
		k.headers.Apply(h)
	} else {
		s.headers.Apply(h)
	}
	h["Cache-Control"] = k.caching
	h["Vary"] = k.vary
	h["Etag"] = v.etag
	if k.onion != nil {
		h["Onion-Location"] = k.onion
	}
	if k.link != nil {
		h["Link"] = k.link
	}
	if k.status == http.StatusOK && hasTag(r, v.etag[0]) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h["Content-Type"] = k.contentType
	c := accepted(r.Header)
	if c == identity {
		h["Content-Length"] = v.length
		w.WriteHeader(k.status)
		if !get {
			return nil
		}
		return writeAll(w, k.head, v.middle, k.tail)
	}
	p, err := s.packedFor(k, v, c)
	if err != nil {
		return err
	}
	h["Content-Encoding"] = codeGzip
	if c == inBrotli {
		h["Content-Encoding"] = codeBrotli
	}
	h["Content-Length"] = p.length
	w.WriteHeader(k.status)
	if !get {
		return nil
	}
	web.WriteWhole(w, r, p.body)
	return nil
}

// viewFor decides and returns the page with that decision.
func (s *Site) viewFor(r *http.Request, k *kept, now time.Time) (*view, appeal.Decision, error) {
	if k.asking == nil {
		if v := k.find(nil, nil, false); v != nil {
			return v, appeal.Decision{}, nil
		}
		return s.addView(k, newView(k, nil, nil, nil, false, nil)), appeal.Decision{}, nil
	}
	rules := s.appeals.Rules()
	d, closed := s.decide(r, rules, k.asking, now)
	if v := k.find(rules, d.Variant, closed); v != nil {
		return v, d, nil
	}
	middle, err := s.appealFor(k.asking, d, closed)
	if err != nil {
		return nil, d, err
	}
	return s.addView(k, newView(k, rules, d.Appeal, d.Variant, closed, middle)), d, nil
}

func (s *Site) addView(k *kept, v *view) *view {
	there := k.add(v)
	if there == v {
		s.shelf.grew(k, len(v.middle)+overhead/2)
	}
	return there
}

// packedFor returns a view in a coding. The first reader gets it packed
// quickly; when a second one comes, it is packed tightly behind their back.
func (s *Site) packedFor(k *kept, v *view, c coding) (*packed, error) {
	slot := v.packed(c)
	p := slot.Load()
	if p == nil {
		v.packing.Lock()
		defer v.packing.Unlock()
		if p = slot.Load(); p != nil {
			return p, nil
		}
		p, err := pack(c, false, k.head, v.middle, k.tail)
		if err != nil {
			return nil, err
		}
		slot.Store(p)
		s.shelf.grew(k, len(p.body))
		return p, nil
	}
	if !p.tight && p.asked.Add(1) == 1 {
		s.behind(func(ctx context.Context) {
			tight, err := pack(c, true, k.head, v.middle, k.tail)
			if err != nil {
				s.log.WarnContext(ctx, "a page could not be packed", "err", err)
				return
			}
			slot.Store(tight)
			s.shelf.grew(k, len(tight.body)-len(p.body))
		}, func() { p.asked.Store(0) })
	}
	return p, nil
}

// fetchedAhead recognises a browser that fetches a page nobody has opened yet.
func fetchedAhead(r *http.Request) bool {
	purpose := r.Header["Sec-Purpose"]
	return len(purpose) > 0 && len(purpose[0]) >= len("prefetch") && purpose[0][:len("prefetch")] == "prefetch"
}

// writeAll writes the parts of an answer. That the reader has hung up is not
// an error of ours: there is nobody to tell.
func writeAll(w http.ResponseWriter, parts ...[]byte) error {
	for _, p := range parts {
		if _, err := w.Write(p); err != nil {
			return nil //nolint:nilerr // see above
		}
	}
	return nil
}

// dynamic answers with a page that was made for this one request.
func (s *Site) dynamic(w http.ResponseWriter, r *http.Request, status int, template string, data any) error {
	return s.answer(w, r, status, s.headers, template, data)
}

// answer does so under other headers.
func (s *Site) answer(w http.ResponseWriter, r *http.Request, status int, headers *web.Headers, template string, data any) error {
	body, err := s.render(template, data)
	if err != nil {
		return err
	}
	h := w.Header()
	headers.Apply(h)
	h["Cache-Control"] = cacheNever
	return s.body(w, r, status, typeHTML, body)
}

// body writes an answer that is not kept, packed if it is worth it.
func (s *Site) body(w http.ResponseWriter, r *http.Request, status int, contentType []string, body []byte) error {
	const worthwhile = 1024
	h := w.Header()
	h["Content-Type"] = contentType
	h["Vary"] = varyCoding
	if c := accepted(r.Header); c != identity && len(body) >= worthwhile {
		p, err := pack(c, false, body)
		if err != nil {
			return err
		}
		body = p.body
		h["Content-Encoding"] = codeGzip
		if c == inBrotli {
			h["Content-Encoding"] = codeBrotli
		}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	return writeAll(w, body)
}

// see sends the reader on with a GET.
func (s *Site) see(w http.ResponseWriter, location string) error {
	h := w.Header()
	s.headers.Apply(h)
	h["Cache-Control"] = cacheNever
	h["Location"] = []string{location}
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// moved tells that a page has another address now.
func (s *Site) moved(w http.ResponseWriter, location string) error {
	h := w.Header()
	s.headers.Apply(h)
	h["Cache-Control"] = []string{"public, max-age=3600"}
	h["Location"] = []string{location}
	w.WriteHeader(http.StatusMovedPermanently)
	return nil
}
