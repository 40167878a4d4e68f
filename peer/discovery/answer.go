package discovery

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

const (
	answerDelay    = 20 * time.Millisecond // RFC 6762, section 6: so that not all answer at once
	answerSpread   = 100 * time.Millisecond
	truncatedDelay = 400 * time.Millisecond // section 7.2: more known answers may come
)

// answer hears a question. Who asks from another port than mDNS is plain DNS and gets an answer of its own; all others
// hear one multicast a moment later, which serves everybody who asks meanwhile. Questions that want a unicast answer are
// left to the library where it answers them.
func (d *Discovery) answer(now time.Time, l *link, g *leg, from netip.AddrPort, m message) {
	r := l.records
	if r == nil {
		d.noteQuestion(now, l, from, m)
		return
	}
	known := slices.Contains(m.known, r.self)
	if len(m.questions) == 0 && known && g.pending.asker == from {
		g.pending = reply{} // the rest of a truncated question: the asker knows us
		return
	}
	d.noteQuestion(now, l, from, m)
	for _, q := range m.questions {
		what := r.subject(q)
		unicast := q.Qclass&classTop != 0
		switch {
		case what == nothing, what == everyone && known, unicast && l.zone.unicast.Load():
		case from.Port() != mdnsPort || unicast:
			d.answerOne(l, g, from, m.id, q)
		default:
			g.schedule(now, what, from, m.truncated)
		}
	}
}

// noteQuestion remembers that somebody asked what we would ask.
func (d *Discovery) noteQuestion(now time.Time, l *link, from netip.AddrPort, m message) {
	if from.Port() != mdnsPort {
		return
	}
	for _, q := range m.questions {
		if asksForEveryone(q) {
			l.askedAt = now
		} else if in, ok := asksFor(q); ok {
			d.cache.asked(in, now)
		}
	}
}

// answerOne answers by unicast.
func (d *Discovery) answerOne(l *link, g *leg, to netip.AddrPort, id uint16, q dns.Question) {
	if !d.allowAnswer() {
		return
	}
	if to.Port() == mdnsPort {
		packet := l.records.announce
		if l.records.subject(q) == kinds {
			packet = l.records.kinds
		}
		g.write(packet, to)
		return
	}
	if packet, err := l.records.legacy(id, q); err == nil {
		g.write(packet, to)
	}
}

// schedule plans a multicast answer, or joins the one that is planned.
func (g *leg) schedule(now time.Time, what subject, asker netip.AddrPort, truncated bool) {
	p := &g.pending
	if p.at.IsZero() {
		*p = reply{at: now.Add(answerDelay + rand.N(answerSpread))}
		if truncated {
			*p = reply{at: now.Add(truncatedDelay + rand.N(answerSpread)), asker: asker}
		}
	} else if p.asker != asker {
		p.asker = netip.AddrPort{}
	}
	p.kinds = p.kinds || what == kinds
	p.records = p.records || what != kinds
}

// reply sends the planned answer once its time has come, and a second has passed since everybody heard the same.
func (l *link) reply(g *leg, now time.Time) {
	p := g.pending
	if p.at.IsZero() || now.Before(p.at) {
		return
	}
	g.pending = reply{}
	if l.records == nil {
		return
	}
	if p.kinds {
		g.multicast(l.records.kinds)
	}
	if !p.records {
		return
	}
	if next := g.sentAt.Add(repeatedAnswer); now.Before(next) {
		g.pending = reply{at: next, records: true}
		return
	}
	g.tellAll(l.records, now)
}

// tellAll multicasts the records, which answers whoever waits for them.
func (g *leg) tellAll(r *records, now time.Time) {
	g.multicast(r.announce)
	g.sentAt = now
	if g.pending.records = false; !g.pending.kinds {
		g.pending = reply{}
	}
}

// allowAnswer is the limit on unicast answers, for any goroutine.
func (d *Discovery) allowAnswer() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.answers.take(time.Now(), answerRate, answerBurst)
}
