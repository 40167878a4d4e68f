package rpc

import (
	"context"
	"strings"
	"time"

	"haggle/chat"
)

// addPatience is how long an address has to answer, so that the program has its answer within 5 s.
const addPatience = 4500 * time.Millisecond

type (
	selfResult struct {
		Self selfShape `json:"self"`
	}
	peersResult struct {
		Peers []peerShape `json:"peers"`
	}
	peerResult struct {
		Peer peerShape `json:"peer"`
	}
	safetyCodeResult struct {
		Digits string `json:"digits"` // twelve groups of five
		Words  struct {
			English []string `json:"en"`
			Chinese []string `json:"zh"`
		} `json:"words"` // twelve in each language
	}
)

func (e *Endpoint) selfGet(*args) job {
	return job{lane: lane{kind: selfLane}, class: reads, place: inPool, run: read(func() (selfResult, error) {
		return selfResult{e.selfShape(e.node.Self())}, nil
	})}
}

func (e *Endpoint) selfSet(a *args) job {
	change := chat.SelfChange{
		Name: a.optional("name", within(chat.MaxName)), About: a.optional("about", within(chat.MaxAbout)),
		ReadReceipts: a.flag("readReceipts"),
	}
	set := func(answer answer) {
		e.node.SetSelf(change, then(answer, func(s chat.SelfView) any { return selfResult{e.selfShape(s)} }))
	}
	if a.raw("avatarPath") == nil {
		return job{lane: lane{kind: selfLane}, class: writes, run: set}
	}
	path := a.path("avatarPath")
	return job{lane: lane{kind: selfLane}, place: inFiles, run: func(answer answer) {
		portrait, err := e.putPortrait(path)
		if err != nil {
			answer(nil, err)
			return
		}
		change.Picture = &portrait
		set(answer)
	}}
}

func (e *Endpoint) peersList(*args) job {
	return job{class: reads, place: inPool, run: read(func() (peersResult, error) {
		result := peersResult{[]peerShape{}}
		for _, p := range e.node.Peers() {
			result.Peers = append(result.Peers, shapeOfPeer(p))
		}
		return result, nil
	})}
}

func (e *Endpoint) peersBlock(a *args) job {
	id, blocked := a.peer("peerId"), a.flag("blocked")
	if blocked == nil {
		a.needed("blocked")
		return job{}
	}
	return job{run: func(answer answer) {
		e.node.Block(id, *blocked, then(answer, func(p chat.PeerView) any { return peerResult{shapeOfPeer(p)} }))
	}}
}

func (e *Endpoint) peersSafetyCode(a *args) job {
	id := a.peer("peerId")
	return job{class: reads, place: inPool, run: read(func() (r safetyCodeResult, err error) {
		switch self := e.node.Self().ID; {
		case id == self:
			return r, badParam("peerId", "is your own; a code is compared with somebody else.")
		case e.node.Peer(id).ProvenAt == 0:
			return r, chat.ErrNotFound
		default:
			code := chat.SafetyCodeOf(self, id)
			r.Digits, r.Words.English, r.Words.Chinese = strings.Join(code.Digits, " "), code.English, code.Chinese
			return r, nil
		}
	})}
}

func (e *Endpoint) peersVerify(a *args) job {
	id, verified := a.peer("peerId"), a.flag("verified")
	if verified == nil {
		a.needed("verified")
		return job{}
	}
	return job{run: func(answer answer) {
		e.node.Verify(id, *verified, then(answer, func(p chat.PeerView) any { return peerResult{shapeOfPeer(p)} }))
	}}
}

func (e *Endpoint) peersAdd(a *args) job {
	invite := a.invite()
	return job{place: onItsOwn, run: func(answer answer) {
		hold := e.adds.begin(invite.Addresses)
		defer e.adds.end(hold, e.out)
		ctx, cancel := context.WithTimeout(e.network, addPatience)
		defer cancel()
		added, err := e.node.AddInvited(ctx, invite)
		answer(func() any { return peerResult{shapeOfPeer(added)} }, err)
	}}
}

// invite is whom to add and where: an invite line, or an address, which may stand alone.
func (a *args) invite() chat.Invite {
	line := a.raw("invite")
	if line == nil {
		a.needed("address")
		return chat.Invite{Peer: a.optionalPeer("peerId"), Addresses: []string{a.address("address")}}
	}
	const form = "is no invite; give the whole line, such as haggle:PEERID@10.0.0.5:42445."
	invite := parsed(a, "invite", chat.ParseInvite, form)
	if a.raw("address") != nil {
		a.fail(badParam("address", "stands in the invite; leave it out."))
	}
	if want := a.optionalPeer("peerId"); !want.IsZero() && want != invite.Peer {
		a.fail(badParam("peerId", "is another than the invite names; leave it out."))
	}
	return invite
}
