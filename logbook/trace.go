package logbook

import (
	"regexp"
	"strings"
)

// ours are the lines of a crash that hold nothing but the program's own: where each goroutine was, by functions, files without
// their folders and numbers, and the kinds of errors that the language itself has.
var ours = []*regexp.Regexp{
	regexp.MustCompile(`^goroutine \d+ (gp=\S+ m=\S+ (mp=\S+ )?)?\[[a-zA-Z0-9 ,().-]+\]:$`),
	regexp.MustCompile(`^(created by )?[\w./*()·\-\[\]{}%$~,]+(\((0x[0-9a-f]+|[{}, ?_]|\.\.\.)*\))?( in goroutine \d+)?$`),
	regexp.MustCompile(`^panic: runtime error: (index out of range \[-?\d+\]( with length \d+)?|slice bounds out of range \[[\d:-]*\]( with (length|capacity) \d+)?|` +
		`integer divide by zero|invalid memory address or nil pointer dereference)( \[recovered(, repanicked)?\])?$`),
	regexp.MustCompile(`^\[signal \w+: [\w ]+ code=\w+ addr=\w+ pc=\w+\]$`),
	regexp.MustCompile(`^SIG[A-Z]+: [a-z ]+$`),
	regexp.MustCompile(`^PC=0x[0-9a-f]+ m=\d+ sigcode=-?\d+( addr=0x[0-9a-f]+)?$`),
	regexp.MustCompile(`^fatal error: [a-z :]+$`),
	regexp.MustCompile(`^\.\.\.(additional|\d+) frames elided\.\.\.$`),
	regexp.MustCompile(`^(rip|rax|r\d+|[a-z]{2,6}) +0x[0-9a-f]+$`),
	regexp.MustCompile(`^$`),
}

// source is the line of a trace that says where in the source it was: its folder may be somebody's.
var source = regexp.MustCompile(`^\t(?:.*/)?([\w.-]+/[\w.-]+|_testmain)\.(go|s|c):(\d+)( \+0x[0-9a-f]+)?(?: fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+)?$`)

// trace cleans what a crash said: a panic's own words may be anybody's.
func trace(raw string) string {
	var b strings.Builder
	left := false
	for line := range strings.Lines(raw) {
		line = strings.TrimRight(line, "\r\n")
		clean, ok := traceLine(line)
		switch {
		case ok:
			b.WriteString(clean + "\n")
		case strings.HasPrefix(line, "panic: "):
			b.WriteString("panic: <left out>\n")
		case !left:
			b.WriteString("<left out>\n")
		}
		left = !ok
	}
	return b.String()
}

func traceLine(line string) (string, bool) {
	if m := source.FindStringSubmatch(line); m != nil {
		return "\t" + m[1] + "." + m[2] + ":" + m[3] + m[4], true
	}
	for _, form := range ours {
		if form.MatchString(line) {
			return line, true
		}
	}
	return "", false
}
