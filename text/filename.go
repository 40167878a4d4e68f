package text

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	nameBytes  = 140   // what an encrypted home folder (eCryptfs) takes; all other systems take more
	nameRead   = 1_000 // clusters of the text that are looked at
	nameEmpty  = "unnamed"
	nameFiller = "_"
)

// FileName makes a name for a file from any text. It is never empty, has at most 140 bytes, is local to the folder it
// is used in, allowed on Linux, Windows and macOS, and has no character that means something to a shell. Its only dot
// is the one before the extension, which stays only if no system runs files of its kind.
func FileName(s string) string {
	s = Line(s, nameRead)
	base, ext := s, ""
	if dot := strings.LastIndexByte(s, '.'); dot >= 0 {
		if e := strings.ToLower(s[dot:]); slices.Contains(harmlessExtensions, e) {
			base, ext = s[:dot], e
		}
	}
	base = harmless(base, nameBytes-len(ext)-len(nameFiller))
	switch {
	case base == "":
		base = nameEmpty
	case slices.Contains(devices, strings.ToUpper(norm.NFKC.String(base))):
		base += nameFiller
	}
	return base + ext
}

// harmless is s, which is clean, with each run of clusters that a file name must not have as one filler, without spaces
// and dashes at its ends, cut to limit bytes.
func harmless(s string, limit int) string {
	var b strings.Builder
	filled := true // at the front no filler is needed
	for len(s) > 0 {
		cluster := s[:cut(s, 1)]
		s = s[len(cluster):]
		fill := strings.ContainsFunc(cluster, unfit)
		if fill && filled || b.Len() == 0 && strings.ContainsAny(cluster[:1], " -") {
			continue
		}
		if fill {
			cluster = nameFiller
		}
		if b.Len()+len(cluster) > limit {
			break
		}
		b.WriteString(cluster)
		filled = fill
	}
	return strings.TrimRight(b.String(), " -"+nameFiller)
}

// unfit reports whether r has no place in a file name: it separates paths, streams or words of a shell, looks as if it
// did, or is nothing to read.
func unfit(r rune) bool {
	if r < 0x80 {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -+,=@()", r)
	}
	return r == unicode.ReplacementChar || strings.ContainsRune("⁄∕∖⧵⧸／＼﹨：∶‘’‚‛“”„‟", r) ||
		!unicode.IsPrint(r) && kindOf(r) != joiner
}

// harmlessExtensions belong to pictures, text, pages and archives.
var harmlessExtensions = []string{".jpg", ".jpeg", ".png", ".gif", ".webp", ".txt", ".csv", ".json", ".html", ".zip"}

// devices are names that Windows never gives to a file, whatever the extension.
var devices = []string{
	"CON", "PRN", "AUX", "NUL", "CONIN", "CONOUT", "CLOCK",
	"COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
	"LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
}
