package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"mimeo/internal/appeal"
	"mimeo/internal/config"
	"mimeo/internal/db"
	"mimeo/internal/desk"
	"mimeo/internal/fault"
	"mimeo/internal/jobs"
	"mimeo/internal/site"
	"mimeo/internal/web"
)

// grace is how long a stopping newsroom lets requests and jobs finish.
const grace = 10 * time.Second

// Serve runs a newsroom until ctx ends, and stops it in order: no new
// requests, those under way finish, jobs finish, counts are written down.
func Serve(ctx context.Context, c config.Config, opt Options) (err error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Out == nil {
		opt.Out = io.Discard
	}
	if opt.Demo && !onLoopback(c.Listen) {
		return fault.Invalidf("The demo listens on loopback only, like 127.0.0.1:8080: whoever reaches it can do anything")
	}
	if err := prepare(c.Data); err != nil {
		return err
	}
	release, err := lock(c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	adjust := keepMemory()
	l, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	if c.BaseURL == "" {
		c.BaseURL = "http://" + l.Addr().String()
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	opt.serving = true
	a, err := Open(ctx, c, opt)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if a.isDemo {
		if err := a.seed(ctx); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	return a.run(ctx, l, opt.Out, adjust)
}

// server is how we speak HTTP.
func (a *App) server(h http.Handler) *http.Server {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      10 * time.Minute, // moving the demo's clock takes its time; pages are written at once
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ConnContext:       web.KnowConn,
		// What net/http would log names network addresses: nobody gets it.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	if !a.isDemo {
		server.WriteTimeout = time.Minute
	}
	return server
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fault.Wrap(fault.Conflict, "The address "+address+" is in use. Choose another with --listen", err)
	case errors.Is(err, syscall.EACCES):
		return nil, fault.Wrap(fault.Denied, "Listening on "+address+" is not allowed to this user. Choose a port above 1023 with --listen", err)
	case err != nil:
		return nil, fault.Wrap(fault.Invalid, "Nothing can listen on "+address, err)
	}
	return l, nil
}

func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// run starts everything in order and stops it in the opposite one.
func (a *App) run(ctx context.Context, l net.Listener, out io.Writer, adjustMemory func()) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	pages, err := a.desk()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	surface, public, err := a.surface(background, pages)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	apart, deskListener, err := a.deskServer(ctx, pages)
	if err != nil {
		return errors.Join(err, public.Close(), l.Close())
	}
	server := a.server(surface)
	server.RegisterOnShutdown(public.Dismiss)
	a.routine()
	if err := a.Jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(err, l.Close())
	}
	var tasks sync.WaitGroup
	tasks.Go(func() {
		if err := a.DB.Follow(background, a.followEvery()); err != nil {
			a.log.Error("the change feed ended", "err", err)
		}
	})
	tasks.Go(func() { a.flushCounts(background) })
	tasks.Go(func() { a.mendIndex(background) })
	tasks.Go(func() {
		a.sweepMail(background)
		every(background, time.Hour, func() { a.sweepMail(background) })
	})
	tasks.Go(func() { every(background, adjustEvery, adjustMemory) })
	if a.bank != nil {
		tasks.Go(func() { a.bank.Run(background) })
	}
	served := make(chan error, 2)
	go func() { served <- server.Serve(web.Listen(l)) }()
	if apart != nil {
		go func() { served <- apart.Serve(web.Listen(deskListener)) }()
	}
	if a.isDemo {
		fmt.Fprintf(out, "The demo is at http://%s/ and what goes on behind it at http://%s/demo/\n", l.Addr(), l.Addr())
	} else {
		fmt.Fprintf(out, "Serving at http://%s/\n", l.Addr())
	}
	if apart != nil {
		fmt.Fprintf(out, "The desk is at http://%s%s\n", deskListener.Addr(), deskPath)
	}

	select {
	case err = <-served:
	case <-ctx.Done():
		a.log.Info("stopping")
	}
	ending, done := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer done()
	if shut := server.Shutdown(ending); shut != nil {
		err = errors.Join(err, server.Close())
	}
	if apart != nil {
		if shut := apart.Shutdown(ending); shut != nil {
			err = errors.Join(err, apart.Close())
		}
	}
	stop()
	tasks.Wait()
	err = errors.Join(err, public.Close(), a.Jobs.Stop(ending), a.Appeals.Flush(ending))
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// followEvery is how soon this process hears what another one changed. On
// SQLite a look costs next to nothing.
func (a *App) followEvery() time.Duration {
	if a.DB.Dialect() == db.SQLite {
		return 25 * time.Millisecond
	}
	return 200 * time.Millisecond
}

// flushEvery is how much of the counting a power cut may lose.
const flushEvery = 5 * time.Second

func (a *App) flushCounts(ctx context.Context) {
	every(ctx, flushEvery, func() {
		if err := a.Appeals.Flush(ctx); err != nil {
			a.log.Warn("counts could not be written down and are kept", "err", err)
		}
	})
}

// every does something again and again until ctx ends.
func every(ctx context.Context, pause time.Duration, do func()) {
	t := time.NewTicker(pause)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			do()
		}
	}
}

// sweepMail sees to it that no mail is stranded whose job was lost.
func (a *App) sweepMail(ctx context.Context) {
	if err := a.mails.Sweep(ctx); err != nil && ctx.Err() == nil {
		a.log.Warn("stranded mail could not be looked for", "err", err)
	}
}

// nightly is the newsroom's housekeeping.
type nightly struct{}

// Kind names the job.
func (nightly) Kind() string { return "app.nightly" }

// routine registers what the newsroom does by itself every day, an hour into
// the UTC day so that mail of the last minutes has left: keys of past days are
// destroyed, old notes swept.
func (a *App) routine() {
	a.keepFinding()
	next := func(after time.Time) time.Time {
		d := after.UTC()
		return time.Date(d.Year(), d.Month(), d.Day()+1, 1, 10, 0, 0, time.UTC)
	}
	jobs.Every(a.Jobs, nightly{}, next, func(ctx context.Context, _ jobs.Job[nightly]) error {
		if err := a.keep(ctx); err != nil {
			return err
		}
		return a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return tx.PruneChanges(ctx) })
	})
}

// surface is every address this process answers.
func (a *App) surface(ctx context.Context, staffPages *desk.Desk) (h http.Handler, pages *site.Site, err error) {
	if pages, err = a.site(ctx); err != nil {
		return nil, nil, err
	}
	a.DB.OnChange(pages.Touched)
	a.DB.OnChange(func(kind, _ string) {
		if kind != appeal.ChangeKind {
			return
		}
		if err := a.Appeals.Reload(ctx); err != nil {
			a.log.Warn("the appeals in force could not be read anew", "err", err)
		}
	})
	mux := http.NewServeMux()
	plain := func(w http.ResponseWriter, _ *http.Request, status int, message string) {
		if message == "" {
			message = http.StatusText(status)
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "60")
		}
		w.WriteHeader(status)
		if _, err := io.WriteString(w, message+"\n"); err != nil {
			a.log.Debug("a caller left before the answer", "err", err)
		}
	}
	headers := web.NewHeaders(web.Policy(), strings.HasPrefix(a.config.BaseURL, "https:"))
	handle := func(pattern string, h web.Handler) {
		served := web.Serve(h, plain, a.log)
		mux.Handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			headers.Apply(w.Header())
			served.ServeHTTP(w, r)
		}))
		method, path, _ := strings.Cut(pattern, " ")
		if method == http.MethodGet {
			method += ", " + http.MethodHead
		}
		mux.Handle(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			headers.Apply(w.Header())
			w.Header().Set("Allow", method+", "+http.MethodOptions)
			if r.Method == http.MethodOptions {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			plain(w, r, http.StatusMethodNotAllowed, "")
		}))
	}
	handle("GET /healthz", func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, "ok\n")
		return err
	})
	handle("GET /readyz", a.ready)
	if a.bank != nil {
		d := &demo{clock: a.clock, db: a.DB, queue: a.Jobs, outbox: a.outbox, bank: a.bank, settle: a.Appeals.Flush, signIn: staffPages.Rehearse}
		d.routes(handle)
		mux.Handle("/simulator/", a.bank)
	}
	protect := func(h http.Handler) http.Handler { return web.Protect(h, pages.Fail) }
	if a.config.Desk.Listen == "" {
		mux.Handle(deskPath, staffPages)
		protect = func(h http.Handler) http.Handler { return besideReaders(h, pages.Fail, staffPages) }
	}
	inner := http.NewServeMux() // pages have patterns that would meet the prefixes above
	pages.Routes(inner)
	mux.Handle("/", inner)
	proxies, err := a.config.ProxyNetworks()
	if err != nil {
		return nil, nil, err
	}
	return web.Behind(proxies, protect(pages.Ready(mux))), pages, nil
}

// ready answers whether readers can be served and money be booked: the
// database takes a durable write.
func (a *App) ready(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	if err := writable(r.Context(), a.DB); err != nil {
		return err
	}
	_, err := io.WriteString(w, "ready\n")
	return err
}

// writable tries a durable write.
func writable(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return tx.SetMeta(ctx, "ready", tx.Now.Format(time.DateOnly))
	})
}
