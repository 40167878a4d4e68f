package text_test

import (
	"testing"

	"haggle/text"
)

func TestSkeletonAlike(t *testing.T) {
	for _, pair := range [][2]string{
		{"Anna", "anna"},
		{"Anna", "Ａｎｎａ"},
		{"Anna", "An\u200bna"},
		{"Anna", "\u202eAnna\u2066"},
		{"Anna", "Αnnа"}, // Greek, Cyrillic
		{"Anna", "Anna\u3164"},
		{"Anna's shop", "Annas  shop"},
		{"PayPal", "РауРаӏ"}, // all Cyrillic
		{"paypal", "PAYPA1"},
		{"Google", "G00gle"},
		{"Bill", "BiIl"},
		{"Bill", "B1||"},
		{"Modern", "Modem"},
		{"Wally", "VVally"},
		{"NIKE", "ΝΙΚΕ"}, // Greek
		{"HOME", "НОМЕ"}, // Cyrillic
		{"HYMN", "ΗΥΜΝ"}, // Greek
		{"Müller", "Muller"},
		{"Muller", "Mu\u0308ller"},
		{"scope", "ѕсоре"}, // Cyrillic
		{"COVE", "ᏟOᏙᎬ"},   // Cherokee
		{"bold", "𝐛𝐨𝐥𝐝"},
		{"circle", "ⓒⓘⓡⓒⓛⓔ"},
		{"Øre", "ore"},
		{"安娜的小店", "安娜 的小店"},
		{"安娜的小店", "安娜的小店。"},
		{"日月堂", "曰月堂"},
		{"人口", "人ロ"}, // katakana
		{"工人", "エ人"}, // katakana
		{"未来", "末来"},
		{"⼀口", "一口"}, // Kangxi radical
		{"2〇店", "20店"},
		{"한국", "\u1112\u1161\u11ab국"},
		{"Ёлка", "елка"},
	} {
		if a, b := text.Skeleton(pair[0]), text.Skeleton(pair[1]); a != b || a == "" {
			t.Errorf("%q and %q look alike, but have skeletons %q and %q", pair[0], pair[1], a, b)
		}
	}
}

func TestSkeletonDistinct(t *testing.T) {
	for _, pair := range [][2]string{
		{"Anna", "Hanna"},
		{"Anna", "Ana"},
		{"van", "nan"},
		{"安娜", "安那"},
		{"安娜的小店", "安娜的大店"},
		{"かき", "がき"},
		{"हिन्दी", "हन्द"},
		{"가나", "기니"},
		{"🍎", "🍌"},
		{"...", "!!!"},
		{"Anna", ""},
		{"محمد", "أحمد"},
		{"Shop 5", "Shop 6"},
	} {
		if a, b := text.Skeleton(pair[0]), text.Skeleton(pair[1]); a == b {
			t.Errorf("%q and %q both have skeleton %q", pair[0], pair[1], a)
		}
	}
	for _, blank := range []string{"", " ", "\u200b\u3164"} {
		if got := text.Skeleton(blank); got != "" {
			t.Errorf("Skeleton(%q) = %q", blank, got)
		}
	}
}
