package media

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

// Files as cameras and enemies make them, written byte by byte.

// planted is what a file carries that must be found nowhere afterwards.
var planted = []string{"PLANTED-GPS-48.137N", "PLANTED-XMP-photographer", "PLANTED-COMMENT", "PLANTED-THUMBNAIL", "PLANTED-ICC", "PLANTED-AFTER-THE-END", "PLANTED-TEXT-CHUNK", "PLANTED-CAMERA-SERIAL"}

// scene is a picture with something in it: slow colours, an edge, some grain.
func scene(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	seed := uint32(7)
	for y := range h {
		for x := range w {
			seed = seed*1664525 + 1013904223
			grain := int(seed>>28) - 8
			c := color.RGBA{clamp(x*200/w + 20 + grain), clamp(y*180/h + 30 + grain), clamp(120 + grain), 255}
			if (x-w/2)*(x-w/2)+(y-h/2)*(y-h/2) < h*h/16 {
				c = color.RGBA{clamp(230 + grain), clamp(90 + grain), clamp(60 + grain), 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func clamp(n int) uint8 { return uint8(min(max(n, 0), 255)) }

func jpegBytes(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngBytes(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif is a TIFF file as cameras write it: orientation, a serial number, a
// place, a thumbnail.
func exif(order binary.ByteOrder, held int) []byte {
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, order, v) }
	if order == binary.ByteOrder(binary.LittleEndian) {
		b.WriteString("II")
	} else {
		b.WriteString("MM")
	}
	put(uint16(42))
	put(uint32(8))
	put(uint16(3))
	serial, place := []byte("PLANTED-CAMERA-SERIAL\x00"), []byte("PLANTED-GPS-48.137N\x00")
	const data = 8 + 2 + 3*12 + 4
	put(uint16(0x010f)) // make
	put(uint16(2))
	put(uint32(len(serial)))
	put(uint32(data))
	put(uint16(tagOrientation))
	put(uint16(typeShort))
	put(uint32(1))
	put(uint16(held))
	put(uint16(0))
	put(uint16(0x8825)) // GPS
	put(uint16(2))
	put(uint32(len(place)))
	put(uint32(data + len(serial)))
	put(uint32(0))
	b.Write(serial)
	b.Write(place)
	b.WriteString("PLANTED-THUMBNAIL")
	return b.Bytes()
}

func segment(kind byte, body []byte) []byte {
	out := []byte{0xff, kind, 0, 0}
	binary.BigEndian.PutUint16(out[2:], uint16(len(body)+2))
	return append(out, body...)
}

// plantJPEG writes everything into a JPEG that a camera and an editor would.
func plantJPEG(file []byte, tiff []byte) []byte {
	out := append([]byte{}, file[:2]...)
	out = append(out, segment(0xe1, append([]byte("Exif\x00\x00"), tiff...))...)
	out = append(out, segment(0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00<x>PLANTED-XMP-photographer</x>"))...)
	out = append(out, segment(0xe2, []byte("ICC_PROFILE\x00\x01\x01PLANTED-ICC"))...)
	out = append(out, segment(0xfe, []byte("PLANTED-COMMENT"))...)
	out = append(out, file[2:]...)
	return append(out, []byte("<html><script>PLANTED-AFTER-THE-END</script>PK\x03\x04")...)
}

func chunk(kind string, body []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

func plantPNG(file []byte, tiff []byte, more ...[]byte) []byte {
	const head = 8 + 25
	out := append([]byte{}, file[:head]...)
	out = append(out, chunk("eXIf", tiff)...)
	out = append(out, chunk("tEXt", []byte("Author\x00PLANTED-TEXT-CHUNK"))...)
	out = append(out, chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00PLANTED-XMP-photographer"))...)
	for _, m := range more {
		out = append(out, m...)
	}
	out = append(out, file[head:]...)
	return append(out, []byte("PLANTED-AFTER-THE-END")...)
}

// plainWebP is a lossless WebP of one colour, in a few bytes whatever its size.
func plainWebP(w, h int, c color.RGBA, chunks ...[]byte) []byte {
	var bits []bool
	put := func(v, n int) {
		for i := range n {
			bits = append(bits, v>>i&1 == 1)
		}
	}
	put(0x2f, 8)
	put(w-1, 14)
	put(h-1, 14)
	put(0, 1+3) // no alpha, version
	put(0, 3)   // no transform, no cache, no groups
	for _, symbol := range []uint8{c.G, c.R, c.B, c.A} {
		put(1, 1) // a code of one symbol
		put(0, 1)
		put(1, 1)
		put(int(symbol), 8)
	}
	put(1, 1)
	put(0, 1)
	put(0, 1)
	put(0, 1)
	data := make([]byte, (len(bits)+7)/8)
	for i, on := range bits {
		if on {
			data[i/8] |= 1 << (i % 8)
		}
	}
	riff := func(kind string, body []byte) []byte {
		out := append([]byte(kind), 0, 0, 0, 0)
		binary.LittleEndian.PutUint32(out[4:], uint32(len(body)))
		out = append(out, body...)
		if len(body)%2 == 1 {
			out = append(out, 0)
		}
		return out
	}
	body := []byte("WEBP")
	if len(chunks) > 0 {
		size := []byte{byte(w - 1), byte((w - 1) >> 8), byte((w - 1) >> 16), byte(h - 1), byte((h - 1) >> 8), byte((h - 1) >> 16)}
		body = append(body, riff("VP8X", append([]byte{0x08, 0, 0, 0}, size...))...)
	}
	body = append(body, riff("VP8L", data)...)
	for _, c := range chunks {
		body = append(body, riff("EXIF", c)...)
	}
	return riff("RIFF", body)
}

// claimJPEG lets a JPEG claim another size.
func claimJPEG(file []byte, w, h uint16) []byte {
	out := bytes.Clone(file)
	at := bytes.Index(out, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(out[at+5:], h)
	binary.BigEndian.PutUint16(out[at+7:], w)
	return out
}

func claimPNG(file []byte, w, h uint32) []byte {
	head := append([]byte{}, file[16:29]...)
	binary.BigEndian.PutUint32(head, w)
	binary.BigEndian.PutUint32(head[4:], h)
	out := append([]byte{}, file[:8]...)
	out = append(out, chunk("IHDR", head)...)
	return append(out, file[8+25:]...)
}
