package ui

import (
	"fmt"
	"time"

	"haggle/chat"
)

// progress says how far a message's picture has come, nothing when it is here, and whether a tap asks for it.
func (t *thread) progress(s *said) (words string, ask bool) {
	switch {
	case s.mine && s.fetch != chat.ImageFailed:
		return "", false
	case s.fetch == chat.ImageFetching:
		return fmt.Sprintf("%d %%", percent(s.received, s.picture.Size)), false
	case s.fetch == chat.ImageFailed:
		return t.kit.say("thread.picture.again"), true
	case s.fetch == chat.ImageCancelled, s.fetch == chat.ImageWaiting && t.stranger:
		return t.kit.say("thread.picture.load"), true
	case s.fetch == chat.ImageWaiting && !t.online:
		return t.kit.say("thread.picture.waits", t.peer), false
	case s.fetch == chat.ImageWaiting:
		return t.kit.say("thread.picture.soon"), false
	default:
		return "", false
	}
}

func percent(part, whole uint32) int { return int(uint64(part) * 100 / max(1, uint64(whole))) }

// dayAndTime is what stands above the first message of a day.
func (t *thread) dayAndTime(milli int64) string {
	return t.kit.say("time.dayAndClock", t.kit.day(milli), t.kit.clock(milli))
}

// fullTime is the author's time to the second.
func (t *thread) fullTime(milli int64) string { return t.kit.at(milli).Format("2006-01-02 15:04:05") }

// about is what the mouse over a message tells: when it was written, and how far an own one has come.
func (t *thread) about(s *said) string {
	when := t.fullTime(s.sent)
	if s.clockOff != 0 && !s.mine {
		when = t.kit.say("thread.tip.clock", when)
	}
	if !s.mine || s.state == chat.Withdrawn {
		return when
	}
	return when + " · " + t.stateWords(s.state)
}

// stateWords says what a tick means.
func (t *thread) stateWords(s chat.State) string {
	switch s {
	case chat.Waiting:
		return t.kit.say("thread.state.waiting", t.peer)
	case chat.Delivered:
		return t.kit.say("thread.state.delivered", t.peer)
	case chat.Read:
		return t.kit.say("thread.state.read", t.peer)
	case chat.Failed:
		return t.kit.say("thread.state.failed")
	default:
		return ""
	}
}

// clockOffWords says how far the other person's clock is off.
func (t *thread) clockOffWords(off time.Duration) string {
	behind := off < 0
	off = off.Abs()
	minutes, hours, days := int(off.Round(time.Minute)/time.Minute), int(off.Round(time.Hour)/time.Hour), int(off/(24*time.Hour))
	switch {
	case hours < 2 && behind:
		return t.kit.count("thread.behind.minutes", max(1, minutes), t.peer)
	case hours < 2:
		return t.kit.count("thread.ahead.minutes", max(1, minutes), t.peer)
	case hours < 48 && behind:
		return t.kit.count("thread.behind.hours", hours, t.peer)
	case hours < 48:
		return t.kit.count("thread.ahead.hours", hours, t.peer)
	case behind:
		return t.kit.count("thread.behind.days", days, t.peer)
	default:
		return t.kit.count("thread.ahead.days", days, t.peer)
	}
}

// statusWords says that a thing cannot simply be bought any more; nothing when it can.
func (k *kit) statusWords(s chat.Status) string {
	switch s {
	case chat.Reserved:
		return k.say("thread.goods.reserved")
	case chat.Sold:
		return k.say("thread.goods.sold")
	case chat.Hidden:
		return k.say("thread.goods.hidden")
	default:
		return ""
	}
}
