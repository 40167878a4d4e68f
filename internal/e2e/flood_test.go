package e2e

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	hostile "haggle/internal/rogue"
)

// floodVariable makes TestMain send so many hostile packets instead of running the tests.
const floodVariable = "HAGGLE_E2E_FLOOD"

var mdnsGroup = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}

// flood listens to what is announced by its eth0, and sends it again in all bad ways: bytes changed, cut off, as goodbyes,
// with other addresses and other names, as questions.
func flood(count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	eth0, err := net.InterfaceByName("eth0")
	if err != nil {
		return err
	}
	c, err := net.ListenMulticastUDP("udp4", eth0, mdnsGroup)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	fmt.Println("listening")
	var heard [][]byte
	buf := make([]byte, 1<<16)
	for len(heard) < 4 {
		if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			return err
		}
		size, err := c.Read(buf)
		if err != nil {
			return err
		}
		if bytes.Contains(buf[:size], []byte("_haggle")) && buf[2]&0x80 != 0 {
			heard = append(heard, slices.Clone(buf[:size]))
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	sent := 0
	for k := range n {
		if _, err := c.WriteTo(spoil(random, k, heard[random.IntN(len(heard))]), mdnsGroup); err == nil {
			sent++
		}
	}
	fmt.Println(sent)
	return nil
}

// spoil makes the k-th packet of a flood of one that was heard.
func spoil(random *rand.Rand, k int, packet []byte) []byte {
	packet = slices.Clone(packet)
	each := func(what []byte, do func(at []byte)) {
		for at := 0; at+len(what) <= len(packet); at++ {
			if bytes.Equal(packet[at:at+len(what)], what) {
				do(packet[at : at+len(what)])
			}
		}
	}
	noise := func(b []byte) {
		for i := range b {
			b[i] = byte(random.Uint32())
		}
	}
	switch k % 8 {
	case 0: // as it was
	case 1: // a goodbye
		each([]byte{0, 0, 0, 120}, func(at []byte) { clear(at) })
	case 2: // elsewhere
		each([]byte{10, 77, 0}, noise)
	case 3: // of another peer, at other ports too
		each([]byte("_haggle"), func(at []byte) { noise(at[:1]) })
	case 4: // as a question
		packet[2] &^= 0x80
	case 5:
		packet = make([]byte, 1+random.IntN(1400))
		noise(packet)
	default:
		for range 1 + random.IntN(8) {
			packet[random.IntN(len(packet))] = byte(random.Uint32())
		}
		packet = packet[:1+random.IntN(len(packet))]
	}
	return packet
}

// rogueVariable makes TestMain a peer that links with the address given, and says as many messages as it likes: a thousand
// a second, for as many seconds.
const rogueVariable = "HAGGLE_E2E_ROGUE"

// sayWithoutEnd is that peer. It prints how much it said.
func sayWithoutEnd(where string) error {
	address, seconds, _ := strings.Cut(where, " ")
	long, err := time.ParseDuration(seconds)
	if err != nil {
		return err
	}
	r, err := hostile.New()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), long+patience)
	defer cancel()
	if err := r.Enter(ctx, "0.0.0.0", address); err != nil {
		return err
	}
	defer r.Close()
	go r.Drain()
	fmt.Println("linked")
	author := r.Author()
	sent := 0
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); time.Since(begun) < long; <-tick.C {
		for due := int(time.Since(begun) / time.Millisecond); sent < due; sent++ {
			if err := r.Say(author.Frame(author.Texts("more and more"))); err != nil {
				return err
			}
		}
	}
	r.Settle(ctx)
	fmt.Println(sent)
	return nil
}
