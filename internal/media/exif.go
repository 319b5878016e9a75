package media

import "encoding/binary"

// Of what a camera writes beside the pixels, one thing is needed to see the
// picture as it was taken: which way up the camera was held. It is the tag
// orientation of the first directory of a small TIFF file, which stands in a
// segment of a JPEG, a chunk of a PNG or of a WebP.

// upright is the orientation of a picture that needs no turning.
const upright = 1

const (
	tagOrientation = 0x0112
	typeShort      = 3
	maxEntries     = 1000
)

// orientation reads the tag from a TIFF file, upright when there is none or it
// makes no sense.
func orientation(tiff []byte) int {
	if len(tiff) < 8 {
		return upright
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return upright
	}
	entries := tiff[at+2:]
	for range min(int(order.Uint16(tiff[at:])), maxEntries, len(entries)/12) {
		entry := entries[:12]
		entries = entries[12:]
		if order.Uint16(entry) != tagOrientation {
			continue
		}
		if value := int(order.Uint16(entry[8:])); order.Uint16(entry[2:]) == typeShort && value >= 1 && value <= 8 {
			return value
		}
		return upright
	}
	return upright
}

// jpegFacts is what is read of a JPEG before it is decoded.
type jpegFacts struct {
	orientation int
	progressive bool
	scans       int
	samples     int64 // for four pixels: 12 when every colour has all of them, 6 for most cameras
}

// readJPEG walks through the segments of a JPEG. Data that is cut off ends the
// walk: the decoder will say so.
func readJPEG(data []byte) jpegFacts {
	facts := jpegFacts{orientation: upright}
	for i := 2; i+3 < len(data); {
		if data[i] != 0xff {
			i++
			continue
		}
		kind := data[i+1]
		switch {
		case kind == 0xff: // fill
			i++
			continue
		case kind == 0 || kind == 1 || kind >= 0xd0 && kind <= 0xd8: // data, or a mark without a length
			i += 2
			continue
		case kind == 0xd9: // the end: what follows is no part of the picture
			return facts
		}
		length := int(binary.BigEndian.Uint16(data[i+2:]))
		body := data[i+4 : min(max(i+2+length, i+4), len(data))]
		switch kind {
		case 0xe1:
			if rest, is := cutPrefix(body, "Exif\x00\x00"); is && facts.orientation == upright {
				facts.orientation = orientation(rest)
			}
		case 0xc0, 0xc1, 0xc2:
			facts.progressive = kind == 0xc2
			facts.samples = samples(body)
		case 0xda:
			facts.scans++
		}
		i += 2 + max(length, 2)
	}
	return facts
}

// samples reads from the header of a frame how many samples four pixels have.
func samples(frame []byte) int64 {
	const full = 16 // of four colours
	if len(frame) < 6 || len(frame) < 6+3*int(frame[5]) {
		return full
	}
	var sum, wide, high int64
	for c := range int(frame[5]) {
		h, v := int64(frame[6+3*c+1]>>4), int64(frame[6+3*c+1]&15)
		sum, wide, high = sum+h*v, max(wide, h), max(high, v)
	}
	if wide*high == 0 {
		return full
	}
	return (4*sum + wide*high - 1) / (wide * high)
}

// pngOrientation finds the chunk eXIf before the pixels.
func pngOrientation(data []byte) int {
	for at := uint64(8); at+12 <= uint64(len(data)); {
		length := uint64(binary.BigEndian.Uint32(data[at:]))
		kind := string(data[at+4 : at+8])
		end := at + 8 + length
		if kind == "IDAT" || end > uint64(len(data)) {
			return upright
		}
		if kind == "eXIf" {
			return orientation(data[at+8 : end])
		}
		at = end + 4
	}
	return upright
}

// webpOrientation finds the chunk EXIF.
func webpOrientation(data []byte) int {
	for at := uint64(12); at+8 <= uint64(len(data)); {
		length := uint64(binary.LittleEndian.Uint32(data[at+4:]))
		end := at + 8 + length
		if end > uint64(len(data)) {
			return upright
		}
		if string(data[at:at+4]) == "EXIF" {
			body := data[at+8 : end]
			if rest, is := cutPrefix(body, "Exif\x00\x00"); is {
				body = rest
			}
			return orientation(body)
		}
		at = end + length%2
	}
	return upright
}

func cutPrefix(b []byte, prefix string) ([]byte, bool) {
	if len(b) < len(prefix) || string(b[:len(prefix)]) != prefix {
		return b, false
	}
	return b[len(prefix):], true
}
