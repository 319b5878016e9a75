package media

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
)

const (
	extJPEG = "jpg"
	extPNG  = "png"
)

// rendered is one picture made anew from its pixels, widest file last.
type rendered struct {
	ext           string
	width, height int
	files         []file
}

type file struct {
	width int
	data  []byte
}

// render makes the files of a picture.
func render(ctx context.Context, src image.Image, held int, fromJPEG bool) (rendered, error) {
	w, h := fit(src.Bounds().Dx(), src.Bounds().Dy(), lies(held))
	wide := turn(shrink(src, w, h), held)
	out := rendered{ext: extJPEG, width: wide.Rect.Dx(), height: wide.Rect.Dy()}
	var best []byte
	var err error
	if fromJPEG {
		best, err = asJPEG(wide)
	} else {
		out.ext, best, err = better(wide)
	}
	if err != nil {
		return rendered{}, err
	}
	all := steps(out.width)
	out.files = make([]file, len(all))
	out.files[len(all)-1] = file{out.width, best}
	last := wide
	for i := len(all) - 2; i >= 0; i-- {
		if err := ctx.Err(); err != nil {
			return rendered{}, err
		}
		height := max((out.height*all[i]+out.width/2)/out.width, 1)
		last = shrink(last, all[i], height)
		var data []byte
		if out.ext == extPNG {
			data, err = asPNG(last)
		} else {
			data, err = asJPEG(last)
		}
		if err != nil {
			return rendered{}, err
		}
		out.files[i] = file{all[i], data}
	}
	return out, nil
}

// fit is the size of the widest file, before it is turned.
func fit(w, h int, turned bool) (int, int) {
	mostW, mostH := widest, tallest
	if turned {
		mostW, mostH = tallest, widest
	}
	fw, fh := w, h
	if fw > mostW {
		fw, fh = mostW, max((h*mostW+w/2)/w, 1)
	}
	if fh > mostH {
		fw, fh = max((w*mostH+h/2)/h, 1), mostH
	}
	return fw, fh
}

// soft is how many bytes a JPEG of a width should have at most: the qualities
// below the first are tried as far as it has more.
var soft = map[int]int{320: 14_000, 640: 40_000, 960: 90_000, 1280: 160_000, 1920: 320_000}

var qualities = [...]int{80, 72, 64, 56}

func asJPEG(img *image.RGBA) ([]byte, error) {
	if !img.Opaque() {
		paper := image.NewRGBA(img.Rect)
		draw.Draw(paper, paper.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(paper, paper.Rect, img, img.Rect.Min, draw.Over)
		img = paper
	}
	most, known := soft[img.Rect.Dx()]
	if !known {
		most = img.Rect.Dx() * img.Rect.Dx() / 10
	}
	var b bytes.Buffer
	for _, q := range qualities {
		b.Reset()
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: q}); err != nil {
			return nil, fmt.Errorf("writing a JPEG: %w", err)
		}
		if b.Len() <= most {
			break
		}
	}
	return b.Bytes(), nil
}

// asPNG writes few colours as a palette, which is exact.
func asPNG(img *image.RGBA) ([]byte, error) {
	var b bytes.Buffer
	var from image.Image = img
	if p := paletted(img); p != nil {
		from = p
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, from); err != nil {
		return nil, fmt.Errorf("writing a PNG: %w", err)
	}
	return b.Bytes(), nil
}

// sheer is how many times larger than as a JPEG a picture may be for the sake
// of what shines through it.
const sheer = 4

// better chooses between the two formats: PNG where it is smaller, as for
// charts and screenshots, or where the ground shines through.
func better(img *image.RGBA) (ext string, data []byte, err error) {
	j, err := asJPEG(img)
	if err != nil {
		return "", nil, err
	}
	few, opaque := paletted(img) != nil, img.Opaque()
	if !few && opaque {
		return extJPEG, j, nil
	}
	p, err := asPNG(img)
	if err != nil {
		return "", nil, err
	}
	if len(p) <= len(j) || !opaque && len(p) <= sheer*len(j) {
		return extPNG, p, nil
	}
	return extJPEG, j, nil
}

// paletted is the picture with its own colours as a palette, nil when they are
// more than a palette holds.
func paletted(img *image.RGBA) *image.Paletted {
	const most = 256
	var colours color.Palette
	index := make(map[color.RGBA]uint8, most)
	out := image.NewPaletted(img.Rect, nil)
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:]
		for x := range img.Rect.Dx() {
			c := color.RGBA{row[4*x], row[4*x+1], row[4*x+2], row[4*x+3]}
			i, known := index[c]
			if !known {
				if len(colours) == most {
					return nil
				}
				i = uint8(len(colours)) //nolint:gosec // less than most
				index[c] = i
				colours = append(colours, c)
			}
			out.Pix[y*out.Stride+x] = i
		}
	}
	out.Palette = colours
	return out
}
