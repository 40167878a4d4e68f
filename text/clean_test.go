package text_test

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"haggle/text"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"line ends", "a\r\nb\rc\vd\fe\u0085f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"},
		{"spaces", "a\tb\u00a0c\u2003d\u3000e", "a b c d\u3000e"},
		{"controls", "a\x00b\x1b[31mc\x7fd\u009be", "ab[31mcde"},
		{"invalid UTF-8", "a\xff\xfeb\xc0\x80\xed\xa0\x80c\xe4\xb8", "a\ufffdb\ufffdc\ufffd"},
		{"replacement characters", "\ufffd\ufffd", "\ufffd\ufffd"},
		{"bidi", "\u202egpj.exe\u202c \u2066x\u2069\u200e\u200f\u061c", "gpj.exe x"},
		{"zero width", "i\u200bP\u2060h\ufeffo\u00adn\u180ee", "iPhone"},
		{"blank letters", "\u3164\u115f\u1160\u2800\uffa0\u17b4\u034f\ufffc", ""},
		{"tags", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴"},
		{"private use", "\ue000\U000f0000x\U0010ffff\ufdd0\ufffe", "x"},
		{"variation selectors", "葛\U000e0100 \u2603\ufe0e a\ufe00", "葛 ☃ a"},
		{"NFC", "cafe\u0301 \u1112\u1161\u11ab \u212b", "café 한 Å"},
		{"NFC across what is dropped", "e\u200b\u0301", "é"},
		{"marks without a base", "\u0301a\n\u0301b \u0301c\u3000\u0301d", "a\nb c\u3000d"},
		{"five marks", "x\u0321\u0322\u0323\u0324\u0325", "x\u0321\u0322\u0323\u0324"},
		{"marks that count twice", "x\u0344\u0344\u0344", "x\u0308\u0301\u0308\u0301"},
		{"marks on a composed letter", "ệ\u0330\u0331\u0334", "ẹ\u0330\u0331\u0302"},
		{"jamo without end", strings.Repeat("\u1100", 40), strings.Repeat("\u1100", 16)},
		{"people without end", "👩" + strings.Repeat("\u200d👩", 20), "👩" + strings.Repeat("\u200d👩", 7)},
		{"joiners of nothing", "\u200da\u200db\u200c \u200d😀\u200d", "ab 😀"},
		{"joiners in a row", "👩\u200d\u200d\u200b\u200d👩", "👩\u200d👩"},
		{"joiner before a letter", "👩\u200dx", "👩x"},
		{"joiner after what styles no emoji", "👩\uff9e\u200d👩 👩\u0301\u200d👩", "👩\uff9e👩 👩\u0301👩"},
		{"emoji style of letters", "a\ufe0f 1\ufe0f #\ufe0fx ❤\ufe0f\ufe0f", "a 1 #x ❤\ufe0f"},
		{"prepended letters", "\u0d4e\u0d4e\u0d4ea", "\u0d4ea"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := text.Clean(c.in); got != norm.NFC.String(c.want) {
				t.Errorf("Clean(%+q)\n got %+q\nwant %+q", c.in, got, c.want)
			}
			if got := referenceClean(c.in); got != norm.NFC.String(c.want) {
				t.Errorf("the reference says %+q, want %+q", got, c.want)
			}
		})
	}
}

// honest are texts as people write them. Clean must leave them as they are, in NFC.
var honest = []string{
	"Is the bicycle still available? I'd pay 50 € (or 400 ￥).\n\nThanks — Zoë",
	"这件商品还在吗？“九成新”，原价￥3,999……\n　　可以便宜一点吗～😀",
	"這臺腳踏車還在嗎？𠮷野家",
	"この自転車はまだありますか？ガギグ ﾊﾞﾝﾊﾟ",
	"이 자전거 아직 있나요? ㅋㅋ",
	"Велосипед ещё продаётся? Й, й, Ґ",
	"Τὸ ποδήλατον ᾧ ἐστίν; ᾴ",
	"xe đạp này còn không ạ? Nghiễm nhiên, ướt",
	"האופניים עדיין זמינים? שָׁלוֹם",
	"هل الدراجة لا تزال متاحة؟ مُحَمَّد",
	"می\u200cخواهم این دوچرخه را بخرم، خانه\u200cها، ه\u200d",
	"क्या साइकिल अभी भी उपलब्ध है? क्\u200dष क्\u200cष र्त्स्न्य क़",
	"সাইকেলটি এখনও আছে? র\u200d্যাব ৎ",
	"സൈക്കിൾ ഉണ്ടോ? അവന്\u200d ഞാന്\u200d",
	"ශ්\u200dරී ලංකා",
	"மிதிவண்டி கிடைக்குமா? க்ஷ",
	"จักรยานยังอยู่ไหม น้ำ ที่ กี้",
	"ລົດຖີບຍັງຢູ່ບໍ່ ນ້ຳ",
	"စက်ဘီး ရှိသေးလား လျှော့ ကြွေး",
	"ស្រុកខ្មែរ កង់នៅទេ",
	"བོད་སྐད་ བསྒྲུབས་",
	"👍🏽 ❤️ 👨\u200d👩\u200d👧\u200d👦 👩🏻\u200d❤️\u200d💋\u200d👨🏿 🏳️\u200d🌈 🏴\u200d☠️ 👁️\u200d🗨️ 🇨🇳🇩🇪 1️⃣ #️⃣ ©️ ™️ ⚠️",
	"½ ² ㎡ ℃ ① ﬁ № ™ … → ✓ ★ ░▒▓ ╔═╗",
	"https://example.org/a?b=c#d <script>alert('x')</script> $(rm -rf /) ${x} `x` %s",
}

func TestCleanKeepsHonestText(t *testing.T) {
	for _, s := range honest {
		s = norm.NFC.String(s)
		if got := text.Clean(s); got != s {
			t.Errorf("Clean(%q)\n got %+q\nwant %+q", s, got, s)
		}
		if got := text.Clean(norm.NFD.String(s)); got != s {
			t.Errorf("Clean(NFD of %q)\n got %+q\nwant %+q", s, got, s)
		}
		if got := referenceClean(s); got != s {
			t.Errorf("the reference makes %+q of %q", got, s)
		}
	}
}

func TestLine(t *testing.T) {
	for _, c := range []struct {
		name, in string
		limit    int
		want     string
	}{
		{"empty", "", 32, ""},
		{"as it is", "Anna's shop", 32, "Anna's shop"},
		{"Chinese", "安娜的小店", 32, "安娜的小店"},
		{"no room", "Anna", 0, ""},
		{"negative", "Anna", -1, ""},
		{"spaces", " \t\u3000 Anna  \u00a0 \r\n\n shop\u2003\n", 32, "Anna shop"},
		{"only spaces", " \n\t\u3000\u00a0", 32, ""},
		{"invisible between spaces", "a \u200b \u200e b", 32, "a b"},
		{"mark after a line end", "a\n\u0301b", 32, "a b"},
		{"exactly full", "abcd", 4, "abcd"},
		{"too long", "abcdef", 4, "abcd"},
		{"cut at a space", "abc def", 4, "abc"},
		{"cut clusters, not code points", "ééé👩\u200d👩\u200d👧👩\u200d👩\u200d👧x", 4, "ééé👩\u200d👩\u200d👧"},
		{"flags", "🇨🇳🇩🇪🇫🇷", 2, "🇨🇳🇩🇪"},
		{"name of 10 kB", strings.Repeat("名", 3500), 32, strings.Repeat("名", 32)},
		{"name of 10 kB of nothing", strings.Repeat("\u200b", 3500) + "x", 32, "x"},
		{"override", "Anna\u202e\u2066", 32, "Anna"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := text.Line(c.in, c.limit); got != norm.NFC.String(c.want) {
				t.Errorf("Line(%+.100q, %d) = %+q, want %+q", c.in, c.limit, got, c.want)
			}
		})
	}
}

func TestFolded(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		more           bool
	}{
		{"short", "你好\nhello", "你好\nhello", false},
		{"full", strings.Repeat("好", 2000), strings.Repeat("好", 2000), false},
		{"one too many", strings.Repeat("好", 2001), strings.Repeat("好", 2000), true},
		{"one too many of emoji", strings.Repeat("❤️", 2001), strings.Repeat("❤️", 2000), true},
		{"full of emoji", strings.Repeat("❤️", 2000), strings.Repeat("❤️", 2000), false},
		{"200 lines", strings.Repeat("x\n", 199) + "x", strings.Repeat("x\n", 199) + "x", false},
		{"201 lines", strings.Repeat("x\n", 200) + "x", strings.Repeat("x\n", 199) + "x", true},
		{"201 lines of CRLF", strings.Repeat("x\r\n", 200) + "x", strings.Repeat("x\n", 199) + "x", true},
		{"nothing more to see", strings.Repeat("é\u200b", 2000) + strings.Repeat("\u200b", 100), strings.Repeat("é", 2000), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			shown, more := text.Folded(c.in)
			if shown != c.want || more != c.more {
				t.Errorf("Folded = %d bytes, %t; want %d, %t", len(shown), more, len(c.want), c.more)
			}
		})
	}
}

// TestFoldedPages shows a long message page by page, as a window would: nothing is lost between pages.
func TestFoldedPages(t *testing.T) {
	whole := text.Clean(strings.Repeat(strings.Join(honest, "\n")+"\n", 40))
	rest, pages := whole, 0
	for more := true; more; pages++ {
		var shown string
		shown, more = text.Folded(rest)
		if !strings.HasPrefix(rest, shown) || shown == "" {
			t.Fatalf("page %d is not what comes next", pages)
		}
		rest = strings.TrimPrefix(rest[len(shown):], "\n")
	}
	if rest != "" || pages < 10 {
		t.Errorf("%d pages, %d bytes left", pages, len(rest))
	}
}

func TestBlank(t *testing.T) {
	for _, s := range []string{
		"", " ", "\n\t\r\n", "\u3000\u00a0\u2003", "\u200b\u200d\ufeff", "\u3164\u115f\u2800\uffa0", "\u0301\u0302", "\ufe0f",
		"\x00\x1b", "\u202e \u202c", "\U000e0041", "\ue000",
	} {
		if !text.Blank(s) || text.Line(s, 10) != "" {
			t.Errorf("Blank(%+q) = false", s)
		}
	}
	for _, s := range []string{".", "好", "\u200b.", "😀", "\xff", "\n\nx", "🏻", "1\ufe0f", "ا"} {
		if text.Blank(s) || text.Line(s, 10) == "" {
			t.Errorf("Blank(%+q) = true", s)
		}
	}
}

func TestCharacters(t *testing.T) {
	for s, want := range map[string]int{"": 0, "hello": 5, "你好": 2, "e\u0301": 2, "\xff\xff": 2} {
		if got := text.Characters(s); got != want {
			t.Errorf("Characters(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestPlainTextIsNotCopied(t *testing.T) {
	for _, s := range []string{"Is the bicycle still available?\nThanks", "这件商品还在吗？“九成新”😀", "Велосипед ещё продаётся?"} {
		if n := testing.AllocsPerRun(10, func() { text.Clean(s); text.Line(s[:0], 32); text.Folded(s); text.Blank(s) }); n != 0 {
			t.Errorf("%q: %v allocations", s, n)
		}
	}
}
