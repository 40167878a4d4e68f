package text_test

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"github.com/rivo/uniseg"

	"haggle/text"
)

// seed gives a fuzz target what people write and what they attack with.
func seed(add func(s string)) {
	for _, s := range honest {
		add(s)
	}
	for _, h := range hostile {
		add(generate(h.unit, 40))
	}
}

func FuzzClean(f *testing.F) {
	seed(func(s string) { f.Add(s) })
	f.Fuzz(holdClean)
}

func holdClean(t *testing.T, s string) {
	t.Helper()
	clean := text.Clean(s)
	checkClean(t, clean)
	if again := text.Clean(clean); again != clean {
		t.Fatalf("Clean(%+q) = %+q, twice %+q", s, clean, again)
	}
	if len(s) < 4096 {
		if want := referenceClean(s); clean != want {
			t.Fatalf("Clean(%+q)\n got %+q\nwant %+q", s, clean, want)
		}
	}
	if blank := strings.Trim(clean, " \n\u3000") == ""; text.Blank(s) != blank {
		t.Fatalf("Blank(%+q) = %t", s, !blank)
	}
	shown, more := text.Folded(s)
	if more != (len(shown) < len(clean)) || !strings.HasPrefix(clean, shown) {
		t.Fatalf("Folded(%+q) = %+q, %t", s, shown, more)
	}
	if strings.Count(shown, "\n") >= 200 || len(shown) > 2000 && uniseg.GraphemeClusterCount(shown) > 2000 {
		t.Fatalf("Folded(%+q) shows too much", s)
	}
}

func FuzzLine(f *testing.F) {
	seed(func(s string) { f.Add(s, 5); f.Add(s, 80) })
	f.Fuzz(holdLine)
}

func holdLine(t *testing.T, s string, limit int) {
	t.Helper()
	line := text.Line(s, limit)
	checkClean(t, line)
	if again := text.Line(line, limit); again != line {
		t.Fatalf("Line(%+q, %d) = %+q, twice %+q", s, limit, line, again)
	}
	if n := uniseg.GraphemeClusterCount(line); n > max(limit, 0) {
		t.Fatalf("Line(%+q, %d) has %d clusters", s, limit, n)
	}
	if strings.ContainsAny(line, "\n\u3000") || strings.Contains(line, "  ") || strings.Trim(line, " ") != line {
		t.Fatalf("Line(%+q, %d) = %+q", s, limit, line)
	}
	whole := text.Line(s, len(s)+1)
	if !strings.HasPrefix(whole, line) {
		t.Fatalf("Line(%+q, %d) = %+q is not where %+q begins", s, limit, line, whole)
	}
}

func FuzzFold(f *testing.F) {
	seed(func(s string) { f.Add(s, "自行车 bike"); f.Add(s, s) })
	f.Fuzz(holdFold)
}

func holdFold(t *testing.T, s, query string) {
	t.Helper()
	folded := text.Fold(s)
	checkClean(t, folded)
	if again := text.Fold(folded); again != folded {
		t.Fatalf("Fold(%+q) = %+q, twice %+q", s, folded, again)
	}
	n := text.NewNeedle(query)
	want := true
	for _, word := range strings.Fields(text.Fold(query)) {
		want = want && strings.Contains(folded, word)
	}
	if n.Match(s) != want || n.MatchBytes([]byte(s)) != want || n.MatchFolded(folded) != want {
		t.Fatalf("%+q in %+q: Match %t, MatchBytes %t, MatchFolded %t, want %t", query, s, n.Match(s), n.MatchBytes([]byte(s)),
			n.MatchFolded(folded), want)
	}
	if !text.NewNeedle(s).Match(s) {
		t.Fatalf("%+q does not match itself", s)
	}
	clean, end := text.Clean(s), 0
	for _, span := range n.Spans(clean) {
		if span.From < end || span.To <= span.From || span.To > len(clean) {
			t.Fatalf("spans of %+q in %+q: %v", query, clean, n.Spans(clean))
		}
		end = span.To
	}
}

func FuzzSkeleton(f *testing.F) {
	seed(func(s string) { f.Add(s) })
	f.Fuzz(holdSkeleton)
}

func holdSkeleton(t *testing.T, s string) {
	t.Helper()
	key := text.Skeleton(s)
	checkClean(t, key)
	if again := text.Skeleton(key); again != key {
		t.Fatalf("Skeleton(%+q) = %+q, twice %+q", s, key, again)
	}
	line := text.Line(s, 256)
	if (key == "") != text.Blank(s) {
		t.Fatalf("Skeleton(%+q) = %+q", s, key)
	}
	for _, like := range []string{line, "\u200b" + s, s + "\u202e", "  " + s} {
		if got := text.Skeleton(like); got != key && len(s) < 256 {
			t.Fatalf("Skeleton(%+q) = %+q, of %+q it is %+q", like, got, s, key)
		}
	}
}

func FuzzFileName(f *testing.F) {
	seed(func(s string) { f.Add(s); f.Add(s + ".jpg") })
	for _, s := range []string{"CON", "nul.txt", `..\..\evil.lnk`, "x.png\u202egnp.exe", "file.txt:evil", strings.Repeat("x", 300)} {
		f.Add(s)
	}
	f.Fuzz(holdFileName)
}

func holdFileName(t *testing.T, s string) {
	t.Helper()
	checkFileName(t, text.FileName(s))
}

// difficult are runes that act on their neighbours, drawn often so that they meet.
var difficult = []rune("ab1# \n\t\r.é中ガか가각한🏴👩💻❤©↔🏽🇨🇳ﾊﾞرمकরළமกဗKÅ" +
	"\u200b\u200c\u200d\ufe0f\ufe0e\u20e3\u00ad\u202e\u3000\u00a0\u2028\u3164\u2800" +
	"\u0300\u0301\u0308\u0315\u0316\u0323\u0327\u0334\u0338\u0344\u0345\u034f\u05ae\u05b0\u0653\u3099\u20d0" +
	"\u093c\u094d\u0958\u09c7\u09be\u09d7\u0d4e\u0e33\u0e48\u0eb3\u0f71\u0f72\u0f73\u102b\u102c\u1038\u1039\u0dca" +
	"\u1100\u1161\u11a8\u115f\ua960\ud7b0\ud7cb\u2126\ufb2c\ufdfa\u00a8\u1e9b\u0130\u00df\u03c2\u1fb7\u2adc\uff9e\uff0f" +
	"\U000111c2\U00011127\U00011131\U0001d15e\U0001d165\U0001d16e\U000e0067\U000e0100\ue000\uffff\ufffd")

// TestRandom holds every function to its promises on texts of difficult runes, which mutated bytes seldom make.
func TestRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range *rounds {
		var b strings.Builder
		for range 1 + random.IntN(40) {
			switch random.IntN(20) {
			case 0:
				b.WriteRune(rune(random.IntN(unicode.MaxRune)))
			case 1:
				b.WriteByte(byte(random.IntN(256)))
			default:
				b.WriteRune(difficult[random.IntN(len(difficult))])
			}
		}
		s := b.String()
		holdClean(t, s)
		holdLine(t, s, random.IntN(20))
		holdFold(t, s, string(difficult[:1+random.IntN(3)]))
		holdSkeleton(t, s)
		holdFileName(t, s)
	}
}

var rounds = flag.Int("rounds", 3_000, "texts that TestRandom tries")
