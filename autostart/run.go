package autostart

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// maxRun is how many characters Windows reads of a value under the Run key.
const maxRun = 260

// runValue is an item as a value under the Run key: a command line.
func runValue(i Item) (string, error) {
	words := []string{`"` + i.Program + `"`} // no path of Windows has a quotation mark
	for _, word := range i.Args {
		words = append(words, runWord(word))
	}
	line := strings.Join(words, " ")
	if n := len(utf16.Encode([]rune(line))); n > maxRun || strings.Contains(i.Program, `"`) {
		return "", fmt.Errorf("%w: a command line of %d characters", ErrImpossible, n)
	}
	return line, nil
}

// runWord quotes a word as programs on Windows read it: backslashes count only before a quotation mark.
func runWord(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\"") {
		return word
	}
	var b strings.Builder
	b.WriteByte('"')
	slashes := 0
	for _, c := range []byte(word) {
		switch c {
		case '\\':
			slashes++
		case '"':
			b.WriteString(strings.Repeat(`\`, slashes+1))
			slashes = 0
		default:
			slashes = 0
		}
		b.WriteByte(c)
	}
	b.WriteString(strings.Repeat(`\`, slashes) + `"`)
	return b.String()
}
