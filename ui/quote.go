package ui

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"github.com/rivo/uniseg"

	"haggle/text"
)

const (
	quoteLines  = 2
	quoteWhole  = 24  // characters before the first match up to which a quote begins as its text does;
	quoteBefore = 14  // those it begins with otherwise: so the match is on the first line
	quoteAfter  = 160 // from the match on: more than the lines hold
)

// quoteOf cuts what surrounds the first match out of a text, as one paragraph, and finds the matches in it. For off the
// UI's goroutine: texts may be long.
func quoteOf(words string, needle text.Needle) (quote string, hits []text.Span) {
	quote = strings.ReplaceAll(text.Clean(words), "\n", " ")
	if hits = needle.Spans(quote); len(hits) == 0 {
		return quote[:leading(quote, quoteAfter)], nil
	}
	first := hits[0].From
	start := 0
	if n := uniseg.GraphemeClusterCount(quote[:first]); n > quoteWhole {
		start = leading(quote[:first], n-quoteBefore)
		start += wordIn(quote[start:first])
	}
	end := first + leading(quote[first:], quoteAfter)
	dots := ""
	if start > 0 {
		dots = ellipsis
	}
	shift := len(dots) - start
	quote = dots + quote[start:end]
	for i := range hits {
		hits[i].From, hits[i].To = hits[i].From+shift, min(hits[i].To+shift, len(quote))
	}
	return quote, upTo(hits, len(quote))
}

// wordIn is where a whole word begins in a text that was cut out of a longer one: Chinese may begin anywhere.
func wordIn(s string) int {
	space := strings.IndexByte(s, ' ')
	if first, _ := utf8.DecodeRuneInString(s); ideographic(first) {
		return 0
	}
	return space + 1
}

// leading is how many bytes the first n grapheme clusters of s take.
func leading(s string, n int) int {
	state, at := -1, 0
	var cluster string
	for rest := s; rest != "" && n > 0; n-- {
		cluster, rest, _, state = uniseg.StepString(rest, state)
		at += len(cluster)
	}
	return at
}

// upTo are the matches that begin before an end.
func upTo(hits []text.Span, end int) []text.Span {
	n, _ := slices.BinarySearchFunc(hits, end, func(h text.Span, end int) int { return cmp.Compare(h.From, end) })
	return hits[:n]
}

// quote shows a few lines of clean text in which matches are marked.
type quote struct {
	widget.BaseWidget
	words string
	hits  []text.Span
}

func newQuote() *quote {
	q := &quote{}
	q.ExtendBaseWidget(q)
	return q
}

// set shows other words.
func (q *quote) set(words string, hits []text.Span) {
	q.words, q.hits = words, hits
	q.Refresh()
}

// CreateRenderer is for Fyne.
func (q *quote) CreateRenderer() fyne.WidgetRenderer {
	r := &quoteRenderer{of: q}
	r.Refresh()
	return r
}

type quoteRenderer struct {
	of      *quote
	face    *measure
	objects []fyne.CanvasObject
	texts   []*canvas.Text
	marks   []*canvas.Rectangle
}

// Layout is for Fyne.
func (r *quoteRenderer) Layout(size fyne.Size) {
	r.objects = r.objects[:0]
	if size.Width <= 0 {
		return
	}
	q, texts, marks := r.of, 0, 0
	flow := newTextFlow(q.words, size.Width, r.face)
	hits := q.hits
	if kept := flow.shorten(quoteLines, size.Width); kept < len(q.words) {
		hits = upTo(hits, kept)
	}
	step := r.face.height()
	ink, on, ground := theme.ColorForWidget(colorMuted, q), theme.ColorForWidget(colorOnFound, q), theme.ColorForWidget(colorFound, q)
	for i := range flow.lines {
		at := fyne.NewPos(0, float32(i)*step)
		for _, part := range flow.runs(i, hits) {
			words, c := flow.text[part.From:part.To], ink
			wide := r.face.whole(words)
			if part.hit {
				c = on
				if marks == len(r.marks) {
					r.marks = append(r.marks, canvas.NewRectangle(ground))
				}
				m := r.marks[marks]
				marks++
				m.FillColor, m.CornerRadius = ground, 3
				r.put(m, at.AddXY(-1, 1), fyne.NewSize(wide+2, step-2))
			}
			if texts == len(r.texts) {
				r.texts = append(r.texts, canvas.NewText("", c))
			}
			t := r.texts[texts]
			texts++
			if t.Text != words || t.Color != c || t.TextSize != r.face.size {
				t.Text, t.Color, t.TextSize = words, c, r.face.size
				t.Refresh()
			}
			r.put(t, at, fyne.NewSize(wide, step))
			at.X += wide
		}
	}
}

func (r *quoteRenderer) put(o fyne.CanvasObject, at fyne.Position, size fyne.Size) {
	o.Move(at)
	o.Resize(size)
	r.objects = append(r.objects, o)
}

// MinSize is for Fyne.
func (r *quoteRenderer) MinSize() fyne.Size { return fyne.NewSize(0, quoteLines*r.face.height()) }

// Refresh is for Fyne.
func (r *quoteRenderer) Refresh() {
	if size := theme.SizeForWidget(sizeBody, r.of); r.face == nil || r.face.size != size {
		r.face = newMeasure(size, fyne.TextStyle{})
	}
	r.Layout(r.of.Size())
	canvas.Refresh(r.of)
}

// Objects is for Fyne.
func (r *quoteRenderer) Objects() []fyne.CanvasObject { return r.objects }

// Destroy is for Fyne.
func (r *quoteRenderer) Destroy() {}
