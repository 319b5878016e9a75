package site

import (
	"fmt"
	"math"
	"strconv"
)

// DefaultAccent is the violet of the duplicators that Mimeo is named after.
const DefaultAccent = "#4b2e83"

// The papers and inks of the two colour schemes. A newsroom chooses one
// accent; everything else follows from it and from these.
var (
	lightPaper = colour{0xff, 0xfd, 0xf8}
	darkPaper  = colour{0x15, 0x14, 0x12}
	white      = colour{0xff, 0xff, 0xff}
	black      = colour{0x00, 0x00, 0x00}
)

// Contrasts the accent is moved to, by the measure of WCAG: above the 4.5
// that text needs, because link text is thin and phones are read outdoors.
const (
	accentContrast = 6.0
	buttonContrast = 4.5
)

type colour [3]uint8

// parseColour reads "#rrggbb".
func parseColour(text string) (colour, error) {
	if len(text) != 7 || text[0] != '#' {
		return colour{}, fmt.Errorf("the colour %q is not of the form #rrggbb", text)
	}
	n, err := strconv.ParseUint(text[1:], 16, 24)
	if err != nil {
		return colour{}, fmt.Errorf("the colour %q is not of the form #rrggbb: %w", text, err)
	}
	return colour{uint8(n >> 16), uint8(n >> 8), uint8(n)}, nil
}

func (c colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// luminance is the relative luminance of WCAG 2.
func (c colour) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// contrast is the contrast ratio of WCAG 2, from 1 to 21.
func contrast(a, b colour) float64 {
	la, lb := a.luminance(), b.luminance()
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

// mix moves c towards other by a share in thousandths.
func (c colour) mix(other colour, permille int) colour {
	for i := range c {
		c[i] = uint8((int(c[i])*(1000-permille) + int(other[i])*permille + 500) / 1000)
	}
	return c
}

// readable moves c towards other, by as little as it takes, until it stands
// out from the ground by the wanted contrast.
func (c colour) readable(ground, other colour, want float64) colour {
	for share := 0; share < 1000; share += 20 {
		if moved := c.mix(other, share); contrast(moved, ground) >= want {
			return moved
		}
	}
	return other
}

// scheme is what one colour scheme takes from the accent.
type scheme struct {
	accent, over, tint colour // links and buttons; words on a button; the appeal's ground
}

// schemeFor derives a scheme. The tint is mixed with the ground rather than
// with the paper, whose own warmth would turn most accents grey; away is the
// colour that ink tends to.
func schemeFor(accent, ground, away colour) scheme {
	accent = accent.readable(ground, away, accentContrast)
	s := scheme{tint: ground.mix(accent, 80), over: white}
	s.accent = accent.readable(s.tint, away, accentContrast)
	if contrast(s.over, s.accent) < buttonContrast {
		s.over = black
	}
	return s
}

// variables writes the accent's share of the style sheet.
func (s scheme) variables() string {
	return fmt.Sprintf("--accent:%s;--over:%s;--tint:%s", s.accent, s.over, s.tint)
}

// themeCSS is the beginning of the style sheet: the accent in both schemes.
func themeCSS(accent string) (string, error) {
	c, err := parseColour(accent)
	if err != nil {
		return "", err
	}
	light, dark := schemeFor(c, white, black), schemeFor(c, darkPaper, white)
	return fmt.Sprintf(":root{--paper:%s;%s}@media (prefers-color-scheme:dark){:root{--paper:%s;%s}}",
		lightPaper, light.variables(), darkPaper, dark.variables()), nil
}
