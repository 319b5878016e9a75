package archive

import (
	"context"
	"errors"
	"io/fs"

	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story/foreign"
)

// pictures finds and keeps the pictures of one run.
type pictures struct {
	a       *Archive
	ctx     context.Context //nolint:containedctx // for the length of one run: prose asks back without one
	folders []Folder
	dry     bool
	kept    map[string]Stored // by address, the last ones
	counts  *Counts
	missing bool // of the item at hand
	err     error
	odd     []string
}

// maxKept bounds what is remembered of pictures that were just kept.
const maxKept = 10_000

// block is the block of a picture, if it came along.
func (p *pictures) block(of foreign.Picture) (prose.Block, bool) {
	if len(of.URL) > 1 && of.URL[0] == '/' && p.folders == nil {
		return prose.Block{}, p.miss()
	}
	if s, ok := p.kept[of.URL]; ok {
		return s.image(), true
	}
	if p.a.opt.Keep == nil || len(p.folders) == 0 {
		return prose.Block{}, p.miss()
	}
	f, name, err := find(p.folders, of.URL)
	if errors.Is(err, fs.ErrNotExist) {
		return prose.Block{}, p.miss()
	}
	if err != nil {
		p.odd = append(p.odd, "the picture "+of.URL+" was not taken: "+err.Error())
		return prose.Block{}, p.miss()
	}
	s, err := p.keep(f, Credit{Name: name, Alt: of.Alt, Caption: foreign.Strip(of.Caption), Credit: of.Credit})
	if end := f.Close(); err == nil {
		err = end
	}
	switch {
	case err == nil:
	case fault.KindOf(err) == fault.Invalid:
		p.odd = append(p.odd, "the picture "+of.URL+" was not taken: "+fault.Message(err))
		return prose.Block{}, p.miss()
	default:
		p.err = errors.Join(p.err, err)
		return prose.Block{}, p.miss()
	}
	if len(p.kept) >= maxKept {
		clear(p.kept)
	}
	p.kept[of.URL] = s
	return s.image(), true
}

func (p *pictures) miss() bool {
	p.missing = true
	p.counts.Missing++
	return false
}

// keep stores a picture. The newsroom's store knows the ones that it has.
func (p *pictures) keep(f fs.File, c Credit) (Stored, error) {
	if p.dry {
		p.counts.Pictures++
		return Stored{Src: "/media/picture.jpg"}, nil
	}
	s, err := p.a.opt.Keep(p.ctx, f, c)
	if err == nil && s.Fresh {
		p.counts.Pictures++
	}
	return s, err
}
