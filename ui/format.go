package ui

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"haggle/chat"
	"haggle/text"
)

// shortNumber is a count for a badge.
func shortNumber(n int) string {
	if n > 99 {
		return "99+"
	}
	return strconv.Itoa(n)
}

// money is an amount as people write it: with its sign before it where there is one, and groups of three digits.
func money(m chat.Money) string {
	amount := m.Amount()
	whole, part, dotted := strings.Cut(amount, ".")
	number := grouped(whole)
	if dotted {
		number += "." + part
	}
	if sign, ok := moneySigns[m.Currency]; ok {
		return sign + number
	}
	return number + " " + m.Currency
}

// grouped sets the digits of a number in groups of three.
func grouped(digits string) string {
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

var moneySigns = map[string]string{"CNY": "¥", "EUR": "€", "USD": "$", "GBP": "£", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$"}

// price is what goods cost, in words if nothing.
func (k *kit) price(m chat.Money) string {
	if m.Minor == 0 {
		return k.say("goods.free")
	}
	return money(m)
}

// person is somebody as the screen shows them, oneself, too.
func (k *kit) person(id chat.PeerID) chat.PeerView {
	if self := k.node.Self(); id == self.ID {
		return chat.PeerView{Peer: chat.Peer{ID: id}, Name: self.Name, Picture: self.Picture, Online: true}
	}
	return k.node.Peer(id)
}

// personName is what a peer is called on the screen, by the person here if they gave them a name: cleaned, and never nothing.
func (k *kit) personName(p chat.PeerView) string {
	name := text.Line(cmp.Or(p.Alias, p.Name), chat.MaxName)
	if name == "" {
		name = k.say("person.nameless", p.ID.Short())
	}
	return name
}

// minTime and maxTime are what a peer's clock is held to.
const (
	minTime = 0
	maxTime = 253402300799_000 // the end of the year 9999
)

// at is a peer's or our own wall time in the local zone.
func (k *kit) at(milli int64) time.Time {
	return time.UnixMilli(min(max(milli, minTime), maxTime)).In(k.now().Location())
}

// clock is the time of day.
func (k *kit) clock(milli int64) string { return k.at(milli).Format("15:04") }

// day is the date: in words if it is near.
func (k *kit) day(milli int64) string {
	t, now := k.at(milli), k.now()
	switch days := daysBetween(t, now); {
	case days == 0:
		return k.say("time.today")
	case days == 1:
		return k.say("time.yesterday")
	case days > 1 && days < 7:
		return k.weekday(t.Weekday())
	case t.Year() == now.Year():
		return k.monthDay(t)
	default:
		return t.Format("2006-01-02")
	}
}

// stamp is when something was: the time today, otherwise the day.
func (k *kit) stamp(milli int64) string {
	if daysBetween(k.at(milli), k.now()) == 0 {
		return k.clock(milli)
	}
	return k.day(milli)
}

// moment is day and time.
func (k *kit) moment(milli int64) string {
	if daysBetween(k.at(milli), k.now()) == 0 {
		return k.clock(milli)
	}
	return k.say("time.dayAndClock", k.day(milli), k.clock(milli))
}

func daysBetween(t, now time.Time) int {
	date := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(date(now).Sub(date(t)) / (24 * time.Hour))
}

func (k *kit) weekday(d time.Weekday) string {
	switch d {
	case time.Monday:
		return k.say("time.monday")
	case time.Tuesday:
		return k.say("time.tuesday")
	case time.Wednesday:
		return k.say("time.wednesday")
	case time.Thursday:
		return k.say("time.thursday")
	case time.Friday:
		return k.say("time.friday")
	case time.Saturday:
		return k.say("time.saturday")
	default:
		return k.say("time.sunday")
	}
}

func (k *kit) monthDay(t time.Time) string {
	if k.words.Language == "zh" {
		return t.Format("1月2日")
	}
	return t.Format("2 Jan")
}

// sizePercent is a text size as people read it.
func sizePercent(size float32) string { return strconv.Itoa(int(size*100+0.5)) + " %" }
