package rpc

import (
	"bytes"
	"testing"

	"haggle/chat"
)

// BenchmarkRequest is what the reader does with one line.
func BenchmarkRequest(b *testing.B) {
	line := []byte(`{"jsonrpc":"2.0","id":17,"method":"messages.send","params":{"roomId":` +
		`"288c34e70ab3767a3cb406b1e5397428d66162ff9d80e0c428ad36fa5128d2a1","text":"Is it still there? I would come by at five."}}`)
	e := New(Config{})
	b.ReportAllocs()
	for b.Loop() {
		r, failure := parseRequest(line)
		if failure == nil {
			failure = e.prepare(&call{id: r.id, method: r.method}, r.params)
		}
		if failure != nil {
			b.Fatal(failure)
		}
	}
}

// BenchmarkAnswer is what the writer does with one message.
func BenchmarkAnswer(b *testing.B) {
	m := chat.Message{Kind: chat.KindText, Text: "Is it still there? I would come by at five.", State: chat.Waiting}
	id := []byte("17")
	var out bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		appendLine(&out, respond(id, messageResult{shapeOfMessage(m)}))
	}
}
