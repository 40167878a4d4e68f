package text

import (
	"cmp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// skeletonClusters is how much of a name its skeleton covers, far more than a name may have.
const skeletonClusters = 256

// Skeleton is equal for names that look alike: they differ only in case, width, spaces, punctuation, diacritics and
// what cannot be seen, or by letters of other scripts and digits that look the same. It is a key to compare by, not to
// show, and is empty only for a name that is Blank.
func Skeleton(name string) string {
	line := Line(name, skeletonClusters)
	s := strings.Map(plainCapital, norm.NFKC.String(line))
	s = norm.NFD.String(Fold(s))
	s = norm.NFC.String(strings.Map(stroke, s))
	s = twoForOne.Replace(s)
	return cmp.Or(Line(s, skeletonClusters), line) // a name of punctuation only stays
}

// plainCapital drops separators, and replaces the Greek capitals that look like another Latin letter than their small
// forms do.
func plainCapital(r rune) rune {
	switch {
	case unicode.IsPunct(r), unicode.IsSpace(r):
		return -1
	case r == 'Η':
		return 'h'
	case r == 'Μ':
		return 'm'
	case r == 'Ν':
		return 'n'
	case r == 'Υ':
		return 'y'
	}
	return r
}

// stroke drops diacritics, and replaces a folded letter by the first of those that look like it.
func stroke(r rune) rune {
	if unicode.Is(unicode.M, r) && unicode.Is(unicode.Inherited, r) && r != 0x3099 && r != 0x309a {
		return -1
	}
	if like, ok := lookalikes[r]; ok {
		return like
	}
	return r
}

// twoForOne replaces pairs of letters that look like one.
var twoForOne = strings.NewReplacer("rn", "m", "vv", "w")

// lookalikes maps folded letters to the one that stands for all that look like it.
var lookalikes = alike(
	// Latin, then Greek, Cyrillic, Armenian, Cherokee, Lisu and small capitals.
	"aɑαаᎪꓮᴀ",
	"bƅβвьᏴꓐʙ",
	"cϲсᏟꓚᴄ",
	"dđԁɗᎠꓓᴅ",
	"eɛεеєҽᎬꓰᴇ",
	"fƒϝꓝ",
	"gɡɢցԍᏀꓖ",
	"hħηһнհᎻꓧʜ",
	"jȷϳјյᎫꓙᴊ",
	"kĸκкқᏦꓗᴋ",
	"l1i|ıɩłǀιіӏᎥꓲʟ",
	"mмᎷꓟᴍ",
	"nпոռꓠɴ",
	"o0øοσоөѳօ〇ꓳᴏ",
	"pþρрᏢꓑᴘ",
	"qԛզ",
	"rгᎡꓣʀ",
	"sѕꓢꜱᏚ",
	"tŧτтᎢꓔᴛ",
	"uμυцսʋꓴᴜ",
	"vνѵᏙꓦᴠ",
	"wɯωшԝᎳꓪᴡ",
	"x×χхꓫ",
	"yγүуʏꓬ",
	"zζᏃꓜᴢ",
	"3зӡʒ",
	"6б",
	// Han, then kana.
	"一ー",
	"二ニ",
	"八ハ",
	"力カ",
	"卜ト",
	"口囗ロ",
	"土士",
	"夕タ",
	"工エ",
	"已己巳",
	"戊戌戍",
	"日曰",
	"未末",
	"へヘ",
	"りリ",
)

func alike(groups ...string) map[rune]rune {
	table := make(map[rune]rune)
	for _, group := range groups {
		first := rune(-1)
		for _, r := range group {
			if first < 0 {
				first = r
				continue
			}
			for _, folded := range Fold(string(r)) {
				table[folded] = first
			}
		}
	}
	return table
}
