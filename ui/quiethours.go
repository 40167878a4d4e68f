package ui

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// QuietHours are when the desktop shows no notifications, each day. They may go past midnight.
type QuietHours struct {
	On   bool  `json:"on,omitempty"`
	From uint8 `json:"from,omitempty"` // hour of the day
	To   uint8 `json:"to,omitempty"`   // the same as From for all day
}

// usualQuiet are those that somebody gets who turns them on first.
var usualQuiet = QuietHours{From: 22, To: 8}

// at reports whether a time is in them.
func (q QuietHours) at(t time.Time) bool {
	hour := uint8(t.Hour())
	switch {
	case !q.On:
		return false
	case q.From < q.To:
		return q.From <= hour && hour < q.To
	default:
		return hour >= q.From || hour < q.To
	}
}

// clock is an hour as people write it here.
func clock(hour uint8) string { return fmt.Sprintf("%02d:00", hour) }

// hours are all that can be chosen.
func hours() (all []string) {
	for h := range uint8(24) {
		all = append(all, clock(h))
	}
	return all
}

// quietHours are the rows that set them: a switch, and when it is on, from when until when.
func (s *settings) quietHours(now QuietHours) []fyne.CanvasObject {
	say := s.kit.say
	if now == (QuietHours{}) {
		now = usualQuiet
	}
	keep := func() { s.change(func(s *Settings) { s.QuietHours = now }) }
	one := func(name string, hour *uint8) fyne.CanvasObject {
		return newChoice(s.kit, name, clock(*hour), hours(), func(chosen string) {
			_, _ = fmt.Sscanf(chosen, "%d", hour) // it is one of hours
			keep()
		})
	}
	between := aligned(newFlow(grid, one(say("settings.quietFrom"), &now.From),
		newSized(0, touch, container.NewCenter(newWhole(say("settings.quietTo"), sizeBody, colorMuted))),
		one(say("settings.quietUntil"), &now.To)))
	show := func() {
		if now.On {
			between.Show()
		} else {
			between.Hide()
		}
	}
	show()
	on := newToggle(say("settings.quiet"), say("settings.quietHint"), now.On, func(on bool) {
		now.On = on
		show()
		s.page.relayout()
		keep()
	})
	return []fyne.CanvasObject{on, between}
}
