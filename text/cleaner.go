package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// How much one grapheme cluster may hold, counted in canonically decomposed code points so that NFC makes no difference.
const (
	clusterMarks = 4
	clusterRunes = 16
)

// cleaner drops what Clean drops, rune by rune. Each decision depends only on the rune and on what was written before,
// and looks at nothing that NFC changes. So a second pass over the result decides to keep all of it: Clean is idempotent
// without being repeated.
type cleaner struct {
	oneLine bool // write line ends and runs of spaces as one space, none in front
	bare    bool // drop joiners and emoji styles too

	out      []byte
	last     kind // of the rune written last; newline at first
	clusters int  // begun so far

	// The open cluster:
	start       int  // where it begins in out
	size, marks int  // decomposed code points and marks among them; 0 until a second rune comes
	base        rune // its letter or symbol
	emoji       bool // it ends in a pict and what styles it, so ZWJ may join another
	half        bool // it ends in the first half of a flag

	held rune // a ZWJ or U+FE0F that is kept if the next rune gives it a sense, else 0
}

// write adds s. With a limit above 0 it may stop, and says so, once more than that many clusters are begun.
func (c *cleaner) write(s string, limit int) (stopped bool) {
	room := len(s)
	if limit > 0 {
		room = min(room, 4*limit)
	}
	c.out = make([]byte, 0, room+utf8.UTFMax)
	c.last = newline
	bad := false // the bytes before were invalid
	for i := 0; i < len(s); {
		if limit > 0 && c.clusters > limit {
			return true
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == utf8.RuneError && n == 1:
			if !bad {
				c.add(r)
			}
			bad = true
			continue
		case r == '\r' && i < len(s) && s[i] == '\n':
		default:
			c.add(r)
		}
		bad = false
	}
	return false
}

// finish is what was written, in NFC. It is s itself if nothing changed.
func (c *cleaner) finish(s string) string {
	c.out = norm.NFC.Bytes(c.out)
	if string(c.out) == s {
		return s
	}
	return string(c.out)
}

func (c *cleaner) add(r rune) {
	k := kindOf(r)
	if k == hidden {
		return
	}
	if k == joiner || k == emojiStyle {
		if !c.bare {
			c.shape(r, k)
		}
		return
	}
	held := c.held
	c.held = 0
	switch k {
	case newline, space:
		c.blank(r, k)
	case mark:
		c.combine(r, held)
	case extender:
		c.extend(r)
	default:
		c.letter(r, k, held)
	}
}

// shape keeps a U+FE0F at once after a pict; after a digit it waits for the keycap's frame. It keeps a joiner at once
// after a letter of a script that uses it; after an emoji a ZWJ waits for the next.
func (c *cleaner) shape(r rune, k kind) {
	switch {
	case k == emojiStyle && c.last == pict:
		c.attach(r, k, 1, 0)
	case k == emojiStyle && c.last == keycap, r == zwj && c.emoji:
		c.held = r
	case k == joiner && !c.emoji && c.last != joiner && c.last != newline && shapes(c.base):
		c.attach(r, k, 1, 0)
	}
}

// blank adds a space or line end.
func (c *cleaner) blank(r rune, k kind) {
	switch {
	case c.oneLine:
		if c.last == space || len(c.out) == 0 {
			return
		}
		r = ' '
	case k == newline:
		c.out = append(c.out, '\n')
		c.last, c.emoji, c.half = newline, false, false
		c.clusters++
		return
	case r != ideographicSpace:
		r = ' '
	}
	c.letter(r, space, 0)
}

// combine adds a mark to the letter before; without one there is nothing to combine with.
func (c *cleaner) combine(r, held rune) {
	if c.last == newline || c.base == ' ' || c.base == ideographicSpace {
		return
	}
	if held == variation16 && r == enclosingKeycap {
		c.attach(held, emojiStyle, 1, 0)
	}
	size, marks := weigh(r)
	if c.attach(r, mark, size, marks) {
		c.emoji, c.half = false, false
	}
}

func (c *cleaner) extend(r rune) {
	if c.last == newline {
		c.begin(r, extender)
		return
	}
	if c.attach(r, extender, 1, 0) {
		c.emoji, c.half = c.emoji && r >= 0x1f3fb, false
	}
}

// letter adds a rune that begins a cluster, unless what was written before takes it in.
func (c *cleaner) letter(r rune, k kind, held rune) {
	switch {
	case c.last == prepend && k == prepend:
	case c.last == prepend, k == flag && c.half, hangulJoins(c.last, k):
		c.absorb(r, k)
	case k == pict && held == zwj:
		if c.fits(2, 0) {
			c.attach(zwj, joiner, 1, 0)
			c.absorb(r, k)
		}
	default:
		c.begin(r, k)
	}
}

// begin starts a cluster with r.
func (c *cleaner) begin(r rune, k kind) {
	c.start, c.size, c.marks = len(c.out), 0, 0
	c.clusters++
	c.out = utf8.AppendRune(c.out, r)
	c.base, c.last, c.emoji, c.half = r, k, k == pict, k == flag
}

// absorb adds the letter r to the open cluster if it fits.
func (c *cleaner) absorb(r rune, k kind) {
	half := k == flag && !c.half
	size, marks := weigh(r)
	if c.attach(r, k, size, marks) {
		c.base, c.emoji, c.half = r, k == pict, half
	}
}

// attach adds r to the open cluster if it fits.
func (c *cleaner) attach(r rune, k kind, size, marks int) bool {
	if !c.fits(size, marks) {
		return false
	}
	c.out = utf8.AppendRune(c.out, r)
	c.last = k
	c.size += size
	c.marks += marks
	return true
}

// fits reports whether the open cluster has room for that many more code points and marks.
func (c *cleaner) fits(size, marks int) bool {
	if c.size == 0 {
		r, _ := utf8.DecodeRune(c.out[c.start:])
		c.size, c.marks = weigh(r)
	}
	return c.size+size <= clusterRunes && c.marks+marks <= clusterMarks
}

// weigh counts the code points of r's canonical decomposition, and the combining marks among them.
func weigh(r rune) (size, marks int) {
	switch {
	case r < 0xc0:
		return 1, 0
	case r >= 0xac00 && r < 0xd7a4:
		if (r-0xac00)%28 == 0 {
			return 2, 0
		}
		return 3, 0
	}
	var enc [utf8.UTFMax]byte
	rest := norm.NFD.Properties(enc[:utf8.EncodeRune(enc[:], r)]).Decomposition()
	if len(rest) == 0 {
		if unicode.Is(unicode.M, r) {
			return 1, 1
		}
		return 1, 0
	}
	for len(rest) > 0 {
		d, n := utf8.DecodeRune(rest)
		rest = rest[n:]
		size++
		if unicode.Is(unicode.M, d) {
			marks++
		}
	}
	return size, marks
}
