package ui

import (
	"bytes"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"haggle/assets"
	"haggle/chat"
)

// luminance is WCAG's, of an opaque colour.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	part := func(v uint32) float64 {
		s := float64(v) / 0xffff
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*part(r) + 0.7152*part(g) + 0.0722*part(b)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func TestContrast(t *testing.T) {
	for name, p := range map[string]palette{"light": light, "dark": dark} {
		for _, pair := range []struct{ front, ground fyne.ThemeColorName }{
			{colorText, colorPage},
			{colorText, colorSurface},
			{colorText, colorRaised},
			{colorText, colorRail},
			{colorText, colorBubble},
			{colorMuted, colorPage},
			{colorMuted, colorSurface},
			{colorMuted, colorRaised},
			{colorMuted, colorRail},
			{colorMuted, colorBubble},
			{colorAccent, colorPage},
			{colorAccent, colorSurface},
			{colorOnAccent, colorAccent},
			{colorOnSoft, colorAccentSoft},
			{colorPrice, colorPage},
			{colorPrice, colorSurface},
			{colorWarn, colorSurface},
			{colorOnWarn, colorWarnSoft},
			{colorDanger, colorPage},
			{colorDanger, colorSurface},
			{colorOnDanger, colorDangerSoft},
			{colorOnMine, colorBubbleMine},
			{colorOnMineMuted, colorBubbleMine},
			{colorOnFound, colorFound},
			{colorOnFound, colorFoundNow},
			{colorText, theme.ColorNameInputBackground},
			{colorMuted, theme.ColorNameInputBackground},
			{colorText, theme.ColorNameMenuBackground},
		} {
			if got := contrast(p[pair.front], p[pair.ground]); got < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want at least 4.5", name, pair.front, pair.ground, got)
			}
		}
		for _, ground := range portraitColors {
			if got := contrast(rgb(ground), color.White); got < 4.5 {
				t.Errorf("initials on portrait colour %06x have a contrast of %.2f", ground, got)
			}
		}
	}
	for name := range light {
		if _, ok := dark[name]; !ok {
			t.Errorf("dark has no colour for %s", name)
		}
	}
}

func TestTheme(t *testing.T) {
	system := &Theme{}
	if system.Color(colorPage, theme.VariantDark) != color.Color(color.RGBA(dark[colorPage])) || system.Color(colorPage, theme.VariantLight) != color.Color(color.RGBA(light[colorPage])) {
		t.Error("the system's variant is not followed")
	}
	always := &Theme{Look: LookDark, TextSize: 1.5}
	if always.Color(colorPage, theme.VariantLight) != color.Color(color.RGBA(dark[colorPage])) {
		t.Error("dark is not dark")
	}
	if got, want := always.Size(sizeBody), 1.5*system.Size(sizeBody); got != want {
		t.Errorf("text at 150 %% has size %v, want %v", got, want)
	}
	for name := range texts {
		if system.Size(name) < 12 {
			t.Errorf("%s is smaller than 12 px", name)
		}
	}
	if !bytes.Equal(system.Font(fyne.TextStyle{Bold: true}).Content(), assets.FontBold) {
		t.Error("bold text is not bold")
	}
}

// TestChineseWithoutFonts: the face itself has the glyphs, whatever the system has.
func TestChineseWithoutFonts(t *testing.T) {
	stage(t)
	f := textFace{size: 15}
	if got := f.width("商品卖家买家"); math.Abs(float64(got-6*15)) > 0.5 {
		t.Errorf("six Chinese characters of 15 are %v wide, want 90: the face lacks them", got)
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"Anna": "A", "anna berg": "AB", "王小明": "王", "王 小明": "王", "": "", "  ": "", "~!": "", "\u202eevil": "E", "Ана Б": "АБ",
	} {
		if got := initials(name); got != want {
			t.Errorf("initials of %q are %q, want %q", name, got, want)
		}
	}
	if one, other := portraitColor(chat.PeerID{0, 1}), portraitColor(chat.PeerID{0, 2, 9}); one != rgb(portraitColors[1]) || other != rgb(portraitColors[2]) {
		t.Errorf("portraits have the colours %v and %v, not those that their IDs say", one, other)
	}
}
