package ui

import (
	"haggle/chat"
	"haggle/text"
)

// sought is what a thread marks.
type sought struct {
	needle text.Needle
	round  int            // counts needles: rows know by it whether their marks hold
	at     chat.MessageID // the match one is at, marked more strongly
	aim    chat.MessageID // to be brought into view
}

// mostHits bounds what is marked of one message: each mark is an object on the screen.
const mostHits = 100

// seek marks words wherever they are seen; those of the zero needle nowhere.
func (t *thread) seek(n text.Needle) {
	t.sought.needle = n
	t.sought.round++
	if n.Empty() {
		t.sought.at = chat.MessageID{}
	}
	t.remark()
}

// remark draws what is in view anew.
func (t *thread) remark() {
	for _, p := range t.visible {
		p.row.look++
	}
	t.arrange()
}

// hits are the parts of a row's text to mark.
func (t *thread) hits(r *threadRow) []text.Span {
	if t.sought.needle.Empty() || r.shape.flow == nil || r.kind != rowSpeech && r.kind != rowPicture {
		return nil
	}
	if r.sought != t.sought.round {
		r.hits, r.sought = nil, t.sought.round
		if t.sought.needle.Match(r.said.text + r.said.rest) { // all words
			r.hits = t.sought.needle.Spans(r.shape.flow.text)
			r.hits = r.hits[:min(len(r.hits), mostHits)]
		}
	}
	return r.hits
}

// jump goes to a match, and reports whether its message is loaded. If it is not, the next show goes there.
func (t *thread) jump(id chat.MessageID) bool {
	t.sought.at, t.sought.aim = id, id
	t.remark()
	return t.byID[id] != nil
}

// aim puts the line with the first match of a message that is to be seen into the upper half of the view, unless it is
// in view already. Where the match is in the folded part of a long text, that unfolds.
func (t *thread) aim(height float32) {
	r := t.byID[t.sought.aim]
	if r == nil {
		return
	}
	t.sought.aim = chat.MessageID{}
	t.unfoldTo(r)
	i := t.indexOf(r)
	t.heightOf(i)
	top, bottom := float32(0), r.shape.height
	if hits := t.hits(r); len(hits) > 0 {
		step := r.shape.flow.m.height()
		top = r.shape.text.Y + float32(r.shape.flow.lineOf(hits[0].From))*step
		bottom = top + step
	}
	for _, p := range t.visible {
		if p.row == r && p.y+top >= threadPad && p.y+min(bottom, top+height/2) <= height-threadPad {
			return
		}
	}
	t.stuck = false
	t.anchor, t.offset = i, height/3-top
}

// unfoldTo shows as much of a long text as it takes to see the first match.
func (t *thread) unfoldTo(r *threadRow) {
	if r.said.rest == "" || t.sought.needle.Empty() {
		return
	}
	s := *r.said
	spans := t.sought.needle.Spans(s.text + s.rest)
	if len(spans) == 0 || spans[0].To <= len(s.text) {
		return
	}
	for s.rest != "" && len(s.text) < spans[0].To {
		more, rest := folded(s.rest)
		s.text, s.rest = s.text+more, rest
	}
	t.replace(r, &s)
}
