package ui

import (
	"path/filepath"
	"strings"

	"haggle/text"
)

// refusals are the files that a person chose or dropped together and that are not taken, by the reason.
type refusals struct {
	kit   *kit
	whys  []string
	names map[string][]string
}

// namesMost is how many files are called by their names for one reason.
const namesMost = 3

// add takes one that is refused; path may be "" for what has no name.
func (r *refusals) add(path, why string) {
	if r.names == nil {
		r.names = map[string][]string{}
	}
	if _, known := r.names[why]; !known {
		r.whys = append(r.whys, why)
		r.names[why] = nil
	}
	if path != "" {
		r.names[why] = append(r.names[why], text.Line(filepath.Base(path), 40))
	}
}

// clear forgets all of them.
func (r *refusals) clear() { r.whys, r.names = nil, nil }

// words says which files are refused and why, "" if none is.
func (r *refusals) words() string {
	var lines []string
	for _, why := range r.whys {
		names := r.names[why]
		called := strings.Join(names[:min(len(names), namesMost)], r.kit.say("picture.comma"))
		if more := len(names) - namesMost; more > 0 {
			called = r.kit.say("picture.more", called, more)
		}
		if called != "" {
			why = r.kit.say("picture.refused", called, why)
		}
		lines = append(lines, why)
	}
	return strings.Join(lines, "\n")
}
