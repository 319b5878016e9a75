package media

import (
	"image"
	"image/draw"
	"math"
)

// Shrinking by the kernel of Catmull and Rom, row by row: of a picture of 12
// megapixels, never more is held than the rows that one row of the small one
// is made of. x/image/draw does the same with the whole picture as floats,
// some 180 MB of them.

// taps says from which pixels of a line one pixel of the smaller line is made.
type taps struct {
	first   int
	weights []float32
}

// kernel is Catmull and Rom's, 2 wide on either side.
func kernel(t float64) float64 {
	t = math.Abs(t)
	switch {
	case t < 1:
		return (1.5*t-2.5)*t*t + 1
	case t < 2:
		return ((-0.5*t+2.5)*t-4)*t + 2
	default:
		return 0
	}
}

// lineTaps plans the way from a line of from pixels to one of to.
func lineTaps(from, to int) []taps {
	ratio := float64(from) / float64(to)
	stretch := max(ratio, 1)
	all := make([]taps, to)
	for i := range all {
		centre := (float64(i)+0.5)*ratio - 0.5
		first := max(int(math.Ceil(centre-2*stretch)), 0)
		last := min(int(math.Floor(centre+2*stretch)), from-1)
		weights := make([]float32, last-first+1)
		sum := 0.0
		for j := range weights {
			sum += kernel((float64(first+j) - centre) / stretch)
		}
		for j := range weights {
			weights[j] = float32(kernel((float64(first+j)-centre)/stretch) / sum)
		}
		all[i] = taps{first, weights}
	}
	return all
}

// shrink makes a picture of w by h pixels.
func shrink(src image.Image, w, h int) *image.RGBA {
	from := src.Bounds()
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if from.Dx() == w && from.Dy() == h {
		draw.Draw(dst, dst.Rect, src, from.Min, draw.Src)
		return dst
	}
	columns, rows := lineTaps(from.Dx(), w), lineTaps(from.Dy(), h)
	most := 0
	for _, t := range rows {
		most = max(most, len(t.weights))
	}
	ring := make([][]float32, most)
	for i := range ring {
		ring[i] = make([]float32, 4*w)
	}
	sum := make([]float32, 4*w)
	lines := reader{src: src}
	done := 0 // rows of src that went into the ring
	for y, t := range rows {
		for ; done < t.first+len(t.weights); done++ {
			if done >= t.first {
				narrow(ring[done%most], lines.row(done), columns)
			}
		}
		clear(sum)
		for j, weight := range t.weights {
			for i, v := range ring[(t.first+j)%most] {
				sum[i] += weight * v
			}
		}
		store(dst.Pix[y*dst.Stride:], sum)
	}
	return dst
}

// narrow shrinks one row.
func narrow(dst []float32, row []uint8, columns []taps) {
	for x, t := range columns {
		var r, g, b, a float32
		at := row[4*t.first:]
		for j, weight := range t.weights {
			p := at[4*j : 4*j+4 : 4*j+4]
			r += weight * float32(p[0])
			g += weight * float32(p[1])
			b += weight * float32(p[2])
			a += weight * float32(p[3])
		}
		d := dst[4*x : 4*x+4 : 4*x+4]
		d[0], d[1], d[2], d[3] = r, g, b, a
	}
}

// store rounds a row. No colour is stronger than its alpha.
func store(dst []uint8, sum []float32) {
	for i := 0; i+3 < len(sum); i += 4 {
		a := min(max(sum[i+3]+0.5, 0), 255)
		dst[i+3] = uint8(a)
		for c := range 3 {
			dst[i+c] = uint8(min(max(sum[i+c]+0.5, 0), float32(dst[i+3])))
		}
	}
}

// reader gives the rows of any picture as RGBA, some at a time.
type reader struct {
	src   image.Image
	strip *image.RGBA
	first int
}

const stripRows = 16

func (r *reader) row(y int) []uint8 {
	b := r.src.Bounds()
	if r.strip == nil || y < r.first || y >= r.first+stripRows {
		if r.strip == nil {
			r.strip = image.NewRGBA(image.Rect(0, 0, b.Dx(), stripRows))
		}
		r.first = y
		draw.Draw(r.strip, r.strip.Rect, r.src, image.Pt(b.Min.X, b.Min.Y+y), draw.Src)
	}
	at := (y - r.first) * r.strip.Stride
	return r.strip.Pix[at : at+4*b.Dx()]
}

// turn sets a picture upright that a camera held in another way.
func turn(src *image.RGBA, held int) *image.RGBA {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	var from func(x, y int) (int, int)
	switch held {
	case 2:
		from = func(x, y int) (int, int) { return w - 1 - x, y }
	case 3:
		from = func(x, y int) (int, int) { return w - 1 - x, h - 1 - y }
	case 4:
		from = func(x, y int) (int, int) { return x, h - 1 - y }
	case 5:
		from = func(x, y int) (int, int) { return y, x }
	case 6:
		from = func(x, y int) (int, int) { return y, h - 1 - x }
	case 7:
		from = func(x, y int) (int, int) { return w - 1 - y, h - 1 - x }
	case 8:
		from = func(x, y int) (int, int) { return w - 1 - y, x }
	default:
		return src
	}
	dw, dh := w, h
	if lies(held) {
		dw, dh = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	for y := range dh {
		for x := range dw {
			fx, fy := from(x, y)
			copy(dst.Pix[y*dst.Stride+4*x:][:4], src.Pix[fy*src.Stride+4*fx:][:4])
		}
	}
	return dst
}

// lies tells that width and height change places when the picture is turned.
func lies(held int) bool { return held >= 5 && held <= 8 }
