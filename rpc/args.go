package rpc

import (
	"fmt"
	"net"
	"strconv"
	"unicode/utf8"

	"haggle/chat"
)

// args are the parameters of one request. Its methods read one each and remember the first failure, so that a method
// reads all it knows and asks once; what it did not read is unknown. A parameter that is null counts as not given.
type args struct {
	given []arg
	err   *Failure
}

type arg struct {
	name  string
	value []byte
	read  bool
}

// newArgs takes a JSON object, or nil for none.
func newArgs(object []byte) *args {
	a := &args{}
	if object == nil {
		return a
	}
	members(object, func(name string, value []byte) bool {
		if len(a.given) == 32 {
			a.fail(badParam("params", "has more members than any method takes; give those of the method only."))
			return false
		}
		for i := range a.given {
			if a.given[i].name == name {
				a.fail(badParam(shortened(name), "is given twice; give it once."))
			}
		}
		a.given = append(a.given, arg{name: name, value: value})
		return true
	})
	return a
}

func shortened(name string) string { return fmt.Sprintf("%.40s", name) }

func (a *args) fail(f *Failure) {
	if a.err == nil {
		a.err = f
	}
}

// finish is the first failure; a parameter that nobody read is one.
func (a *args) finish() *Failure {
	for _, p := range a.given {
		if !p.read {
			a.fail(badParam(shortened(p.name), "is no parameter of this method; leave it out."))
		}
	}
	return a.err
}

// raw is the value as it stands there; nil if it is null or not given.
func (a *args) raw(name string) []byte {
	for i := range a.given {
		if p := &a.given[i]; p.name == name {
			p.read = true
			if p.value[0] == 'n' {
				return nil
			}
			return p.value
		}
	}
	return nil
}

// needed is raw for a parameter that must be given.
func (a *args) needed(name string) []byte {
	v := a.raw(name)
	if v == nil {
		a.fail(badParam(name, "is missing; give it."))
	}
	return v
}

// maxPath is what a path may have: no system takes longer ones.
const maxPath = 32 << 10

// limits of a text: characters and bytes.
type textLimit struct{ characters, bytes int }

// within is the limit for texts of so many characters, whatever the script.
func within(characters int) textLimit { return textLimit{characters, 4 * characters} }

// optional is a text, nil if not given.
func (a *args) optional(name string, limit textLimit) *string {
	raw := a.raw(name)
	if raw == nil {
		return nil
	}
	if raw[0] != '"' {
		a.fail(badParam(name, "is no text; give a string."))
		return nil
	}
	const escaped = len(`\u0000`)
	if len(raw) <= escaped*limit.bytes+2 {
		text := unquote(raw)
		if len(text) <= limit.bytes && utf8.RuneCountInString(text) <= limit.characters {
			return &text
		}
	}
	a.fail(Fail(TooLarge, fmt.Sprintf("%s has more than %d characters or %d bytes; make it shorter.", name, limit.characters, limit.bytes)))
	return nil
}

// text is a text that must be given, though it may be empty.
func (a *args) text(name string, limit textLimit) string {
	a.needed(name)
	if s := a.optional(name, limit); s != nil {
		return *s
	}
	return ""
}

// word is a text that is short whatever it means; empty if not given.
func (a *args) word(name string) string {
	if s := a.optional(name, textLimit{512, 2048}); s != nil {
		return *s
	}
	return ""
}

// flag is a truth value, nil if not given.
func (a *args) flag(name string) *bool {
	raw := a.raw(name)
	if raw == nil {
		return nil
	}
	if s := string(raw); s != "true" && s != "false" {
		a.fail(badParam(name, "is no truth value; give true or false."))
		return nil
	}
	value := raw[0] == 't'
	return &value
}

// number is a whole number from low to high, or otherwise if not given.
func (a *args) number(name string, low, high, otherwise int) int {
	raw := a.raw(name)
	if raw == nil {
		return otherwise
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil || n < low || n > high {
		a.fail(badParam(name, fmt.Sprintf("is no whole number from %d to %d; give one.", low, high)))
		return otherwise
	}
	return n
}

// page is where a page starts and how long it is.
func (a *args) page() (offset, limit int) {
	return a.number("offset", 0, 1<<30, 0), a.limit()
}

func (a *args) limit() int { return a.number("limit", 1, chat.MaxPage, chat.PageLimit) }

// choice is the value that belongs to one of some words, or the zero value if not given.
func choice[T any](a *args, name string, words map[string]T, list string) T {
	var none T
	word := a.word(name)
	if word == "" && a.raw(name) == nil {
		return none
	}
	value, ok := words[word]
	if !ok {
		a.fail(badParam(name, "has no such value; give one of "+list+"."))
	}
	return value
}

// parsed is a text that parse reads; zero if not given.
func parsed[T any](a *args, name string, parse func(string) (T, error), sentence string) T {
	var none T
	if a.raw(name) == nil {
		return none
	}
	value, err := parse(a.word(name))
	if err != nil {
		a.fail(badParam(name, sentence))
		return none
	}
	return value
}

func (a *args) optionalPeer(name string) chat.PeerID {
	return parsed(a, name, chat.ParsePeerID, "is no peer ID; give the eight groups of seven characters that its owner sees.")
}

func (a *args) peer(name string) chat.PeerID {
	a.needed(name)
	return a.optionalPeer(name)
}

func (a *args) optionalListing(name string) chat.ListingID {
	return parsed(a, name, chat.ParseListingID, "is no listing ID; give one that listings.search returned.")
}

func (a *args) listing(name string) chat.ListingID {
	a.needed(name)
	return a.optionalListing(name)
}

func (a *args) optionalRoom(name string) chat.RoomID {
	return parsed(a, name, chat.ParseRoomID, "is no room ID; give the 64 hex digits that rooms.open or rooms.list returned.")
}

func (a *args) room(name string) chat.RoomID {
	a.needed(name)
	return a.optionalRoom(name)
}

func (a *args) optionalMessage(name string) chat.MessageID {
	return parsed(a, name, chat.ParseMessageID, "is no message ID; give one that messages.list returned.")
}

func (a *args) message(name string) chat.MessageID {
	a.needed(name)
	return a.optionalMessage(name)
}

// money is an amount, nil if not given.
func (a *args) money(name string) *chat.Money {
	raw := a.raw(name)
	if raw == nil {
		return nil
	}
	const form = `is no amount of money; give an object such as {"amount":"12.50","currency":"CNY"}, with no more decimals than the currency has.`
	if raw[0] != '{' {
		a.fail(badParam(name, form))
		return nil
	}
	parts := newArgs(raw)
	money, err := chat.ParseMoney(parts.word("amount"), parts.word("currency"))
	if err != nil || parts.finish() != nil {
		a.fail(badParam(name, form))
		return nil
	}
	return &money
}

// address is host:port.
func (a *args) address(name string) string {
	address := a.word(name)
	host, port, err := net.SplitHostPort(address)
	n, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || host == "" || n == 0 {
		a.fail(badParam(name, "is no address; give one such as 10.0.0.5:42445."))
	}
	return address
}

// refuse refuses parameters that make no sense beside the others.
func (a *args) refuse(sentence string, names ...string) {
	for _, name := range names {
		if a.raw(name) != nil {
			a.fail(badParam(name, sentence))
		}
	}
}

// path is where a file is; it must be given.
func (a *args) path(name string) string {
	path := a.text(name, textLimit{maxPath, maxPath})
	if path == "" {
		a.fail(badParam(name, "is empty; give the path of a file."))
	}
	return path
}

func unsupported(what string) *Failure {
	return Fail(Unsupported, what+" is not supported by this version of Haggle; do without it, or use a newer one.")
}
