package rpc

import (
	"bytes"
	"encoding/json"
	"io"

	"haggle/chat"
)

const writeSize = 64 << 10 // bytes collected before they are written, while more lines wait

type (
	responseShape struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Result  any             `json:"result"`
	}
	refusalShape struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   failureShape    `json:"error"`
	}
	failureShape struct {
		Code    int        `json:"code"`
		Message string     `json:"message"`
		Data    *kindShape `json:"data,omitempty"`
	}
	kindShape struct {
		Kind Kind `json:"kind"`
	}
	noticeShape struct {
		Version string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}
)

func respond(id []byte, result any) any { return responseShape{"2.0", id, result} }

func refuse(id []byte, f *Failure) any {
	shape := failureShape{Code: f.Code, Message: f.Message}
	if f.Kind != "" {
		shape.Data = &kindShape{f.Kind}
	}
	return refusalShape{"2.0", id, shape}
}

func notice(method string, params any) any { return noticeShape{"2.0", method, params} }

// Refuse writes the one line of a program that cannot start: why.
func Refuse(w io.Writer, f *Failure) error {
	_, err := w.Write(encode(refuse(nil, f)))
	return err
}

// encode makes a line with its end. Markup is left as it is: this is no web page.
func encode(v any) []byte {
	var b bytes.Buffer
	appendLine(&b, v)
	return b.Bytes()
}

func appendLine(b *bytes.Buffer, v any) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the shapes hold nothing that has no JSON
}

// write writes what is queued until the outbox is closed and empty, or the output fails.
func (e *Endpoint) write() error {
	var b bytes.Buffer
	flush := func() error {
		if b.Len() == 0 {
			return nil
		}
		_, err := e.cfg.Out.Write(b.Bytes())
		b.Reset()
		if b.Cap() > 1<<20 {
			b = bytes.Buffer{}
		}
		return err
	}
	for {
		it, closed := e.out.take()
		if it == nil || it.reads || b.Len() >= writeSize {
			if err := flush(); err != nil {
				return err
			}
		}
		switch {
		case it == nil && closed:
			return nil
		case it == nil:
			<-e.out.filled
		case it.line != nil:
			b.Write(it.line)
		default:
			if v := it.make(); v != nil {
				appendLine(&b, v)
			}
		}
	}
}

// pair is who the buyer and the seller of a room are.
type pair [2]chat.PeerID
