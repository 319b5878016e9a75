package wxr

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"mimeo/internal/story/foreign"
)

// Spill is where what does not fit into memory lies while an export is read.
type Spill interface {
	io.ReaderAt
	io.Writer
}

// album knows the pictures of an export by their numbers. Where each is noted
// costs some 40 bytes of memory, the note itself lies in the spill.
type album struct {
	spill  Spill
	at     map[int64]int64
	last   map[int64]int64 // of a post, where its last picture is noted
	wrote  int64
	buffer []byte
}

func newAlbum(spill Spill) *album {
	return &album{spill: spill, at: map[int64]int64{}, last: map[int64]int64{}}
}

const (
	albumBuffer = 64 << 10
	maxNote     = 16 << 10 // each of its words
	maxAlbum    = 2_000_000
)

// add notes a picture; each note says where that of the post's picture before
// it is, so a gallery of all of them can be found.
func (a *album) add(id, parent int64, p foreign.Picture) error {
	if p.URL == "" || id == 0 || len(a.at) >= maxAlbum {
		return nil
	}
	at := a.wrote + int64(len(a.buffer))
	a.at[id] = at
	before := int64(-1)
	if parent != 0 {
		if last, found := a.last[parent]; found {
			before = last
		}
		a.last[parent] = at
	}
	a.buffer = binary.LittleEndian.AppendUint64(a.buffer, uint64(before)) //nolint:gosec // read back the same way
	for _, words := range []string{p.URL, p.Alt, p.Caption} {
		if len(words) > maxNote {
			words = words[:maxNote]
		}
		a.buffer = binary.LittleEndian.AppendUint16(a.buffer, uint16(len(words))) //nolint:gosec // at most maxNote
		a.buffer = append(a.buffer, words...)
	}
	if len(a.buffer) >= albumBuffer {
		return a.flush()
	}
	return nil
}

func (a *album) flush() error {
	n, err := a.spill.Write(a.buffer)
	a.wrote += int64(n)
	a.buffer = a.buffer[:0]
	if err != nil {
		return fmt.Errorf("noting the pictures of the export: %w", err)
	}
	return nil
}

func (a *album) find(id int64) (p foreign.Picture, ok bool) {
	at, ok := a.at[id]
	if !ok {
		return p, false
	}
	p, _, ok = a.note(at)
	return p, ok
}

// of returns the pictures that belong to a post, in their order.
func (a *album) of(post int64) (all []foreign.Picture) {
	at, ok := a.last[post]
	for ok && at >= 0 && len(all) < maxGallery {
		var p foreign.Picture
		if p, at, ok = a.note(at); ok {
			all = append(all, p)
		}
	}
	slices.Reverse(all)
	return all
}

const maxGallery = 500

// note reads a picture and where the one before it is noted, -1 for nowhere.
func (a *album) note(at int64) (p foreign.Picture, before int64, ok bool) {
	var head [8]byte
	if _, err := a.spill.ReadAt(head[:], at); err != nil {
		return p, -1, false
	}
	before = int64(binary.LittleEndian.Uint64(head[:])) //nolint:gosec // written the same way
	at += 8
	for _, into := range []*string{&p.URL, &p.Alt, &p.Caption} {
		var size [2]byte
		if _, err := a.spill.ReadAt(size[:], at); err != nil {
			return p, -1, false
		}
		words := make([]byte, binary.LittleEndian.Uint16(size[:]))
		if _, err := a.spill.ReadAt(words, at+2); err != nil {
			return p, -1, false
		}
		at += 2 + int64(len(words))
		*into = string(words)
	}
	return p, before, true
}
