package media

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// Limits of what is taken.
type Limits struct {
	Bytes  int64 // of a file
	Pixels int64 // of a picture
	Memory int64 // bytes that decoding may take
}

// Default limits: what a good phone takes fits in, a poster for a wall does not.
var defaults = Limits{Bytes: 25 << 20, Pixels: 64 << 20, Memory: 256 << 20}

const (
	maxSide  = 30_000 // pixels
	maxScans = 100    // of a progressive JPEG; a camera makes about ten
	minSide  = 8
)

// format is what a file is by its own bytes.
type format struct {
	name   string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

// sniff tells a file's format. Its name and what the sender says it is are
// never asked.
func sniff(data []byte) (format, error) {
	is := func(at int, magic string) bool {
		return len(data) >= at+len(magic) && string(data[at:at+len(magic)]) == magic
	}
	switch {
	case len(data) == 0:
		return format{}, refuse(Empty, nil)
	case is(0, "\xff\xd8\xff"):
		return format{"jpeg", jpeg.DecodeConfig, jpeg.Decode}, nil
	case is(0, "\x89PNG\r\n\x1a\n"):
		return format{"png", png.DecodeConfig, png.Decode}, nil
	case is(0, "GIF87a") || is(0, "GIF89a"):
		return format{"gif", gif.DecodeConfig, gif.Decode}, nil
	case is(0, "RIFF") && is(8, "WEBP"):
		return format{"webp", webp.DecodeConfig, webp.Decode}, nil
	case is(4, "ftyphei") || is(4, "ftyphev") || is(4, "ftypmif1") || is(4, "ftypmsf1") || is(4, "ftypavi"):
		return format{}, refuse(Phone, nil)
	case is(0, "%PDF") || looksLikeMarkup(data):
		return format{}, refuse(Drawing, nil)
	default:
		return format{}, refuse(Unknown, nil)
	}
}

// looksLikeMarkup finds SVG and HTML, which can hold scripts.
func looksLikeMarkup(data []byte) bool {
	head := bytes.TrimLeft(bytes.TrimPrefix(data[:min(len(data), 1024)], []byte("\xef\xbb\xbf")), " \t\r\n")
	return bytes.HasPrefix(head, []byte("<"))
}

// look reads what a file claims about itself and refuses what would cost too
// much to decode. Nothing large is made here.
func look(data []byte, limits Limits) (f format, turned int, err error) {
	if f, err = sniff(data); err != nil {
		return f, upright, err
	}
	config, err := f.config(bytes.NewReader(data))
	if err != nil {
		return f, upright, refuse(Broken, err)
	}
	w, h := int64(config.Width), int64(config.Height)
	if w < 1 || h < 1 || w*h < minSide*minSide {
		return f, upright, refuse(TooSmall, nil)
	}
	turned = upright
	memory := w * h * pixelBytes(config.ColorModel)
	switch f.name {
	case "jpeg":
		facts := readJPEG(data)
		turned = facts.orientation
		memory = w * h * facts.samples / 4
		if facts.progressive {
			memory *= 1 + 4 // coefficients are kept until the last scan
		}
		if facts.scans > maxScans {
			return f, turned, refuse(Slow, nil)
		}
	case "png":
		turned = pngOrientation(data)
	case "webp":
		turned = webpOrientation(data)
	}
	if w > maxSide || h > maxSide || w*h > limits.Pixels || memory > limits.Memory {
		return f, turned, refuse(TooWide, nil)
	}
	return f, turned, nil
}

// pixelBytes is what a pixel takes in memory while it is decoded, at most.
func pixelBytes(m color.Model) int64 {
	switch m {
	case color.GrayModel, color.AlphaModel:
		return 1
	case color.Gray16Model, color.Alpha16Model:
		return 2
	case color.YCbCrModel:
		return 3
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, paletted := m.(color.Palette); paletted {
		return 1
	}
	return 4
}

// decode makes pixels of a file. A decoder cannot be told to stop; it is given
// no more to read when ctx has ended.
func decode(ctx context.Context, f format, data []byte) (image.Image, error) {
	img, err := f.decode(&patient{ctx, bytes.NewReader(data)})
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, refuse(Slow, err)
	case errors.Is(err, context.Canceled):
		return nil, err
	case err != nil:
		return nil, refuse(Broken, err)
	case img.Bounds().Empty():
		return nil, refuse(Broken, nil)
	}
	return img, nil
}

// patient reads as long as its context lasts.
type patient struct {
	ctx  context.Context //nolint:containedctx // an io.Reader has no other way to be told
	from *bytes.Reader
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.from.Read(b)
}

// receive reads a file into memory, which is the only place where it ever is.
func receive(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, refuse(TooLarge, nil)
	}
	return data, nil
}
