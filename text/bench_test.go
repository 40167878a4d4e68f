package text_test

import (
	"fmt"
	"strings"
	"testing"

	"haggle/text"
)

func BenchmarkClean(b *testing.B) {
	for _, h := range hostile {
		b.Run(h.name, func(b *testing.B) {
			s := generate(h.unit, 64<<10)
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				text.Clean(s)
			}
		})
	}
}

func BenchmarkCleanHonest(b *testing.B) {
	for _, c := range []struct{ name, s string }{
		{"ascii", "Is the bicycle still available? I'd pay 50 for it."},
		{"chinese", "这件商品还在吗？九成新，原价￥3,999，可以便宜一点吗"},
		{"emoji", "这件商品还在吗？❤️ 👨\u200d👩\u200d👧 thanks"},
		{"hindi", "क्या साइकिल अभी भी उपलब्ध है?"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.s)))
			b.ReportAllocs()
			for b.Loop() {
				text.Clean(c.s)
			}
		})
	}
}

// BenchmarkLine and BenchmarkFolded read what a room list and a room show of a body as large as may be stored.
func BenchmarkLine(b *testing.B) {
	for _, h := range hostile {
		b.Run(h.name, func(b *testing.B) {
			s := generate(h.unit, 64<<10)
			b.ReportAllocs()
			for b.Loop() {
				text.Line(s, 80)
			}
		})
	}
}

func BenchmarkFolded(b *testing.B) {
	for _, h := range hostile {
		b.Run(h.name, func(b *testing.B) {
			s := generate(h.unit, 64<<10)
			b.ReportAllocs()
			for b.Loop() {
				text.Folded(s)
			}
		})
	}
}

func BenchmarkFold(b *testing.B) {
	for _, h := range hostile {
		b.Run(h.name, func(b *testing.B) {
			s := generate(h.unit, 64<<10)
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				text.Fold(s)
			}
		})
	}
}

// BenchmarkMatch searches one message of about 100 bytes, in which the needle does not occur.
func BenchmarkMatch(b *testing.B) {
	for _, c := range []struct{ name, query, haystack string }{
		{"chinese", "电动车", "这件商品还在吗？九成新，原价￥3,999，可以便宜一点吗，明天下午来拿"},
		{"chineseFolded", "电动车", "这件商品还在吗九成新原价3999可以便宜一点吗明天下午来拿"},
		{"ascii", "scooter", "Is the bicycle still available? I'd pay 50 for it, and come on Monday to pick it up at your place."},
		{"asciiFolded", "scooter", "is the bicycle still available? i'd pay 50 for it, and come on monday to pick it up at your place."},
		{"twoWords", "自行车 iPhone", "iPhone 15 Pro 九成新，原价￥3,999，可以便宜一点吗，明天下午来拿，谢谢"},
		{"russian", "самокат", "Велосипед ещё продаётся? Могу заплатить 50"},
		{"emojiStyle", "电动车", "这件商品还在吗？❤️ 九成新，原价￥3,999，可以便宜一点吗"},
		{"persian", "电动车", "می\u200cخواهم این دوچرخه را بخرم، خانه\u200cها"},
	} {
		b.Run(c.name, func(b *testing.B) {
			n, haystack := text.NewNeedle(c.query), []byte(c.haystack)
			b.SetBytes(int64(len(haystack)))
			b.ReportAllocs()
			for b.Loop() {
				if n.MatchBytes(haystack) {
					b.Fatal("found")
				}
			}
		})
	}
}

// BenchmarkMatchMillion is the search through 1,000,000 messages, mixed as in a market of ours, that has a second.
func BenchmarkMatchMillion(b *testing.B) {
	var messages [][]byte
	for i := range 1_000_000 {
		m := fmt.Sprintf("第%d条：这件商品还在吗？九成新，原价￥3,999，可以便宜一点吗", i)
		switch i % 10 {
		case 0, 1, 2:
			m = fmt.Sprintf("No. %d: Is the bicycle still available? I'd pay 50 for it and come on Monday.", i)
		case 3:
			m += "❤️"
		}
		messages = append(messages, []byte(m))
	}
	for b.Loop() {
		n, found := text.NewNeedle("99999条"), 0
		for _, m := range messages {
			if n.MatchBytes(m) {
				found++
			}
		}
		if found == 0 {
			b.Fatal("nothing found")
		}
	}
}

func BenchmarkSkeleton(b *testing.B) {
	for _, name := range []string{"Anna's shop", "安娜的小店", strings.Repeat("Ａnnа\u0301", 8)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				text.Skeleton(name)
			}
		})
	}
}

func BenchmarkSpans(b *testing.B) {
	n, s := text.NewNeedle("自行车"), strings.Repeat("这辆自行车还在吗？", 220)
	for b.Loop() {
		n.Spans(s)
	}
}
