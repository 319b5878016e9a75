package media

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

func newStore(t testing.TB, d *db.DB, change ...func(*Options)) *Store {
	t.Helper()
	o := Options{Dir: t.TempDir(), IDs: ident.NewSource(time.Now, rand.Reader)}
	for _, c := range change {
		c(&o)
	}
	s, err := New(d, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func add(t testing.TB, s *Store, data []byte) Picture {
	t.Helper()
	p, fresh, err := s.Add(context.Background(), bytes.NewReader(data), "", Meta{Alt: "A lamp"})
	if err != nil {
		t.Fatal(err)
	}
	if !fresh {
		t.Fatal("the picture was there already")
	}
	return p
}

// filesOf reads every file below the folder.
func filesOf(t testing.TB, s *Store) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(s.Dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		all[e.Name()], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func decodeFile(t testing.TB, data []byte) image.Image {
	t.Helper()
	f, err := sniff(data)
	if err != nil {
		t.Fatal(err)
	}
	img, err := f.decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestNothingOfTheFileIsKept(t *testing.T) {
	test := func(t *testing.T, url string) {
		d := dbtest.Open(t, url, time.Now)
		s := newStore(t, d)
		tiff := exif(binary.BigEndian, 1)
		for name, file := range map[string][]byte{
			"jpeg": plantJPEG(jpegBytes(t, scene(900, 600)), tiff),
			"png":  plantPNG(pngBytes(t, scene(700, 500)), tiff),
			"gif":  append(gifBytes(t, 2), "PLANTED-AFTER-THE-END"...),
			"webp": append(plainWebP(400, 300, color.RGBA{200, 30, 30, 255}, tiff), "PLANTED-AFTER-THE-END"...),
		} {
			if !bytes.Contains(file, []byte("PLANTED-")) {
				t.Fatalf("%s: nothing was planted", name)
			}
			add(t, s, file)
		}
		files := filesOf(t, s)
		if len(files) < 8 {
			t.Fatalf("%d files", len(files))
		}
		check := func(where string, data []byte) {
			for _, p := range append([]string{"PLANTED", "Exif", "http://ns", "ICC_PROFILE", "eXIf", "tEXt", "<html", "PK\x03\x04"}, planted...) {
				if bytes.Contains(data, []byte(p)) {
					t.Errorf("%s holds %q", where, p)
				}
			}
		}
		for name, data := range files {
			check(name, data)
		}
		err := s.Walk(context.Background(), func(p Picture) error {
			check("a row", fmt.Appendf(nil, "%+v", p))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if path, lite := strings.CutPrefix(url, "sqlite:"); lite {
			for _, where := range []string{path, path + "-wal"} {
				data, err := os.ReadFile(where)
				if err != nil {
					t.Fatal(err)
				}
				if where == path+"-wal" && !bytes.Contains(data, []byte("A lamp")) {
					t.Error("the rows are not where they were searched for")
				}
				check(where, data)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) { test(t, dbtest.SQLiteURL(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, dbtest.PostgresURL(t)) })
}

func gifBytes(t testing.TB, frames int) []byte {
	t.Helper()
	var g gif.GIF
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, 360, 200), color.Palette{color.Black, color.RGBA{0, 200, 0, 255}, color.RGBA{0, 0, 200, 255}})
		for j := range p.Pix {
			p.Pix[j] = uint8(i + 1)
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOfAMovingPictureTheFirstIsKept(t *testing.T) {
	s := newStore(t, dbtest.SQLite(t))
	p := add(t, s, gifBytes(t, 3))
	data, err := s.Data(&p)
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, _ := decodeFile(t, data).At(10, 10).RGBA(); p.Ext != extPNG || r>>8 != 0 || g>>8 != 200 || b != 0 {
		t.Errorf("%s of colour %d %d %d", p.Ext, r>>8, g>>8, b>>8)
	}
}

// TestTurned holds against the standard's words: where the first row and the
// first column of the stored pixels are seen.
func TestTurned(t *testing.T) {
	s := newStore(t, dbtest.SQLite(t))
	red, green, blue, white := color.RGBA{220, 0, 0, 255}, color.RGBA{0, 220, 0, 255}, color.RGBA{0, 0, 220, 255}, color.RGBA{240, 240, 240, 255}
	const w, h = 96, 48
	// Corners clockwise from the top left, by how the standard names the
	// places of row 0 and column 0.
	for held, want := range map[int][4]color.RGBA{
		1: {red, green, blue, white}, // row 0 top, column 0 left
		2: {green, red, white, blue}, // top, right
		3: {blue, white, red, green}, // bottom, right
		4: {white, blue, green, red}, // bottom, left
		5: {red, white, blue, green}, // left, top
		6: {white, red, green, blue}, // right, top
		7: {blue, green, red, white}, // right, bottom
		8: {green, blue, white, red}, // left, bottom
	} {
		stored := image.NewRGBA(image.Rect(0, 0, w, h))
		for y := range h {
			for x := range w {
				c := [2][2]color.RGBA{{red, green}, {white, blue}}[y*2/h][x*2/w]
				c.R += uint8(held) // no two are the same picture
				stored.SetRGBA(x, y, c)
			}
		}
		for kind, file := range map[string][]byte{
			"jpeg": plantJPEG(jpegBytes(t, stored), exif(binary.LittleEndian, held)),
			"png":  plantPNG(pngBytes(t, stored), exif(binary.BigEndian, held)),
		} {
			p, _, err := s.Add(context.Background(), bytes.NewReader(file), "", Meta{})
			if err != nil {
				t.Fatal(err)
			}
			wide, high := w, h
			if held >= 5 {
				wide, high = h, w
			}
			data, err := s.Data(&p)
			if err != nil {
				t.Fatal(err)
			}
			img := decodeFile(t, data)
			if p.Width != wide || p.Height != high || img.Bounds().Dx() != wide || img.Bounds().Dy() != high {
				t.Errorf("%s, %d: %d by %d", kind, held, p.Width, p.Height)
				continue
			}
			for i, at := range []image.Point{{8, 8}, {wide - 9, 8}, {wide - 9, high - 9}, {8, high - 9}} {
				r, g, b, _ := img.At(at.X, at.Y).RGBA()
				near := func(got uint32, want uint8) bool { return max(int(got>>8), int(want))-min(int(got>>8), int(want)) < 24 }
				if !near(r, want[i].R) || !near(g, want[i].G) || !near(b, want[i].B) {
					t.Errorf("%s, %d: corner %d is %d %d %d, want %v", kind, held, i, r>>8, g>>8, b>>8, want[i])
				}
			}
		}
	}
}

func TestWidths(t *testing.T) {
	s := newStore(t, dbtest.SQLite(t))
	for _, c := range []struct {
		w, h int
		want string
		high int
	}{
		{200, 100, "200", 100},
		{320, 200, "320", 200},
		{700, 500, "320 640 700", 500},
		{2400, 1600, "320 640 960 1280 1920", 1280},
		{300, 8000, "144", 3840},
	} {
		p := add(t, s, jpegBytes(t, scene(c.w, c.h)))
		var got []string
		for _, w := range steps(p.Width) {
			got = append(got, fmt.Sprint(w))
			f, err := s.Open(context.Background(), strings.TrimPrefix(p.At(w), Folder))
			if err != nil {
				t.Fatal(err)
			}
			config, _, err := image.DecodeConfig(f)
			if err := errors.Join(err, f.Close()); err != nil || config.Width != w {
				t.Errorf("%d by %d, file of %d: %v %v", c.w, c.h, w, config, err)
			}
		}
		if strings.Join(got, " ") != c.want || p.Height != c.high {
			t.Errorf("%d by %d: %v, high %d", c.w, c.h, got, p.Height)
		}
		if set := Set(p.Src()); (set == "") != (len(got) == 1) || len(got) > 1 && strings.Count(set, "w") < len(got) {
			t.Errorf("%d by %d: srcset %q", c.w, c.h, set)
		}
	}
}

func TestFormatChosen(t *testing.T) {
	s := newStore(t, dbtest.SQLite(t))
	chart := image.NewRGBA(image.Rect(0, 0, 800, 400))
	for i := range chart.Pix {
		chart.Pix[i] = 255
	}
	for x := 100; x < 700; x++ {
		for y := 400 - x/2; y < 400; y++ {
			chart.SetRGBA(x, y, color.RGBA{0, 60, 160, 255})
		}
	}
	cut := image.NewNRGBA(image.Rect(0, 0, 400, 400))
	for y := range 400 {
		for x := range 400 {
			if (x-200)*(x-200)+(y-200)*(y-200) < 150*150 {
				cut.SetNRGBA(x, y, color.NRGBA{uint8(x / 2), uint8(y / 2), 90, 255})
			}
		}
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"a photograph":            {jpegBytes(t, scene(800, 500)), extJPEG},
		"a photograph as PNG":     {pngBytes(t, scene(800, 500)), extJPEG},
		"a chart":                 {pngBytes(t, chart), extPNG},
		"a figure without ground": {pngBytes(t, cut), extPNG},
	} {
		if p := add(t, s, c.file); p.Ext != c.want {
			t.Errorf("%s became %s", name, p.Ext)
		}
	}
}

func TestTheSameTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newStore(t, d)
		ctx := context.Background()
		plain := jpegBytes(t, scene(500, 400))
		first := add(t, s, plain)
		again, fresh, err := s.Add(ctx, bytes.NewReader(plantJPEG(plain, exif(binary.BigEndian, 1))), "", Meta{Alt: "Another"})
		if err != nil || fresh || again.ID != first.ID || again.Alt != first.Alt {
			t.Errorf("the second is %+v, fresh %v, %v", again, fresh, err)
		}
		before := len(filesOf(t, s))
		// At the same time.
		other := jpegBytes(t, scene(450, 400))
		var group sync.WaitGroup
		ids := make([]string, 4)
		for i := range ids {
			group.Go(func() {
				p, _, err := s.Add(ctx, bytes.NewReader(other), "", Meta{})
				if err != nil {
					t.Error(err)
				}
				ids[i] = p.ID
			})
		}
		group.Wait()
		if ids[0] != ids[1] || ids[1] != ids[2] || ids[2] != ids[3] {
			t.Errorf("four at once are %v", ids)
		}
		all, _, err := s.List(ctx, "", 10)
		if err != nil || len(all) != 2 || len(filesOf(t, s)) != before+2 {
			t.Errorf("%d pictures, %d files, %v", len(all), len(filesOf(t, s)), err)
		}
	})
}

func TestHide(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var deeds []string
		s := newStore(t, d, func(o *Options) {
			o.Record = func(_ context.Context, _ *db.Tx, by string, deed Deed, _ string) error {
				deeds = append(deeds, by+" "+string(deed))
				return nil
			}
		})
		ctx := context.Background()
		file := jpegBytes(t, scene(700, 500))
		p, _, err := s.Add(ctx, bytes.NewReader(file), "ada", Meta{Alt: "A face", Credit: "Ada", FocusX: 200, FocusY: 300})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Edit(ctx, p.ID, "ada", Meta{Alt: "A face at a window", FocusX: 900, FocusY: 100}); err != nil {
			t.Fatal(err)
		}
		if p, err = s.ByName(ctx, p.Name); err != nil || p.Alt != "A face at a window" || p.Credit != "" || p.FocusX != 900 {
			t.Errorf("after the edit %+v, %v", p, err)
		}
		if err := s.Delete(ctx, p.ID, "ida"); err != nil {
			t.Fatal(err)
		}
		if left := filesOf(t, s); len(left) != 0 {
			t.Errorf("%d files are left", len(left))
		}
		for _, w := range steps(p.Width) {
			if _, err := s.Open(ctx, fileName(p.Name, w, p.Ext)); !errors.Is(err, ErrHidden) {
				t.Errorf("opening it gives %v", err)
			}
		}
		if _, err := s.ByID(ctx, p.ID); fault.KindOf(err) != fault.Missing {
			t.Errorf("finding it gives %v", err)
		}
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(ctx, p.ID, "ida"); fault.KindOf(err) != fault.Missing {
			t.Errorf("a second time gives %v", err)
		}
		if got := strings.Join(deeds, ", "); got != "ada add, ada edit, ida hide" {
			t.Errorf("the trail says %s", got)
		}
		// It may come again, as a new one.
		if again := add(t, s, file); again.Name == p.Name {
			t.Error("a new picture has the old name")
		}
	})
}

func TestUses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		name := strings.Repeat("a", ident.SecretLen)
		src := Folder + name + "-640.jpg"
		use := func(holder string, addresses ...string) []string {
			var all []string
			err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
				if err = Uses(ctx, tx, holder, addresses); err == nil {
					all, err = holders(ctx, tx, name, 10)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		use("one", src, src, "/elsewhere.jpg", Folder+name+"-320.jpg")
		if got := use("two", src); len(got) != 2 {
			t.Errorf("used by %v", got)
		}
		if got := use("one"); len(got) != 1 || got[0] != "two" {
			t.Errorf("used by %v", got)
		}
	})
}

func TestNames(t *testing.T) {
	name := strings.Repeat("a", ident.SecretLen)
	for file, want := range map[string]bool{
		name + "-640.jpg": true, name + "-1920.png": true, name + "-7.jpg": true,
		name + "-0640.jpg": false, name + "-640.gif": false, name + "-640.jpg.part": false, name + "-1921.jpg": false, name + "--1.jpg": false,
		name + ".jpg": false, "../" + name + "-640.jpg": false, name[:25] + "-640.jpg": false, strings.ToUpper(name) + "-640.jpg": false, "": false, "-": false,
		name + "-640.": false, name + "-+64.jpg": false,
	} {
		if _, _, _, ok := parseFile(file); ok != want {
			t.Errorf("%q: %v", file, ok)
		}
	}
	if NameOf(Folder+name+"-640.jpg") != name || NameOf("https://elsewhere.example"+Folder+name+"-640.jpg") != "" {
		t.Error("NameOf")
	}
	for at, want := range map[[2]int]string{{500, 500}: "", {0, 0}: "", {100, 500}: "focus-left", {900, 900}: "focus-right focus-bottom", {500, 10}: "focus-top"} {
		if got := Focus(at[0], at[1]); got != want {
			t.Errorf("%v is %q", at, got)
		}
	}
}
