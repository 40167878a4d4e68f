package chat

import (
	"bytes"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"strings"
)

// The safety code lets two people see that nobody stands between them: they compare what their two screens show. Each has
// a half of it, from their key alone, so that a key whose half looks like another's has to be found once for each person
// who is to be deceived, and every try costs all the rounds.

const (
	safetyTag    = "haggle safety code v1\x00"
	safetyRounds = 1 << 16 // some 40 ms
	safetyGroups = 6       // of five digits, in one half: 99 bits
)

// SafetyCode is the code of two peers, the same whichever comes first: sixty digits in twelve groups of five. It takes some
// 80 ms: not for the UI's goroutine, nor for the node's.
func SafetyCode(a, b PeerID) string {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	return safetyDigits(a) + " " + safetyDigits(b)
}

// safetyDigits is one person's half.
func safetyDigits(id PeerID) string {
	h := stretched(id)
	groups := make([]string, safetyGroups)
	for i := range groups {
		var five [8]byte
		copy(five[3:], h[5*i:5*i+5])
		groups[i] = fmt.Sprintf("%05d", binary.BigEndian.Uint64(five[:])%100_000)
	}
	return strings.Join(groups, " ")
}

// stretched is a key's hash that costs many rounds: what its half of the code is made of, in digits or in words.
func stretched(id PeerID) [sha512.Size]byte {
	h := sha512.Sum512(append([]byte(safetyTag), id[:]...))
	round := make([]byte, sha512.Size+len(id))
	copy(round[sha512.Size:], id[:])
	for range safetyRounds - 1 {
		copy(round, h[:])
		h = sha512.Sum512(round)
	}
	return h
}
