package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"haggle/assets"
)

// Colours of our own, beside those of Fyne's names.
const (
	colorText        = theme.ColorNameForeground          // what is read
	colorMuted       = theme.ColorNamePlaceHolder         // what is read second
	colorAccent      = theme.ColorNamePrimary             // what can be done
	colorOnAccent    = theme.ColorNameForegroundOnPrimary // text on it
	colorPage        = theme.ColorNameBackground          // behind everything
	colorLine        = theme.ColorNameSeparator           // hairlines
	colorDanger      = theme.ColorNameError
	colorWarn        = theme.ColorNameWarning
	colorSurface     = fyne.ThemeColorName("surface")     // cards, panes
	colorRaised      = fyne.ThemeColorName("raised")      // fields and chips on a surface
	colorAccentSoft  = fyne.ThemeColorName("accentSoft")  // behind what is chosen
	colorOnSoft      = fyne.ThemeColorName("onSoft")      // text on it
	colorPrice       = fyne.ThemeColorName("price")       // amounts of money
	colorOnline      = fyne.ThemeColorName("online")      // the dot of who is here
	colorWarnSoft    = fyne.ThemeColorName("warnSoft")    // behind a word of warning
	colorOnWarn      = fyne.ThemeColorName("onWarn")      // text on it
	colorDangerSoft  = fyne.ThemeColorName("dangerSoft")  // behind a word of refusal
	colorOnDanger    = fyne.ThemeColorName("onDanger")    // text on it
	colorRail        = fyne.ThemeColorName("rail")        // behind the rail
	colorBubble      = fyne.ThemeColorName("bubble")      // the other person's messages
	colorBubbleMine  = fyne.ThemeColorName("bubbleMine")  // one's own
	colorOnMine      = fyne.ThemeColorName("onMine")      // text on them
	colorOnMineMuted = fyne.ThemeColorName("onMineMuted") // time and ticks on them
	colorFound       = fyne.ThemeColorName("found")       // behind words that were searched for
	colorFoundNow    = fyne.ThemeColorName("foundNow")    // behind those of the match one is at
	colorOnFound     = fyne.ThemeColorName("onFound")     // text on both
	colorHover       = theme.ColorNameHover
	colorPressed     = theme.ColorNamePressed
	colorFocus       = theme.ColorNameFocus
	colorShadow      = theme.ColorNameShadow
	colorScrim       = fyne.ThemeColorName("scrim") // over the window behind a dialog
	colorStage       = fyne.ThemeColorName("stage") // around a photo that has all of the window
)

// Sizes of our own. Text of a name scales with the text size that a person chose; the other lengths do not.
const (
	sizeCaption = theme.SizeNameCaptionText
	sizeBody    = theme.SizeNameText
	sizeStrong  = theme.SizeNameSubHeadingText
	sizeTitle   = theme.SizeNameHeadingText
	sizeDisplay = fyne.ThemeSizeName("displayText")
)

// Lengths in device-independent pixels. Everything stands on a grid of 8.
const (
	grid        float32 = 8
	gap         float32 = grid / 2 // between what belongs together
	gutter      float32 = grid * 2 // at the edges of a pane
	touch       float32 = 40       // the least side of what can be tapped
	radiusSmall float32 = 8        // chips, badges, bubbles' inner corners are smaller still
	radius      float32 = 12       // fields, buttons, photos
	radiusLarge float32 = 16       // cards, dialogs, bubbles
	railWidth   float32 = 88
	listWidth   float32 = 336 // the list of a wide window
	narrowBelow float32 = 800 // narrower windows show one pane
)

// palette is every colour of one variant.
type palette map[fyne.ThemeColorName]color.NRGBA

func rgb(v uint32) color.NRGBA { return rgba(v, 0xff) }

func rgba(v uint32, alpha uint8) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: alpha}
}

var light = palette{
	colorText: rgb(0x1A1F1D), colorMuted: rgb(0x5D6864), colorPage: rgb(0xF4F4F0), colorSurface: rgb(0xFFFFFF),
	colorRaised: rgb(0xF0F1ED), colorLine: rgb(0xE3E5E0), colorRail: rgb(0xEAEDE8),
	colorAccent: rgb(0x0D7560), colorOnAccent: rgb(0xFFFFFF), colorAccentSoft: rgb(0xD8EFE7), colorOnSoft: rgb(0x0A5A49),
	colorPrice: rgb(0xC03A0B), colorOnline: rgb(0x1FA463),
	colorWarn: rgb(0x9A5B00), colorWarnSoft: rgb(0xFCEBCB), colorOnWarn: rgb(0x754400),
	colorDanger: rgb(0xB3261E), colorDangerSoft: rgb(0xFBE4E1), colorOnDanger: rgb(0x8C1D18),
	colorBubble: rgb(0xFFFFFF), colorBubbleMine: rgb(0x0D7560), colorOnMine: rgb(0xFFFFFF), colorOnMineMuted: rgb(0xD9EFE9),
	colorFound: rgb(0xFFE08A), colorFoundNow: rgb(0xFF9A3D), colorOnFound: rgb(0x231800),
	colorHover: rgba(0x14302A, 0x0E), colorPressed: rgba(0x14302A, 0x1C), colorFocus: rgba(0x0D7560, 0x66),
	colorShadow: rgba(0x1A2B26, 0x22), colorScrim: rgba(0x101614, 0x73), colorStage: rgb(0x101614),

	theme.ColorNameButton: rgb(0xF0F1ED), theme.ColorNameDisabledButton: rgb(0xF0F1ED), theme.ColorNameDisabled: rgb(0x8B9490),
	theme.ColorNameForegroundOnError: rgb(0xFFFFFF), theme.ColorNameForegroundOnSuccess: rgb(0xFFFFFF),
	theme.ColorNameForegroundOnWarning: rgb(0xFFFFFF), theme.ColorNameHeaderBackground: rgb(0xFFFFFF),
	theme.ColorNameHyperlink: rgb(0x0D7560), theme.ColorNameInputBackground: rgb(0xFFFFFF), theme.ColorNameInputBorder: rgb(0xA9B0AC),
	theme.ColorNameMenuBackground: rgb(0xFFFFFF), theme.ColorNameOverlayBackground: rgb(0xFFFFFF),
	theme.ColorNameScrollBar: rgba(0x3A4743, 0x59), theme.ColorNameScrollBarBackground: rgba(0, 0),
	theme.ColorNameSelection: rgba(0x0D7560, 0x3D), theme.ColorNameSuccess: rgb(0x0D7560),
}

var dark = palette{
	colorText: rgb(0xECEFED), colorMuted: rgb(0x9FAAA5), colorPage: rgb(0x121514), colorSurface: rgb(0x1B1F1D),
	colorRaised: rgb(0x272C2A), colorLine: rgb(0x2F3532), colorRail: rgb(0x161A18),
	colorAccent: rgb(0x45C9A6), colorOnAccent: rgb(0x06231B), colorAccentSoft: rgb(0x173A31), colorOnSoft: rgb(0x8FE3CC),
	colorPrice: rgb(0xFF9C70), colorOnline: rgb(0x41D28A),
	colorWarn: rgb(0xF0B45A), colorWarnSoft: rgb(0x3C2E12), colorOnWarn: rgb(0xFFD48A),
	colorDanger: rgb(0xFF8A80), colorDangerSoft: rgb(0x43201D), colorOnDanger: rgb(0xFFB4AC),
	colorBubble: rgb(0x272C2A), colorBubbleMine: rgb(0x115C4B), colorOnMine: rgb(0xF1FAF7), colorOnMineMuted: rgb(0xB5DCD0),
	colorFound: rgb(0xD9B75C), colorFoundNow: rgb(0xFF9A3D), colorOnFound: rgb(0x1C1300),
	colorHover: rgba(0xFFFFFF, 0x10), colorPressed: rgba(0xFFFFFF, 0x20), colorFocus: rgba(0x45C9A6, 0x73),
	colorShadow: rgba(0x000000, 0x66), colorScrim: rgba(0x000000, 0x99), colorStage: rgb(0x0A0C0B),

	theme.ColorNameButton: rgb(0x272C2A), theme.ColorNameDisabledButton: rgb(0x272C2A), theme.ColorNameDisabled: rgb(0x6D7773),
	theme.ColorNameForegroundOnError: rgb(0x2B0603), theme.ColorNameForegroundOnSuccess: rgb(0x06231B),
	theme.ColorNameForegroundOnWarning: rgb(0x2A1B00), theme.ColorNameHeaderBackground: rgb(0x1B1F1D),
	theme.ColorNameHyperlink: rgb(0x45C9A6), theme.ColorNameInputBackground: rgb(0x121514), theme.ColorNameInputBorder: rgb(0x454D49),
	theme.ColorNameMenuBackground: rgb(0x272C2A), theme.ColorNameOverlayBackground: rgb(0x1B1F1D),
	theme.ColorNameScrollBar: rgba(0xD5DDD9, 0x4D), theme.ColorNameScrollBarBackground: rgba(0, 0),
	theme.ColorNameSelection: rgba(0x45C9A6, 0x4D), theme.ColorNameSuccess: rgb(0x45C9A6),
}

// sizes are Fyne's lengths as this program wants them. The inner padding makes fields and lines of menus as high as what can be
// tapped.
var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNamePadding: gap, theme.SizeNameInnerPadding: 10.55, theme.SizeNameLineSpacing: 5,
	theme.SizeNameInlineIcon: 20, theme.SizeNameScrollBar: 10, theme.SizeNameScrollBarSmall: 5, theme.SizeNameScrollBarRadius: 5,
	theme.SizeNameSeparatorThickness: 1, theme.SizeNameInputBorder: 1, theme.SizeNameInputRadius: radius,
	theme.SizeNameSelectionRadius: radiusSmall, theme.SizeNameButtonRadius: radius, theme.SizeNameCardRadius: radiusLarge,
	theme.SizeNameDialogRadius: radiusLarge, theme.SizeNameModalBlurRadius: 0,
}

// texts are the sizes of text at 100 %.
var texts = map[fyne.ThemeSizeName]float32{
	sizeCaption: 12.5, sizeBody: 15, sizeStrong: 17, sizeTitle: 21, sizeDisplay: 28,
}

// lineShare is how high a line of our face is, in sizes of its text.
const lineShare float32 = 1.2605

// leastText is the smallest size that text has anywhere.
const leastText float32 = 12

var (
	fontRegular = fyne.NewStaticResource("haggle-regular.otf", assets.FontRegular)
	fontBold    = fyne.NewStaticResource("haggle-bold.otf", assets.FontBold)
)

// Theme is how Haggle looks: colours, sizes and font, all of them here. The zero value follows the system.
type Theme struct {
	Look     Look    // light, dark or the system's choice
	TextSize float32 // 1 is 100 %; 0 counts as that
	Reach    float32 // the height of a field of one line where fingers tap it; 0 where a mouse does
}

// Color is a colour of the palette; names that are not in it are Fyne's own. What is opaque comes as RGBA, which painters
// need not multiply out for each pixel.
func (t *Theme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	if c, ok := t.palette(variant)[name]; ok {
		if c.A == 0xff {
			return color.RGBA(c)
		}
		return c
	}
	return theme.DefaultTheme().Color(name, variant)
}

func (t *Theme) palette(variant fyne.ThemeVariant) palette {
	if t.Look == LookDark || t.Look == LookSystem && variant == theme.VariantDark {
		return dark
	}
	return light
}

// Font is the built-in face, which has Latin and Chinese; what it lacks Fyne takes from the system.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource {
	switch {
	case style.Monospace || style.Symbol:
		return theme.DefaultTheme().Font(style)
	case style.Bold:
		return fontBold
	default:
		return fontRegular
	}
}

// Icon is Fyne's: they are on its own widgets only.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }

// Size is a length in pixels.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := texts[name]; ok {
		if t.TextSize > 0 {
			return s * t.TextSize
		}
		return s
	}
	if name == theme.SizeNameInnerPadding && t.Reach > 0 {
		return max(sizes[name], (t.Reach-lineShare*t.Size(sizeBody))/2)
	}
	if s, ok := sizes[name]; ok {
		return s
	}
	return theme.DefaultTheme().Size(name)
}

// withAlpha is a colour that lets some of what is behind it through.
func withAlpha(c color.Color, alpha uint8) color.Color {
	r, g, b, _ := c.RGBA()
	return color.NRGBA{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: alpha}
}
