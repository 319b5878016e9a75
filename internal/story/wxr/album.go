package wxr

import (
	"encoding/binary"
	"fmt"
	"io"

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
	wrote  int64
	buffer []byte
}

func newAlbum(spill Spill) *album { return &album{spill: spill, at: map[int64]int64{}} }

const (
	albumBuffer = 64 << 10
	maxNote     = 16 << 10 // each of its words
	maxAlbum    = 2_000_000
)

func (a *album) add(id int64, p foreign.Picture) error {
	if p.URL == "" || id == 0 || len(a.at) >= maxAlbum {
		return nil
	}
	a.at[id] = a.wrote + int64(len(a.buffer))
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
	for _, into := range []*string{&p.URL, &p.Alt, &p.Caption} {
		var size [2]byte
		if _, err := a.spill.ReadAt(size[:], at); err != nil {
			return p, false
		}
		words := make([]byte, binary.LittleEndian.Uint16(size[:]))
		if _, err := a.spill.ReadAt(words, at+2); err != nil {
			return p, false
		}
		at += 2 + int64(len(words))
		*into = string(words)
	}
	return p, true
}
