package rpc

import (
	"context"
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
	a.none("avatarPath")
	return job{lane: lane{kind: selfLane}, class: writes, run: func(answer answer) {
		e.node.SetSelf(change, then(answer, func(s chat.SelfView) any { return selfResult{e.selfShape(s)} }))
	}}
}

func (e *Endpoint) peersList(*args) job {
	return job{place: inPool, run: read(func() (peersResult, error) {
		result := peersResult{[]peerShape{}}
		for _, p := range e.node.Peers() {
			result.Peers = append(result.Peers, shapeOfPeer(p))
		}
		return result, nil
	})}
}

func (e *Endpoint) peersAdd(a *args) job {
	a.none("invite")
	a.needed("address")
	address, peer := a.address("address"), a.optionalPeer("peerId")
	return job{place: onItsOwn, run: func(answer answer) {
		hold := e.adds.begin(address)
		defer e.adds.end(hold, e.out)
		ctx, cancel := context.WithTimeout(e.network, addPatience)
		defer cancel()
		added, err := e.node.AddPeer(ctx, address, peer)
		answer(func() any { return peerResult{shapeOfPeer(added)} }, err)
	}}
}
