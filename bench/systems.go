package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// system is something that brings messages from one process to another.
type system struct {
	name string
	open func(dir string) (*pair, error)
	only bool // made for W1 only
}

// pair is two ends of a system that have met.
type pair struct {
	from, to *child
	message  func(text string) string // the line that sends a text
	again    func() (*child, error)   // starts to once more
	newest   string                   // the line that asks to for its newest message; "" if it always tells of all
	middle   *child                   // what stands between, nil for nothing
}

func (p *pair) close() error { return stopAll(p.from, p.to, p.middle) }

// paths are those of haggle, of internal/pair and of this program.
type paths struct{ program, pair, self string }

func plainLine(text string) string { return text + "\n" }

// haggle is two processes of haggle rpc.
func (p paths) haggle() system {
	return system{name: "haggle rpc", open: func(dir string) (*pair, error) {
		seller, err := p.rpc(filepath.Join(dir, "seller"))
		if err != nil {
			return nil, err
		}
		buyer, err := p.rpc(filepath.Join(dir, "buyer"))
		if err != nil {
			return nil, err
		}
		room, err := acquaint(seller, buyer)
		if err != nil {
			return nil, err
		}
		return &pair{
			from: buyer, to: seller,
			message: func(text string) string { return sendLine(room, text) },
			again:   func() (*child, error) { return p.launchRPC(filepath.Join(dir, "seller")) },
			newest:  fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"messages.list","params":{"roomId":"%s","limit":1}}`, room),
		}, nil
	}}
}

func sendLine(room, text string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"messages.send","params":{"roomId":"%s","text":"%s"}}`+"\n", room, text)
}

func (p paths) launchRPC(profile string) (*child, error) {
	return launch(method, p.program, "rpc", "--no-discovery", "--listen", "127.0.0.1:0", "--log-level", "error", "--data", profile)
}

// rpc is haggle rpc once it is ready.
func (p paths) rpc(profile string) (*child, error) {
	c, err := p.launchRPC(profile)
	if err == nil {
		_, err = c.wait(ready, 1)
	}
	return c, err
}

type readyLine struct {
	Params struct {
		PeerID    string   `json:"peerId"`
		Addresses []string `json:"addresses"`
	} `json:"params"`
}

// acquaint brings two together and returns the room in which buyer buys from seller.
func acquaint(seller, buyer *child) (room string, err error) {
	var ids [2]readyLine
	for i, c := range []*child{seller, buyer} {
		if err := json.Unmarshal([]byte(c.first[ready]), &ids[i]); err != nil {
			return "", err
		}
	}
	if _, err := ask(buyer, "peers.add", `{"address":"%s"}`, ids[0].Params.Addresses[0]); err != nil {
		return "", err
	}
	for _, c := range []*child{seller, buyer} {
		if _, err := c.wait(linked, 1); err != nil {
			return "", err
		}
	}
	if _, err := ask(seller, "rooms.open", `{"buyer":"%s"}`, ids[1].Params.PeerID); err != nil {
		return "", err
	}
	answer, err := ask(buyer, "rooms.open", `{"seller":"%s"}`, ids[0].Params.PeerID)
	if err != nil {
		return "", err
	}
	return roomIn(answer)
}

// roomIn is the ID of the room that an answer speaks of.
func roomIn(answer string) (string, error) {
	type room struct {
		RoomID string `json:"roomId"`
	}
	var a struct {
		Result struct {
			Room  room   `json:"room"`
			Rooms []room `json:"rooms"`
		} `json:"result"`
	}
	if err := json.Unmarshal([]byte(answer), &a); err != nil {
		return "", err
	}
	for _, r := range append(a.Result.Rooms, a.Result.Room) {
		if r.RoomID != "" {
			return r.RoomID, nil
		}
	}
	return "", errors.New("the answer names no room")
}

func ask(c *child, method, params string, values ...any) (string, error) {
	return c.answer(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"%s","params":%s}`, method, fmt.Sprintf(params, values...)))
}

// twoEnds are two processes of one program; the one that gets messages dials the one that sends them.
func twoEnds(name string, end func(args ...string) (*child, error)) system {
	return system{name: name, open: func(dir string) (*pair, error) {
		from, err := end("-dir", filepath.Join(dir, "from"), "-listen", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		address, err := from.address()
		if err != nil {
			return nil, err
		}
		again := func() (*child, error) { return end("-dir", filepath.Join(dir, "to"), "-dial", address) }
		to, err := again()
		if err != nil {
			return nil, err
		}
		for _, c := range []*child{to, from} {
			if _, err := c.wait(linked, 1); err != nil {
				return nil, err
			}
		}
		return &pair{from: from, to: to, message: plainLine, again: again}, nil
	}}
}

// floor is the straightforward program.
func (p paths) floor() system {
	return twoEnds("floor", func(args ...string) (*child, error) { return p.end(append([]string{"floor"}, args...)...) })
}

// bare is what no program can do without.
func (p paths) bare() system {
	s := twoEnds("bare machine", func(args ...string) (*child, error) { return p.end(append([]string{"bare"}, args...)...) })
	s.only = true
	return s
}

// api is Haggle's node without JSON.
func (p paths) api() system {
	return twoEnds("haggle, node's API", func(args ...string) (*child, error) { return launch(letter, p.pair, args...) })
}

// address is what an end says when it is ready.
func (c *child) address() (string, error) {
	if _, err := c.wait(ready, 1); err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.TrimSpace(c.first[ready][1:]), nil
}

func (p paths) end(args ...string) (*child, error) { return launch(letter, p.self, args...) }

// jetstream is NATS: a store in the middle, one who publishes, one who reads.
func (p paths) jetstream(sync bool) system {
	name, flags := "NATS JetStream", []string{}
	if sync {
		name, flags = "NATS JetStream, sync always", []string{"-sync"}
	}
	return system{name: name, open: func(dir string) (*pair, error) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		middle, err := p.end(append([]string{"jetstream-keep", "-dir", dir}, flags...)...)
		if err != nil {
			return nil, err
		}
		url, err := middle.address()
		if err != nil {
			return nil, err
		}
		from, err := p.end("jetstream-publish", "-dial", url)
		if err != nil {
			return nil, err
		}
		if _, err := from.wait(ready, 1); err != nil {
			return nil, err
		}
		read := func() (*child, error) { return p.end("jetstream-read", "-dial", url) }
		to, err := read()
		if err != nil {
			return nil, err
		}
		if _, err := to.wait(ready, 1); err != nil {
			return nil, err
		}
		return &pair{from: from, to: to, message: plainLine, again: read, middle: middle}, nil
	}}
}
