package text_test

import (
	"slices"
	"strings"
	"testing"

	"haggle/text"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"iPhone 15 PRO":              "iphone 15 pro",
		"ｉＰｈｏｎｅ　１５！":                 "iphone 15!",
		"这件商品还在吗？":                   "这件商品还在吗?",
		"這臺":                         "這臺",
		"ﾊﾞﾝﾊﾟｰ ｶﾞ":                  "バンパー ガ",
		"Café CAFE\u0301":            "café café",
		"Straße STRASSE":             "strasse strasse",
		"ΣΊΣΥΦΟΣ σίσυφος":            "σίσυφοσ σίσυφοσ",
		"ЁЛКА":                       "ёлка",
		"İstanbul ISTANBUL ıstanbul": "istanbul istanbul istanbul",
		"ﬁne ℃ ㎡ ① ½ Ⅳ …":            "fine °c m2 1 1⁄2 iv ...",
		"i\u200bPh\u00adone":         "iphone",
		"❤\ufe0f 👩\u200d💻":           "❤ 👩💻",
		"می\u200cخواهم":              "میخواهم",
		"a\tb\nc\r\nd":               "a b\nc\nd",
		"\u1112\u1161\u11ab":         "한",
		"\xff":                       "\ufffd",
		"\u212a\u2126\u00a8":         "kω ",
		"\u00a0\u2028x":              " \nx",
		"ĲSSEL ŉ Ŀ":                  "ijssel ʼn l·",
		"\u0345":                     "",
		"x\u0345":                    "xι",
		"𝔘𝔫𝔦𝔠𝔬𝔡𝔢":                    "unicode",
	} {
		if got := text.Fold(in); got != want {
			t.Errorf("Fold(%+q) = %+q, want %+q", in, got, want)
		}
		if got := text.Fold(want); got != want {
			t.Errorf("Fold(%+q) = %+q: not idempotent", want, got)
		}
	}
}

func TestNeedle(t *testing.T) {
	const bike = "Ｒed BICYCLE, 九成新山地自行车，￥300　Straße Café"
	for query, want := range map[string]bool{
		"":              true,
		"  \u3000":      true,
		"\u200b":        true,
		"bicycle":       true,
		"BiCyClE":       true,
		"icycl":         true,
		"red bicycle":   true,
		"bicycle red":   true,
		"red car":       false,
		"山地自行车":         true,
		"自行":            true,
		"自行车 bicycle":   true,
		"自车":            false,
		"山地　九成":         true,
		"車":             false,
		"¥300":          true,
		"￥300":          true,
		"３００":           true,
		"strasse":       true,
		"STRASSE":       true,
		"café":          true,
		"cafe\u0301":    true,
		"cafe":          false,
		"新山":            true,
		",九":            false,
		"车，":            true,
		"车,":            true,
		"bicycle\u200b": true,
	} {
		n := text.NewNeedle(query)
		if got := n.Match(bike); got != want {
			t.Errorf("%+q matches: %t, want %t", query, got, want)
		}
		if got := n.MatchBytes([]byte(bike)); got != want {
			t.Errorf("%+q matches bytes: %t, want %t", query, got, want)
		}
		if got := n.MatchFolded(text.Fold(bike)); got != want {
			t.Errorf("%+q matches folded: %t, want %t", query, got, want)
		}
	}
	if !text.NewNeedle(" \n").Empty() || text.NewNeedle("x").Empty() || !(text.Needle{}).Match("") {
		t.Error("Empty is wrong")
	}
	if text.NewNeedle("x").MatchBytes(nil) {
		t.Error("a word occurs in nothing")
	}
}

func TestNeedleLongHaystack(t *testing.T) {
	for _, h := range []string{strings.Repeat("Filler，", 20_000) + "Needle", strings.Repeat("é\u0301", 20_000) + "NEEDLE"} {
		if !text.NewNeedle("needle").Match(h) || text.NewNeedle("needles").Match(h) {
			t.Errorf("%.20q... is searched wrongly", h)
		}
	}
}

func TestSpans(t *testing.T) {
	for _, c := range []struct {
		query, in string
		want      []string
	}{
		{"", "anything", nil},
		{"x", "", nil},
		{"bike", "A red BIKE and a bike.", []string{"BIKE", "bike"}},
		{"自行车", "山地自行车，自行车", []string{"自行车", "自行车"}},
		{"ike bik", "bike", []string{"bike"}},
		{"aa", "aaa b aa", []string{"aaa", "aa"}},
		{"300", "￥３００。", []string{"３００"}},
		{"fine", "so ﬁne", []string{"ﬁne"}},
		{"i", "ﬁ", []string{"ﬁ"}},
		{"❤", "I ❤️ it", []string{"❤️"}},
		{"میخواهم", "می\u200cخواهم", []string{"می\u200cخواهم"}},
		{"strasse", "Die Straße", []string{"Straße"}},
		{"自行 车", "自行车", []string{"自行车"}},
	} {
		var got []string
		end := -1
		for _, s := range text.NewNeedle(c.query).Spans(c.in) {
			if s.From <= end {
				t.Errorf("spans of %q overlap or touch", c.query)
			}
			got, end = append(got, c.in[s.From:s.To]), s.To
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("spans of %q in %q: %q, want %q", c.query, c.in, got, c.want)
		}
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	n := text.NewNeedle("自行车 bike")
	for _, s := range []string{
		"Is the BIKE still available? 50 €", "这件商品还在吗？“九成新”……￥300😀", "велосипед ещё ПРОДАЁТСЯ?", "plain lower case", "自行车",
	} {
		b := []byte(s)
		if allocs := testing.AllocsPerRun(10, func() { n.Match(s); n.MatchBytes(b) }); allocs != 0 {
			t.Errorf("%q: %v allocations", s, allocs)
		}
	}
	if allocs := testing.AllocsPerRun(10, func() { text.Fold("plain lower 这件商品还在吗") }); allocs != 0 {
		t.Errorf("Fold of folded text: %v allocations", allocs)
	}
}
