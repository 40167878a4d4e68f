package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"haggle/chat"
)

// Kind is the reason of an error, for programs: data.kind of the answer.
type Kind string

// The kinds of errors.
const (
	Invalid          Kind = "invalid"
	NotFound         Kind = "notFound"
	SelfChat         Kind = "selfChat"
	Blocked          Kind = "blocked"
	TooLarge         Kind = "tooLarge"
	UnsupportedImage Kind = "unsupportedImage"
	WrongIdentity    Kind = "wrongIdentity"
	Unreachable      Kind = "unreachable"
	Exists           Kind = "exists"
	DiskFull         Kind = "diskFull"
	StoreLocked      Kind = "storeLocked"
	StoreNewer       Kind = "storeNewer"
	StoreDamaged     Kind = "storeDamaged"
	Unsupported      Kind = "unsupported"
)

// The codes that JSON-RPC defines, and the one for everything that it does not.
const (
	codeParse    = -32700
	codeRequest  = -32600
	codeMethod   = -32601
	codeParams   = -32602
	codeInternal = -32603
	codeOther    = -32000
)

// Failure is an error as a program is told of it.
type Failure struct {
	Code    int
	Kind    Kind   // empty if none fits
	Message string // one sentence: what was wrong and what to do
}

func (f *Failure) Error() string { return f.Message }

// Fail is a failure that JSON-RPC has no code for.
func Fail(kind Kind, message string) *Failure { return &Failure{codeOther, kind, message} }

func badRequest(message string) *Failure { return &Failure{codeRequest, Invalid, message} }

// badParam is a parameter's failure: the sentence goes on after its name.
func badParam(name, sentence string) *Failure {
	return &Failure{codeParams, Invalid, name + " " + sentence}
}

// advice tells for each error of the node how programs are told of it and what people can do.
var advice = []struct {
	err  error
	code int
	kind Kind
	do   string
}{
	{chat.ErrSelfChat, codeOther, SelfChat, "give the ID of another peer"},
	{chat.ErrSelf, codeOther, SelfChat, "give the address of another peer"},
	{chat.ErrBlocked, codeOther, Blocked, "unblock them first, with peers.block"},
	{chat.ErrNotFound, codeOther, NotFound, "list again to see what there is"},
	{chat.ErrBlank, codeParams, Invalid, "write something that can be seen"},
	{chat.ErrBadID, codeParams, Invalid, "give an ID as a reply showed it"},
	{chat.ErrBadMoney, codeParams, Invalid, `give a price such as {"amount":"12.50","currency":"CNY"}`},
	{chat.ErrDelivered, codeOther, Invalid, "a message can be taken back only while it waits"},
	{chat.ErrNoPictures, codeOther, Unsupported, "do without them"},
	{chat.ErrInvalid, codeParams, Invalid, "correct it and ask again"},
	{chat.ErrTooLarge, codeOther, TooLarge, "make it shorter"},
	{chat.ErrDiskFull, codeOther, DiskFull, "free some space and try again"},
	{chat.ErrUnwritable, codeOther, StoreDamaged, "see that the profile's folder is there and try again"},
	{chat.ErrReadOnly, codeOther, StoreDamaged, "stop Haggle and start it again"},
	{chat.ErrWrongIdentity, codeOther, WrongIdentity, "check the address and the peer ID"},
	{chat.ErrUnreachable, codeOther, Unreachable, "check the address, the network and that Haggle runs there"},
	{context.DeadlineExceeded, codeOther, Unreachable, "check the address, the network and that Haggle runs there"},
	{context.Canceled, codeOther, Unreachable, "Haggle is stopping, so start it again and ask again"},
	{chat.ErrClosed, codeOther, Unreachable, "Haggle is stopping, so start it again and ask again"},
}

// failureOf says how a program is told of err. Nil: it is told only that something went wrong here.
func failureOf(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	for _, a := range advice {
		if errors.Is(err, a.err) {
			return &Failure{a.code, a.kind, fmt.Sprintf("%s; %s.", capitalised(err.Error()), a.do)}
		}
	}
	return nil
}

var internal = &Failure{codeInternal, "", "Something went wrong inside Haggle; its log on standard error says what."}

func capitalised(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(s[n:], ".")
}
