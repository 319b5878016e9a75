package media

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"runtime"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
)

func TestHostileFilesAreRefusedAtLittleCost(t *testing.T) {
	s := newStore(t, dbtest.SQLite(t))
	good, goodPNG := jpegBytes(t, scene(400, 300)), pngBytes(t, scene(400, 300))
	var zipped bytes.Buffer
	z := zlib.NewWriter(&zipped)
	for range 256 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	gifClaim := gifBytes(t, 1)
	binary.LittleEndian.PutUint16(gifClaim[6:], 65535)
	binary.LittleEndian.PutUint16(gifClaim[8:], 65535)
	svg := `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	for name, c := range map[string]struct {
		file []byte
		want Reason
	}{
		"nothing":                      {nil, Empty},
		"SVG":                          {[]byte(svg), Drawing},
		"SVG behind a declaration":     {[]byte("\xef\xbb\xbf \n<?xml version='1.0'?>" + svg), Drawing},
		"HTML":                         {[]byte("<!doctype html><script>alert(1)</script>"), Drawing},
		"HTML before a picture":        {append([]byte("<html>"), good...), Drawing},
		"PDF":                          {[]byte("%PDF-1.7\n"), Drawing},
		"HEIC":                         {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), Phone},
		"AVIF":                         {[]byte("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00"), Phone},
		"a text":                       {[]byte("A picture is worth a thousand words"), Unknown},
		"a zip":                        {append([]byte("PK\x03\x04"), good...), Unknown},
		"EXIF and nothing else":        {plantJPEG([]byte{0xff, 0xd8, 0xff, 0xd9}, exif(binary.BigEndian, 6)), Broken},
		"JPEG cut off":                 {good[:len(good)/2], Broken},
		"PNG cut off":                  {goodPNG[:len(goodPNG)/2], Broken},
		"PNG with a wrong sum":         {append(append(bytes.Clone(goodPNG[:100]), goodPNG[100]^1), goodPNG[101:]...), Broken},
		"JPEG that claims 65535²":      {claimJPEG(good, 65535, 65535), TooWide},
		"JPEG that claims 9000 × 9000": {claimJPEG(good, 9000, 9000), TooWide},
		"PNG that claims 65535²":       {claimPNG(goodPNG, 65535, 65535), TooWide},
		"PNG that claims 2³¹":          {claimPNG(goodPNG, 1<<31-1, 1<<31-1), Broken},
		"PNG of one line":              {claimPNG(goodPNG, 1<<25, 1), TooWide},
		"PNG of 8 bytes a pixel":       {pngBytes(t, wide16()), TooWide},
		"GIF that claims 65535²":       {gifClaim, TooWide},
		"WebP of 16383²":               {plainWebP(16383, 16383, color.RGBA{1, 2, 3, 255}), TooWide},
		"a beacon":                     {pngBytes(t, image.NewRGBA(image.Rect(0, 0, 1, 1))), TooSmall},
		"endless bytes":                {append(bytes.Clone(good), make([]byte, 25<<20)...), TooLarge},
		"a thousand scans":             {manyScans(good, 1000), Slow},
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		_, _, err := s.Add(context.Background(), bytes.NewReader(c.file), "", Meta{})
		runtime.ReadMemStats(&after)
		if got := ReasonOf(err); got != c.want {
			t.Errorf("%s: %q (%v), want %q", name, got, err, c.want)
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v is not the sender's fault", name, err)
		}
		// Reading a file takes up to twice its size and a half; nothing else may be large.
		if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20+6*uint64(len(c.file)) {
			t.Errorf("%s of %d bytes took %d bytes of memory", name, len(c.file), used)
		}
	}
	if left := filesOf(t, s); len(left) != 0 {
		t.Errorf("%d files were written", len(left))
	}
	// What is packed beside the pixels is never unpacked.
	bomb := plantPNG(goodPNG, exif(binary.BigEndian, 1),
		chunk("iCCP", append([]byte("p\x00\x00"), zipped.Bytes()...)), chunk("zTXt", append([]byte("k\x00\x00"), zipped.Bytes()...)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	add(t, s, bomb)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("256 MB packed into a profile took %d bytes of memory", used)
	}
}

// wide16 has 64 bits a pixel: it fits the cap on pixels and not that on memory.
func wide16() image.Image { return flat{image.Rect(0, 0, 6000, 6000)} }

type flat struct{ r image.Rectangle }

func (f flat) ColorModel() color.Model { return color.NRGBA64Model }
func (f flat) Bounds() image.Rectangle { return f.r }
func (f flat) At(int, int) color.Color { return color.NRGBA64{1, 2, 3, 65534} }

// manyScans repeats the last scan of a JPEG and calls it progressive.
func manyScans(file []byte, n int) []byte {
	out := bytes.Clone(file)
	out[bytes.Index(out, []byte{0xff, 0xc0})+1] = 0xc2
	scan := segment(0xda, []byte{1, 1, 0, 1, 1, 0})
	out = out[:len(out)-2]
	for range n {
		out = append(append(out, scan...), 0)
	}
	return append(out, 0xff, 0xd9)
}

func TestASlowPictureIsGivenUp(t *testing.T) {
	s := newStore(t, dbtest.SQLite(t), func(o *Options) { o.Patience = 1 })
	if _, _, err := s.Add(context.Background(), bytes.NewReader(jpegBytes(t, scene(900, 900))), "", Meta{}); ReasonOf(err) != Slow {
		t.Errorf("got %v", err)
	}
}

func TestWordsAboutAPictureHaveLimits(t *testing.T) {
	s := newStore(t, dbtest.SQLite(t))
	good := jpegBytes(t, scene(100, 100))
	for _, m := range []Meta{{Alt: strings.Repeat("x", MaxAlt+1)}, {Credit: "a\x00b"}, {Caption: "\xff"}} {
		if _, _, err := s.Add(context.Background(), bytes.NewReader(good), "", m); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.60v: %v", m, err)
		}
	}
}

// FuzzOrientation: no bytes make the reader of EXIF fail, or find what is not
// one of eight.
func FuzzOrientation(f *testing.F) {
	f.Add(exif(binary.BigEndian, 6))
	f.Add(exif(binary.LittleEndian, 3))
	f.Add([]byte("II*\x00\xff\xff\xff\xff"))
	f.Add(plantPNG(pngBytes(f, scene(20, 20)), exif(binary.BigEndian, 8)))
	f.Add(plainWebP(20, 20, color.RGBA{1, 2, 3, 255}, exif(binary.BigEndian, 8)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, held := range []int{orientation(data), pngOrientation(data), webpOrientation(data), readJPEG(data).orientation} {
			if held < 1 || held > 8 {
				t.Errorf("%d", held)
			}
		}
	})
}

// FuzzAdd: whatever is sent is a picture of ours afterwards, or refused with a
// reason.
func FuzzAdd(f *testing.F) {
	small := jpegBytes(f, scene(40, 30))
	f.Add(plantJPEG(small, exif(binary.BigEndian, 6)))
	f.Add(plantPNG(pngBytes(f, scene(40, 30)), exif(binary.BigEndian, 5)))
	f.Add(gifBytes(f, 2))
	f.Add(plainWebP(40, 30, color.RGBA{1, 2, 3, 255}))
	f.Add(manyScans(small, 3))
	f.Add([]byte("<svg/>"))
	// No database: what comes before it is meant, and it would be slow here.
	s := &Store{
		Options: Options{Limits: Limits{Bytes: 1 << 20, Pixels: 1 << 18, Memory: 4 << 20}, Patience: time.Minute},
		seats:   make(chan struct{}, seats), bench: make(chan struct{}, 1),
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		made, err := s.make(context.Background(), bytes.NewReader(data))
		if err != nil {
			if ReasonOf(err) == "" {
				t.Fatal(err)
			}
			return
		}
		for _, file := range made.files {
			if made.ext == extJPEG {
				if _, err := jpeg.Decode(bytes.NewReader(file.data)); err != nil || bytes.Contains(file.data, []byte("Exif")) {
					t.Error(err)
				}
			}
		}
	})
}
