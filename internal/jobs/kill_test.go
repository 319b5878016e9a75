package jobs_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/jobs"
)

// These tests run nodes as processes of their own and kill them.

const nodeURL = "MIMEO_TEST_NODE"

// TestMain is also the program of a node, when it is told a database.
func TestMain(m *testing.M) {
	if url := os.Getenv(nodeURL); url != "" {
		if err := work(context.Background(), url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		select {} // until killed
	}
	os.Exit(m.Run())
}

// work starts a node. Each job first notes that it was begun, so that a kill
// finds it half done, and then writes its effect together with its completion.
func work(ctx context.Context, url string) error {
	d, err := db.Open(ctx, db.Options{URL: url, Now: time.Now})
	if err != nil {
		return err
	}
	q, err := jobs.New(d, jobs.Options{Now: time.Now, Poll: 20 * time.Millisecond})
	if err != nil {
		return err
	}
	jobs.Handle(q, func(ctx context.Context, j jobs.Job[other]) error {
		err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "insert into begun (n) values ($1)", j.Args.N)
			return err
		})
		if err != nil {
			return err
		}
		time.Sleep(time.Duration(rand.IntN(10)) * time.Millisecond)
		return d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, "insert into effect (n) values ($1)", j.Args.N); err != nil {
				return err
			}
			if j.Args.N < 1000 { // each enqueues one more, exactly once
				if err := q.Enqueue(ctx, tx, other{j.Args.N + 1000}, jobs.When{}); err != nil {
					return err
				}
			}
			return j.Done(ctx, tx)
		})
	})
	jobs.Every(q, chore{}, each(20*time.Millisecond), func(ctx context.Context, j jobs.Job[chore]) error {
		time.Sleep(20 * time.Millisecond) // half of the kills hit it
		return d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, "insert into tick (at) values ($1)", db.Micros(tx.Now)); err != nil {
				return err
			}
			return j.Done(ctx, tx)
		})
	})
	return q.Start(ctx)
}

// node starts a node and returns what kills it and waits for its end.
func node(t *testing.T, url string) (kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), nodeURL+"="+url)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	kill = func() {
		once.Do(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			if out.Len() > 0 {
				t.Errorf("a node said: %s", out.String())
			}
		})
	}
	t.Cleanup(kill)
	return kill
}

// killing prepares a database for nodes, with n jobs.
func killing(t *testing.T, url string, n int) *db.DB {
	t.Helper()
	d := dbtest.Open(t, url, time.Now)
	q := queue(t, d, time.Now)
	err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		for _, table := range []string{"begun (n bigint)", "effect (n bigint)", "tick (at bigint)"} {
			if _, err := tx.Exec(ctx, "create table "+table); err != nil {
				return err
			}
		}
		for i := range n {
			if err := q.Enqueue(ctx, tx, other{i}, jobs.When{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func count(t *testing.T, d *db.DB, query string) (n int) {
	t.Helper()
	err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error { return tx.QueryRow(ctx, query).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const unworked = "select count(*) from river_job where kind = 'other'"

// checkEffects says whether each of 2n jobs was done exactly once in effect.
func checkEffects(t *testing.T, d *db.DB, n int) {
	t.Helper()
	if got, once := count(t, d, "select count(*) from effect"), count(t, d, "select count(distinct n) from effect"); got != 2*n || once != 2*n {
		t.Errorf("%d effects of %d jobs, want %d", got, once, 2*n)
	}
	if begun := count(t, d, "select count(*) from begun"); begun <= 2*n {
		t.Errorf("%d runs begun for %d jobs: no kill hit a running job, so that this shows nothing", begun, 2*n)
	} else {
		t.Logf("%d jobs, begun %d times", 2*n, begun)
	}
	if q := queue(t, d, time.Now); true {
		if dead, err := q.Dead(t.Context()); err != nil || len(dead) > 0 {
			t.Errorf("dead: %v, %v", dead, err)
		}
	}
	if planned := count(t, d, "select count(*) from river_job where kind = 'chore'"); planned != 1 {
		t.Errorf("%d runs of the schedule are planned, want 1", planned)
	}
}

func TestKilledInMidJobDoneOnceInEffect(t *testing.T) {
	const n = 150
	t.Run("sqlite", func(t *testing.T) {
		url := dbtest.SQLiteURL(t)
		d := killing(t, url, n)
		rounds := 0
		for ; count(t, d, unworked) > 0 && rounds < 500; rounds++ {
			kill := node(t, url)
			begun := count(t, d, "select count(*) from begun")
			until(t, "it works", func() bool {
				return count(t, d, "select count(*) from begun") > begun+rand.IntN(20) || count(t, d, unworked) == 0
			})
			kill()
		}
		t.Logf("%d rounds", rounds)
		checkEffects(t, d, n)
	})
	t.Run("postgres", func(t *testing.T) {
		url := dbtest.PostgresURL(t)
		d := killing(t, url, n)
		kills := []func(){node(t, url), node(t, url)}
		rounds := 0
		for ; count(t, d, unworked) > 0 && rounds < 500; rounds++ {
			begun := count(t, d, "select count(*) from begun")
			until(t, "one of the two works", func() bool {
				return count(t, d, "select count(*) from begun") > begun+rand.IntN(20) || count(t, d, unworked) == 0
			})
			i := rand.IntN(2)
			kills[i]()
			kills[i] = node(t, url)
		}
		t.Logf("%d rounds", rounds)
		for _, kill := range kills {
			kill()
		}
		checkEffects(t, d, n)
	})
}

func TestASurvivingNodeTakesOver(t *testing.T) {
	url := dbtest.PostgresURL(t)
	d := killing(t, url, 0)
	first, second := node(t, url), node(t, url)
	until(t, "both are there", func() bool {
		return count(t, d, "select count(*) from pg_locks where locktype = 'advisory' and objsubid = 2") == 2
	})
	ticks := func() int { return count(t, d, "select count(*) from tick") }
	for range 12 {
		before := ticks()
		until(t, "the schedule runs", func() bool { return ticks() >= before+5 })
		first()
		first, second = second, node(t, url)
	}
	before := ticks()
	until(t, "the schedule runs", func() bool { return ticks() >= before+5 })
	first()
	second()
	longest := count(t, d, "select max(gap) from (select at - lag(at) over (order by at) as gap from tick) as gaps")
	t.Logf("%d runs, the longest pause %d ms", ticks(), longest/1000)
	if longest > 5_000_000 {
		t.Errorf("the schedule paused for %d ms", longest/1000)
	}
}

// A server that ends connections at random is what a failing network looks
// like from here.
func TestLostConnectionsLoseNoJob(t *testing.T) {
	const n = 200
	url := dbtest.PostgresURL(t)
	d := killing(t, url, n)
	kill := node(t, url+"&application_name=victim")
	// A process that cannot connect when it starts says so and ends.
	until(t, "it works", func() bool { return count(t, d, "select count(*) from begun") > 0 })
	ended := 0
	for count(t, d, unworked) > 0 {
		ended += count(t, d, "select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity where application_name = 'victim' and random() < 0.3) as chosen")
		time.Sleep(20 * time.Millisecond)
		if ended > 5000 {
			t.Fatal("the jobs do not come to an end")
		}
	}
	kill()
	t.Logf("%d connections ended", ended)
	if got, once := count(t, d, "select count(*) from effect"), count(t, d, "select count(distinct n) from effect"); got != 2*n || once != 2*n {
		t.Errorf("%d effects of %d jobs, want %d", got, once, 2*n)
	}
}
