package text_test

import (
	"strings"
	"testing"

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
	for _, s := range regressions {
		add(s)
	}
}

// regressions are what fuzzing found.
var regressions = []string{}

func FuzzClean(f *testing.F) {
	seed(func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, s string) {
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
	})
}

func FuzzLine(f *testing.F) {
	seed(func(s string) { f.Add(s, 5); f.Add(s, 80) })
	f.Fuzz(func(t *testing.T, s string, limit int) {
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
		// The whole line is the clean text with its spaces in order, up to what spaces hold apart in a cluster.
		whole := text.Line(s, len(s)+1)
		if strings.ReplaceAll(whole, " ", "") != strings.ReplaceAll(text.Line(text.Clean(s), len(s)+1), " ", "") {
			t.Fatalf("Line(%+q) = %+q, unlike Line(Clean)", s, whole)
		}
		if !strings.HasPrefix(whole, line) {
			t.Fatalf("Line(%+q, %d) = %+q is not where %+q begins", s, limit, line, whole)
		}
	})
}

func FuzzFold(f *testing.F) {
	seed(func(s string) { f.Add(s, "自行车 bike"); f.Add(s, s) })
	f.Fuzz(func(t *testing.T, s, query string) {
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
	})
}

func FuzzSkeleton(f *testing.F) {
	seed(func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, s string) {
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
	})
}

func FuzzFileName(f *testing.F) {
	seed(func(s string) { f.Add(s); f.Add(s + ".jpg") })
	for _, s := range []string{"CON", "nul.txt", `..\..\evil.lnk`, "x.png\u202egnp.exe", "file.txt:evil", strings.Repeat("x", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkFileName(t, text.FileName(s)) })
}
