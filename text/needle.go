package text

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// onStack is how many bytes of folded text Match keeps without an allocation.
const onStack = 1024

// Needle is a search query made ready for many texts. It may be used by several goroutines at once. The zero Needle is
// the query without a word, which every text matches.
type Needle struct {
	words []string // folded, without doubles; the longest first, since it is the least likely to occur
}

// NewNeedle makes a query of words separated by spaces ready. A text matches if each word occurs somewhere in it, also
// inside a longer word, compared as Fold compares.
func NewNeedle(query string) Needle {
	words := strings.Fields(Fold(query))
	slices.SortFunc(words, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return Needle{words: slices.Compact(words)}
}

// Empty reports whether the query has no word.
func (n Needle) Empty() bool {
	return len(n.words) == 0
}

// Match reports whether a text as its author wrote it matches.
func (n Needle) Match(haystack string) bool {
	if n.Empty() {
		return true
	}
	prefix := foldedPrefix(haystack)
	if prefix == len(haystack) {
		return n.MatchFolded(haystack)
	}
	var buf [onStack]byte
	folded, ok := appendFold(buf[:0], haystack, prefix)
	if !ok {
		return n.MatchFolded(foldFully(haystack))
	}
	return n.MatchFolded(view(folded))
}

// MatchBytes is Match for bytes. It neither copies nor keeps them.
func (n Needle) MatchBytes(haystack []byte) bool {
	return n.Match(view(haystack))
}

// MatchFolded is Match for a text that came from Fold.
func (n Needle) MatchFolded(folded string) bool {
	for _, word := range n.words {
		if !strings.Contains(folded, word) {
			return false
		}
	}
	return true
}

// Span is the part s[From:To] of a text.
type Span struct{ From, To int }

// Spans finds where the words occur in a text from Clean or Folded, to highlight them: in order, apart from each other,
// and in whole grapheme clusters. It tells nothing about whether all words occur.
func (n Needle) Spans(clean string) []Span {
	if n.Empty() {
		return nil
	}
	var (
		folded  strings.Builder
		cluster []Span // of each folded byte
	)
	for i := 0; i < len(clean); {
		size := cut(clean[i:], 1)
		f := Fold(clean[i : i+size])
		folded.WriteString(f)
		for range len(f) {
			cluster = append(cluster, Span{i, i + size})
		}
		i += size
	}
	var spans []Span
	for _, word := range n.words {
		for i := 0; ; {
			at := strings.Index(folded.String()[i:], word)
			if at < 0 {
				break
			}
			i += at
			spans = append(spans, Span{cluster[i].From, cluster[i+len(word)-1].To})
			_, first := utf8.DecodeRuneInString(word)
			i += first // occurrences may overlap
		}
	}
	return merged(spans)
}

// merged sorts spans and joins those that overlap or touch.
func merged(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	var out []Span
	for _, s := range spans {
		if last := len(out) - 1; last >= 0 && s.From <= out[last].To {
			out[last].To = max(out[last].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}

// view is b as a string without a copy, for readers that keep nothing.
func view(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b)) //nolint:gosec // only searched, and b outlives the search
}
