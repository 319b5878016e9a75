package appeal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"mimeo/internal/fault"
)

// Proposal is an appeal that was found somewhere, such as at the end of an
// imported page.
type Proposal struct {
	Author   string
	Language string // "" proposes it for every language
	Words
}

// Propose adds an appeal in state draft and returns its id. The id is made of
// the words, so that proposing them again changes nothing, also when the
// appeal has since been edited or gone live.
func (b *Board) Propose(ctx context.Context, p Proposal) (string, error) {
	words := p.Words.members()
	sum := sha256.Sum256(plain(append(object{{"language", plain(p.Language)}}, words...)))
	id := "imported-" + hex.EncodeToString(sum[:6])
	a := object{{"id", plain(id)}, {"priority", plain(100)}, {"state", plain(Draft)}}
	if p.Language != "" {
		a = append(a, member{"where", plain(object{{"languages", plain([]string{p.Language})}})})
	}
	variant := append(object{{"id", plain("a")}, {"weight", plain(1)}}, words...)
	a = append(a, member{"salt", plain(id)}, member{"variants", plain([]object{variant})})

	_, err := b.change(ctx, p.Author, func(present []byte) ([]byte, error) {
		return editAppeals(present, func(appeals []object) ([]object, error) {
			if slices.ContainsFunc(appeals, has(id)) {
				return nil, nil
			}
			return append(appeals, a), nil
		})
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// SetState makes an appeal draft, live or archived.
func (b *Board) SetState(ctx context.Context, id string, state State, author string) (Revision, error) {
	switch state {
	case Draft, Live, Archived:
	default:
		return Revision{}, fault.Invalidf("An appeal is draft, live or archived, not %q", state)
	}
	return b.change(ctx, author, func(present []byte) ([]byte, error) {
		return editAppeals(present, func(appeals []object) ([]object, error) {
			i := slices.IndexFunc(appeals, has(id))
			if i < 0 {
				return nil, fault.Missingf("There is no appeal %q", id)
			}
			appeals[i] = appeals[i].with("state", plain(state))
			return appeals, nil
		})
	})
}

func has(id string) func(object) bool {
	return func(o object) bool {
		in := reader{members: o}
		return in.text("id") == id && in.problem == nil
	}
}

// editAppeals changes the list of appeals and leaves the rest of the document
// alone. An edit that returns nil gives nil. What is in the list but is no
// object was dropped when it was saved, and is now left out.
func editAppeals(present []byte, edit func([]object) ([]object, error)) ([]byte, error) {
	document := object{{"version", json.RawMessage("1")}}
	if present != nil {
		var err error
		if document, err = parseObject(present); err != nil {
			return nil, fmt.Errorf("reading the present configuration: %w", err)
		}
	}
	in := reader{members: document}
	var appeals []object
	for _, raw := range in.list("appeals") {
		if o, err := parseObject(raw); err == nil {
			appeals = append(appeals, o)
		}
	}
	if in.problem != nil {
		return nil, fmt.Errorf("reading the present configuration: %w", in.problem)
	}
	appeals, err := edit(appeals)
	if appeals == nil || err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, plain(document.with("appeals", plain(appeals))), "", "  "); err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// members are the words that are there, under their names in a variant.
func (w Words) members() object {
	var o object
	for _, text := range []struct{ name, value string }{
		{"heading", w.Heading},
		{"signature", w.Signature},
		{"button", w.Button},
		{"remind", w.Remind},
		{"thanks", w.Thanks},
	} {
		if text.value != "" {
			o = append(o, member{text.name, plain(text.value)})
		}
	}
	if len(w.Body) > 0 {
		o = append(o, member{"body", plain(w.Body)})
	}
	return o
}
