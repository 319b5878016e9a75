package app

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"

	"mimeo/internal/media"
	"mimeo/internal/prose"
)

// The demo's pictures are drawn by the program: hills, water and light of a
// place that does not exist.

// demoPicture is what a group of seed stories shows above its text.
type demoPicture struct {
	seed    uint32
	night   bool
	alt     map[string]string
	caption map[string]string
}

var demoPictures = map[string]demoPicture{
	"harbour-museum": {seed: 11, alt: map[string]string{
		"en": "Drawing: low hills behind a harbour in the morning, the sun above the water",
	}, caption: map[string]string{
		"en": "Port Selin from the breakwater.",
	}},
	"night-trains": {seed: 29, night: true, alt: map[string]string{
		"en": "Drawing: hills at night under a moon",
		"fa": "طراحی: تپه‌ها در شب، زیر ماه",
	}, caption: map[string]string{
		"en": "The line north of Port Selin.",
		"fa": "خط شمالی پورت سلین.",
	}},
}

var demoCredit = map[string]string{"en": "Drawing: The Lantern", "fa": "طراحی: فانوس"}

// illustrate puts the picture of a story's group above its text.
func (a *App) illustrate(ctx context.Context, s *seedStory) error {
	d, found := demoPictures[s.group]
	if !found || d.alt[s.lang] == "" {
		return nil
	}
	file, err := drawing(d.seed, d.night)
	if err != nil {
		return err
	}
	p, _, err := a.Media.Add(ctx, bytes.NewReader(file), "", media.Meta{
		Alt: d.alt[s.lang], Caption: d.caption[s.lang], Credit: demoCredit[s.lang], Licence: "CC0", Lang: s.lang, FocusX: 700, FocusY: 300,
	})
	if err != nil {
		return fmt.Errorf("drawing for the demo: %w", err)
	}
	// The same picture in another language has that language's words.
	block := prose.Block{
		Kind: prose.Image, Src: p.Src(), Alt: d.alt[s.lang], Width: p.Width, Height: p.Height, FocusX: p.FocusX, FocusY: p.FocusY,
		Credit: demoCredit[s.lang], Licence: p.Licence, Caption: prose.Plain(d.caption[s.lang]),
	}
	s.body.Blocks = append([]prose.Block{block}, s.body.Blocks...)
	return nil
}

// drawing makes a landscape, the same for the same seed.
func drawing(seed uint32, night bool) ([]byte, error) {
	const w, h, hills = 1280, 800, 5
	next := func() float64 {
		seed = seed*1664525 + 1013904223
		return float64(seed>>8) / (1 << 24)
	}
	top, low, far, near := color.RGBA{250, 214, 165, 255}, color.RGBA{254, 244, 224, 255}, color.RGBA{158, 178, 190, 255}, color.RGBA{38, 62, 74, 255}
	light := color.RGBA{252, 246, 226, 255}
	if night {
		top, low, far, near = color.RGBA{18, 24, 48, 255}, color.RGBA{62, 74, 108, 255}, color.RGBA{48, 58, 92, 255}, color.RGBA{10, 14, 28, 255}
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	sunX, sunY, sunR := w*0.7, h*(0.22+0.1*next()), h*0.075
	var ridge [hills][3][2]float64 // waves: how long, where they begin
	for i := range ridge {
		for j := range ridge[i] {
			ridge[i][j] = [2]float64{(1.5 + 3*next()) * float64(j+1), 2 * math.Pi * next()}
		}
	}
	for x := range w {
		var edge [hills]float64
		for i := range edge {
			edge[i] = h * (0.45 + 0.11*float64(i))
			for j, wave := range ridge[i] {
				edge[i] += h * 0.05 / float64(j+1) * math.Sin(wave[1]+wave[0]*2*math.Pi*float64(x)/w)
			}
		}
		for y := range h {
			c := between(top, low, float64(y)/(h*0.6))
			if d := math.Hypot(float64(x)-sunX, float64(y)-sunY) - sunR; d < 1.5 {
				c = between(light, c, d)
			}
			for i, e := range edge {
				if d := float64(y) - e; d > -1 {
					c = between(c, between(far, near, float64(i)/(hills-1)), d+1)
				}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92})
	return b.Bytes(), err
}

// between mixes two colours; 0 and less is the first, 1 and more the second.
func between(a, b color.RGBA, t float64) color.RGBA {
	t = min(max(t, 0), 1)
	mix := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*t + 0.5) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}
