package logbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// mask puts marks in place of whatever could tell of people: the same mark for the same thing, so that a report can still be
// followed.
type mask struct {
	marks   map[string]string
	private []string // the longest first
}

// leastPrivate is how long a private word must be: a shorter one stands in too many others.
const leastPrivate = 3

func newMask(private []string) *mask {
	m := &mask{marks: map[string]string{}}
	for _, p := range private {
		if len(p) >= leastPrivate {
			m.private = append(m.private, p)
		}
	}
	slices.SortFunc(m.private, func(a, b string) int { return len(b) - len(a) })
	return m
}

// of is the mark of a thing.
func (m *mask) of(kind, what string) string {
	mark, ok := m.marks[kind+what]
	if !ok {
		mark = fmt.Sprintf("<%s %d>", kind, len(m.marks)+1)
		m.marks[kind+what] = mark
	}
	return mark
}

var (
	// field is a key and its value in a line that slog's text handler wrote.
	field = regexp.MustCompile(`^([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^ ]*) ?`)
	// plain is a value of ours: a number, a duration, a word of a list, a time.
	plain = regexp.MustCompile(`^[A-Za-z0-9+.:_-]{1,40}$`)
	// sentence is what a line says: fixed words of ours, which is how the linter wants them.
	sentence = regexp.MustCompile(`^[A-Za-z0-9 ,.;:'()-]{1,120}$`)

	peerID  = regexp.MustCompile(`[A-Z2-7]{7}(-[A-Z2-7]{7}){0,7}`)
	hexID   = regexp.MustCompile(`\b[0-9a-f]{12,}\b`)
	address = regexp.MustCompile(`\[[0-9A-Fa-f:.%\w]+\](:\d+)?|\b\d{1,3}(\.\d{1,3}){3}(/\d+)?(:\d+)?\b|\b[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,7}(%\w+)?(/\d+)?`)
	quoted  = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"?|`[^`]*`?|“[^”]*”?|‘[^’]*’?")
	path    = regexp.MustCompile(`(?:[A-Za-z]:)?[\\/][^:;,"]*`)
	foreign = regexp.MustCompile(`[^\x20-\x7e\n“”‘’]+`)
	host    = regexp.MustCompile(`\b[\w-]+(\.[\w-]+)+(:\d+)?\b`)
)

// known are the keys of our log lines whose values are of ours, if they are plain.
var known = map[string]bool{
	"time": true, "level": true, "attempt": true, "bytes": true, "device": true, "dialled": true, "family": true, "found": true, "hidden": true,
	"holes": true, "index": true, "method": true, "mode": true, "reason": true, "rooms": true, "unreadable": true, "version": true, "why": true,
}

// log cleans the lines of a log. What is not a line of ours is left out of it.
func (m *mask) log(raw string) string {
	var b strings.Builder
	for line := range strings.Lines(raw) {
		b.WriteString(m.line(strings.TrimSpace(line)) + "\n")
	}
	return b.String()
}

func (m *mask) line(line string) string {
	var b strings.Builder
	for rest := line; rest != ""; {
		f := field.FindStringSubmatch(rest)
		if f == nil {
			b.WriteString("<left out>")
			break
		}
		rest = rest[len(f[0]):]
		if value := m.value(f[1], f[2]); value != "" {
			b.WriteString(f[1] + "=" + value + " ")
		} else {
			b.WriteString("<left out> ")
		}
	}
	return strings.TrimSpace(b.String())
}

// value cleans a value; "" for one that is not ours.
func (m *mask) value(key, value string) string {
	bare := strings.Trim(value, `"`)
	switch {
	case strings.HasPrefix(value, `"`) != (len(value) > 1 && strings.HasSuffix(value, `"`)):
		return ""
	case key == "msg" && sentence.MatchString(bare):
		return value
	case key == "peer":
		return m.of("peer", bare)
	case key == "device":
		return m.of("device", bare)
	case key == "name": // of an interface
		return m.of("interface", bare)
	case known[key] && plain.MatchString(bare):
		return value
	case key == "err" || key == "error":
		return `"` + m.prose(unquoted(value)) + `"`
	default:
		return ""
	}
}

// unquoted undoes what slog's text handler does to a value with spaces, as far as it matters here.
func unquoted(value string) string {
	if len(value) > 1 && value[0] == '"' {
		return strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\n`, " ").Replace(value[1 : len(value)-1])
	}
	return value
}

// prose cleans a sentence, such as an error's: quotations, keys, addresses, hosts and paths become marks; what is not ASCII, as
// no sentence of ours is here, goes.
func (m *mask) prose(s string) string {
	for _, p := range m.private {
		s = strings.ReplaceAll(s, p, m.of("private", p))
	}
	s = foreign.ReplaceAllString(s, "<left out>")
	s = quoted.ReplaceAllStringFunc(s, func(q string) string { return m.of("quotation", q) })
	s = peerID.ReplaceAllStringFunc(s, func(id string) string { return m.of("peer", id) })
	s = address.ReplaceAllStringFunc(s, func(a string) string { return m.of("address", a) })
	s = path.ReplaceAllStringFunc(s, func(p string) string { return m.of("path", p) })
	s = hexID.ReplaceAllStringFunc(s, func(id string) string { return m.of("key", id) })
	return host.ReplaceAllStringFunc(s, func(h string) string { return m.of("host", h) })
}
