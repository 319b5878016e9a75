package media

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/ident"
)

// The process that is killed is this test's own program, told where to work.
const (
	killURL  = "MIMEO_TEST_MEDIA_URL"
	killDir  = "MIMEO_TEST_MEDIA_DIR"
	killStep = "MIMEO_TEST_MEDIA_STEP"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(killURL); url != "" {
		if err := addUntilKilled(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// addUntilKilled adds a picture and stops for ever at a step.
func addUntilKilled(url string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Options{URL: url, Now: time.Now})
	if err != nil {
		return err
	}
	s, err := New(d, Options{Dir: os.Getenv(killDir), IDs: ident.NewSource(time.Now, rand.Reader)})
	if err != nil {
		return err
	}
	s.hook = func(step string) {
		if step == os.Getenv(killStep) {
			fmt.Println("here")
			select {}
		}
	}
	_, _, err = s.Add(ctx, os.Stdin, "", Meta{})
	return err
}

func TestKilledInTheMiddleNothingIsHalf(t *testing.T) {
	file := jpegBytes(t, scene(1000, 700))
	for _, step := range []string{"noted", "part", "written"} {
		t.Run(step, func(t *testing.T) {
			url, dir := dbtest.SQLiteURL(t), t.TempDir()
			child := exec.Command(os.Args[0], "-test.run=^$")
			child.Env = append(os.Environ(), killURL+"="+url, killDir+"="+dir, killStep+"="+step)
			child.Stdin, child.Stderr = bytes.NewReader(file), os.Stderr
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err := errors.Join(err, child.Process.Kill()); err != nil || line != "here\n" {
				t.Fatal(line, err)
			}
			_ = child.Wait()

			ctx := context.Background()
			clock := dbtest.NewClock(time.Now())
			d := dbtest.Open(t, url, clock.Now)
			s := newStore(t, d, func(o *Options) { o.Dir = dir })
			if all, _, err := s.List(ctx, "", 10); err != nil || len(all) != 0 {
				t.Errorf("%d pictures are shown, %v", len(all), err)
			}
			for name, data := range filesOf(t, s) {
				if !strings.HasSuffix(name, part) {
					decodeFile(t, data) // whole, if it has its name
				}
			}
			if left := filesOf(t, s); step != "noted" && len(left) == 0 {
				t.Error("it was killed too early to show anything")
			}
			if err := s.Sweep(ctx); err != nil || step != "noted" && len(filesOf(t, s)) == 0 {
				t.Errorf("what another process may be writing was swept away: %v", err)
			}
			clock.Advance(2 * patience)
			if err := s.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			if left := filesOf(t, s); len(left) != 0 {
				t.Errorf("%d files are left", len(left))
			}
			add(t, s, file)
		})
	}
}

func TestFilesThatCannotBeWrittenLeaveNothing(t *testing.T) {
	d := dbtest.SQLite(t)
	s := newStore(t, d)
	s.hook = func(step string) {
		if step == "noted" { // a file stands where the folders are made
			if err := os.RemoveAll(s.Dir); err != nil {
				t.Error(err)
			}
		}
	}
	_, _, err := s.Add(context.Background(), bytes.NewReader(jpegBytes(t, scene(400, 300))), "", Meta{})
	if err == nil {
		t.Fatal("it was added")
	}
	n := 0
	err = d.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, "select count(*) from picture").Scan(&n)
	})
	if err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}
