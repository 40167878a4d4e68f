package ui

import "haggle/chat"

// How many rows a thread keeps. What is beyond goes, so that reading through a room of years takes no more memory than
// reading its end; the pages come back when they are read again.
const (
	rowsMost = 1000 // are kept at most,
	rowsKept = 500  // and these around the view when there are more: more than any screen shows, and its margins
)

// trim lets go of pages far from the view. Nothing in view moves.
func (t *thread) trim() {
	if len(t.rows) <= rowsMost {
		return
	}
	middle := t.anchor
	if t.stuck {
		middle = len(t.rows)
	}
	from := max(0, min(middle-rowsKept/2, len(t.rows)-rowsKept))
	to := from + rowsKept
	from = t.firstOf(t.rows[from]) // what stands above a message goes with it
	if to < len(t.rows) {
		to = t.firstOf(t.rows[to])
		t.drop(t.rows[to:])
		t.rows, t.newer = t.rows[:to:to], true
	}
	if from > 0 {
		t.drop(t.rows[:from])
		t.rows, t.older = append([]*threadRow(nil), t.rows[from:]...), true
		t.anchor -= from
	}
}

// drop forgets rows.
func (t *thread) drop(rows []*threadRow) {
	for _, r := range rows {
		t.free(r)
		if r.message() {
			delete(t.byID, r.said.id)
		}
		if t.current == r {
			t.current = nil
		}
		if t.selected.row == r {
			t.selected.drop()
		}
	}
}

// firstID and lastID are the ends of what is loaded, where the next pages begin; zero if nothing is.
func (t *thread) firstID() (id chat.MessageID) {
	if len(t.rows) > 0 {
		id = t.rows[0].said.id
	}
	return id
}

func (t *thread) lastID() (id chat.MessageID) {
	if s := t.lastSaid(); s != nil {
		id = s.id
	}
	return id
}

// within takes those out of sorted messages that belong before what is loaded while more is to come there: they come with
// their page, and without it there would be a hole behind them.
func (t *thread) within(list []*said) []*said {
	for t.older && len(t.rows) > 0 && len(list) > 0 && list[0].at.Compare(t.rows[0].said.at) < 0 {
		list = list[1:]
	}
	return list
}
