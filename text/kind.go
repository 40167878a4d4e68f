package text

import "unicode"

// kind is what the cleaner has to know of a rune.
type kind uint8

const (
	other      kind = iota // begins a cluster; nothing special
	hidden                 // dropped
	newline                // becomes \n
	space                  // becomes a space, except that U+3000 stays where lines may break
	joiner                 // ZWJ or ZWNJ
	emojiStyle             // U+FE0F, which asks for the colourful form of a pict
	mark                   // combining; belongs to the cluster before
	extender               // no mark, yet belongs to the cluster before
	keycap                 // 0-9 # *, which U+FE0F and U+20E3 turn into an emoji
	pict                   // a pictograph that ZWJ may join to another
	flag                   // a regional indicator; two make a flag
	prepend                // takes the next rune into its cluster
	hangulL                // Korean: a leading consonant,
	hangulV                // a vowel,
	hangulT                // a trailing consonant,
	hangulLV               // a syllable that may still get a trailing consonant,
	hangulLVT              // one that has it
)

const (
	zwnj             = 0x200c
	zwj              = 0x200d
	ideographicSpace = 0x3000
	enclosingKeycap  = 0x20e3
	variation16      = 0xfe0f
)

// kindOf classifies r. The frequent scripts are decided before any table is searched.
func kindOf(r rune) kind {
	switch {
	case r < 0x80:
		return asciiKind(r)
	case r < 0x300:
		return latinKind(r)
	case r >= 0x3400 && r < 0xa000:
		return other
	case r >= 0x1100 && r < 0x1200, r >= 0xa960 && r < 0xa980, r >= 0xac00 && r < 0xd800:
		return hangulKind(r)
	case r >= 0xe000 && r < 0xf900, r >= 0xe0000: // private use, tags, variation selectors
		return hidden
	case r >= 0x1f000 && r < 0x20000:
		return emojiKind(r)
	}
	switch r {
	case zwnj, zwj:
		return joiner
	case variation16:
		return emojiStyle
	case 0x2028, 0x2029:
		return newline
	case 0x0e33, 0x0eb3, 0xff9e, 0xff9f: // Thai and Lao AM, half-width voicing marks
		return extender
	}
	switch {
	case unicode.Is(unseen, r), unicode.Is(unicode.Cf, r), r&0xfffe == 0xfffe:
		return hidden
	case unicode.Is(unicode.M, r):
		if unicode.Is(detached, r) {
			return other
		}
		return mark
	case unicode.Is(unicode.Zs, r):
		return space
	case unicode.Is(pictographs, r):
		return pict
	case unicode.Is(prepended, r):
		return prepend
	}
	return other
}

func asciiKind(r rune) kind {
	switch {
	case r >= '0' && r <= '9', r == '#', r == '*':
		return keycap
	case r == ' ', r == '\t':
		return space
	case r >= '\n' && r <= '\r':
		return newline
	case r < ' ', r == 0x7f:
		return hidden
	}
	return other
}

func latinKind(r rune) kind {
	switch {
	case r == 0x85:
		return newline
	case r == 0xa0:
		return space
	case r < 0xa0, r == 0xad:
		return hidden
	case r == 0xa9, r == 0xae:
		return pict
	}
	return other
}

func hangulKind(r rune) kind {
	switch {
	case r == 0x115f, r == 0x1160: // fillers
		return hidden
	case r >= 0xac00 && r < 0xd7a4:
		if (r-0xac00)%28 == 0 {
			return hangulLV
		}
		return hangulLVT
	case r < 0x1160, r >= 0xa960 && r < 0xa97d:
		return hangulL
	case r < 0x11a8, r >= 0xd7b0 && r < 0xd7c7:
		return hangulV
	case r < 0x1200, r >= 0xd7cb && r < 0xd7fc:
		return hangulT
	}
	return other
}

func emojiKind(r rune) kind {
	switch {
	case r >= 0x1f3fb && r <= 0x1f3ff: // skin tones
		return extender
	case r >= 0x1f1e6 && r <= 0x1f1ff:
		return flag
	case r >= 0x1fffe:
		return hidden
	case unicode.Is(pictographs, r):
		return pict
	}
	return other
}

// hangulJoins reports whether b continues the Korean syllable that a is part of.
func hangulJoins(a, b kind) bool {
	switch a {
	case hangulL:
		return b == hangulL || b == hangulV || b == hangulLV || b == hangulLVT
	case hangulV, hangulLV:
		return b == hangulV || b == hangulT
	case hangulT, hangulLVT:
		return b == hangulT
	default:
		return false
	}
}

// shapes reports whether r is of a script in which ZWJ and ZWNJ choose between forms of letters.
func shapes(r rune) bool {
	return r >= 0x600 && unicode.In(r, unicode.Arabic, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi,
		unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam,
		unicode.Sinhala, unicode.Myanmar, unicode.Khmer, unicode.Syriac, unicode.Mongolian, unicode.Nko)
}

// unseen holds what is blank, ignorable or no character, beyond the categories that kindOf hides as a whole.
var unseen = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x034f, 0x034f, 1}, // combining grapheme joiner
		{0x17b4, 0x17b5, 1}, // Khmer inherent vowels
		{0x180b, 0x180f, 1}, // Mongolian variation selectors
		{0x2065, 0x2065, 1},
		{0x2800, 0x2800, 1}, // blank Braille pattern
		{0x3164, 0x3164, 1}, // Hangul filler
		{0xfdd0, 0xfdef, 1}, // noncharacters
		{0xfe00, 0xfe0f, 1}, // variation selectors
		{0xffa0, 0xffa0, 1}, // half-width Hangul filler
		{0xfff0, 0xfff8, 1},
		{0xfffc, 0xfffc, 1}, // object replacement
	},
	R32: []unicode.Range32{
		{0x13441, 0x13442, 1}, // blank hieroglyphs
		{0x16fe4, 0x16fe4, 1}, // Khitan filler
		{0x1d159, 0x1d159, 1}, // null notehead
	},
}

// detached holds the marks that are clusters of their own.
var detached = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x102b, 0x102c, 1},
		{0x1038, 0x1038, 1},
		{0x1062, 0x1064, 1},
		{0x1067, 0x106d, 1},
		{0x1083, 0x1083, 1},
		{0x1087, 0x108c, 1},
		{0x108f, 0x108f, 1},
		{0x109a, 0x109c, 1},
		{0x1a61, 0x1a61, 1},
		{0x1a63, 0x1a64, 1},
		{0xaa7b, 0xaa7d, 2},
	},
	R32: []unicode.Range32{{0x11720, 0x11721, 1}},
}

// prepended holds the letters that take the next rune into their cluster.
var prepended = &unicode.RangeTable{
	R16: []unicode.Range16{{0x0d4e, 0x0d4e, 1}},
	R32: []unicode.Range32{
		{0x111c2, 0x111c3, 1},
		{0x1193f, 0x11941, 2},
		{0x11a3a, 0x11a3a, 1},
		{0x11a84, 0x11a89, 1},
		{0x11d46, 0x11d46, 1},
		{0x11f02, 0x11f02, 1},
	},
}

// pictographs holds Unicode's Extended_Pictographic, except the arrow U+2194, which a mark can turn into another
// character.
var pictographs = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x00a9, 0x00ae, 5},
		{0x203c, 0x203c, 1},
		{0x2049, 0x2049, 1},
		{0x2122, 0x2122, 1},
		{0x2139, 0x2139, 1},
		{0x2195, 0x2199, 1},
		{0x21a9, 0x21aa, 1},
		{0x231a, 0x231b, 1},
		{0x2328, 0x2328, 1},
		{0x2388, 0x2388, 1},
		{0x23cf, 0x23cf, 1},
		{0x23e9, 0x23f3, 1},
		{0x23f8, 0x23fa, 1},
		{0x24c2, 0x24c2, 1},
		{0x25aa, 0x25ab, 1},
		{0x25b6, 0x25c0, 10},
		{0x25fb, 0x25fe, 1},
		{0x2600, 0x2605, 1},
		{0x2607, 0x2612, 1},
		{0x2614, 0x2685, 1},
		{0x2690, 0x2705, 1},
		{0x2708, 0x2712, 1},
		{0x2714, 0x2716, 2},
		{0x271d, 0x271d, 1},
		{0x2721, 0x2721, 1},
		{0x2728, 0x2728, 1},
		{0x2733, 0x2734, 1},
		{0x2744, 0x2747, 3},
		{0x274c, 0x274e, 2},
		{0x2753, 0x2755, 1},
		{0x2757, 0x2757, 1},
		{0x2763, 0x2767, 1},
		{0x2795, 0x2797, 1},
		{0x27a1, 0x27a1, 1},
		{0x27b0, 0x27bf, 15},
		{0x2934, 0x2935, 1},
		{0x2b05, 0x2b07, 1},
		{0x2b1b, 0x2b1c, 1},
		{0x2b50, 0x2b55, 5},
		{0x3030, 0x303d, 13},
		{0x3297, 0x3299, 2},
	},
	R32: []unicode.Range32{
		{0x1f000, 0x1f0ff, 1},
		{0x1f10d, 0x1f10f, 1},
		{0x1f12f, 0x1f12f, 1},
		{0x1f16c, 0x1f171, 1},
		{0x1f17e, 0x1f17f, 1},
		{0x1f18e, 0x1f18e, 1},
		{0x1f191, 0x1f19a, 1},
		{0x1f1ad, 0x1f1e5, 1},
		{0x1f201, 0x1f20f, 1},
		{0x1f21a, 0x1f21a, 1},
		{0x1f22f, 0x1f22f, 1},
		{0x1f232, 0x1f23a, 1},
		{0x1f23c, 0x1f23f, 1},
		{0x1f249, 0x1f3fa, 1},
		{0x1f400, 0x1f53d, 1},
		{0x1f546, 0x1f64f, 1},
		{0x1f680, 0x1f6ff, 1},
		{0x1f774, 0x1f77f, 1},
		{0x1f7d5, 0x1f7ff, 1},
		{0x1f80c, 0x1f80f, 1},
		{0x1f848, 0x1f84f, 1},
		{0x1f85a, 0x1f85f, 1},
		{0x1f888, 0x1f88f, 1},
		{0x1f8ae, 0x1f8ff, 1},
		{0x1f90c, 0x1f93a, 1},
		{0x1f93c, 0x1f945, 1},
		{0x1f947, 0x1faff, 1},
		{0x1fc00, 0x1fffd, 1},
	},
	LatinOffset: 1,
}
