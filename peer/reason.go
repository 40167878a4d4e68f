package peer

import (
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"

	"haggle/chat"
	"haggle/peer/wire"
)

// reason is why a connection ended, for a log: fixed words, for what TLS says of an error may quote the other side.
func reason(err error) string {
	for _, known := range []error{
		errMirror, errLinked, errBlocked, errVersion, errRefused, errClash, errFull, errPanic, errEnding, errNotOurs,
		errProtocol, wire.ErrTooLarge, wire.ErrMalformed, chat.ErrWrongIdentity, io.ErrUnexpectedEOF, io.EOF, net.ErrClosed,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return "silence"
	}
	return "connection failed"
}

// hostile reports whether err is the other side's doing: no network loses or garbles what TLS protects.
func hostile(err error) bool {
	for _, wrong := range []error{errProtocol, errPanic, wire.ErrTooLarge, wire.ErrMalformed} {
		if errors.Is(err, wrong) {
			return true
		}
	}
	return false
}

// survive makes an error of a panic: what a peer sends may cost its link, never the program.
func (n *Node) survive(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", errPanic, p)
		n.log.Error("Recovered from a panic", "stack", string(debug.Stack()))
	}
}
