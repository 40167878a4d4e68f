package ui

import (
	"fyne.io/fyne/v2"

	"haggle/chat"
)

// personCard shows a peer: portrait, name with its tag, and whether they are here.
type personCard struct {
	tappable
	kit      *kit
	portrait *portrait
	called   *called
	tag      *label
	presence *label
}

func newPersonCard(k *kit, open func()) *personCard {
	c := &personCard{
		kit: k, portrait: newPortrait(chat.PeerID{}, "", 44), called: newCalled(newLabel("", sizeBody, colorText).strong()),
		tag: newLabel("", sizeCaption, colorMuted), presence: newLabel("", sizeCaption, colorMuted),
	}
	c.portrait.dotOn = colorRaised
	c.tag.Hide()
	parts := []fyne.CanvasObject{c.portrait, newColumn(2, c.called.view, c.tag, c.presence)}
	if open != nil {
		parts = append(parts, newIcon("next", colorMuted, 20))
	} else {
		c.plain = true
	}
	inside := newRow(12, 1, parts...)
	c.become(c, inset(12, 12, 12, 12, inside), radius, open)
	c.paint(colorRaised, "")
	return c
}

func (c *personCard) show(p chat.PeerView) {
	c.kit.showPortrait(c.portrait, p)
	c.called.show(c.kit, p)
	c.name = c.called.aloud(c.kit)
	c.tag.set(c.kit.say("person.tag", p.NameTag))
	c.tag.Hidden = p.NameTag == ""
	c.presence.set(c.kit.presence(p))
	if p.Online {
		c.presence.paint(colorOnSoft)
	} else {
		c.presence.paint(colorMuted)
	}
	c.Refresh()
}

// presence says whether a peer is here, or since when not.
func (k *kit) presence(p chat.PeerView) string {
	switch {
	case p.Blocked:
		return k.say("person.blocked")
	case p.Online:
		return k.say("person.online")
	case p.LastSeen > 0:
		return k.say("person.lastSeen", k.moment(p.LastSeen))
	default:
		return k.say("person.neverSeen")
	}
}

var _ fyne.Widget = (*personCard)(nil)
