package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"haggle/chat"
)

func TestLines(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"a", []string{"a"}},
		{"a\n", []string{"a"}},
		{"a\r\nb\n\nc", []string{"a", "b", "", "c"}},
		{"a\rb\n", []string{"a\rb"}},
		{strings.Repeat("x", 100_000) + "\ny", []string{strings.Repeat("x", 100_000), "y"}},
		{strings.Repeat("x", 100_000), []string{strings.Repeat("x", 100_000)}},
		{strings.Repeat("x", maxLine) + "\r\ny", []string{"long", "y"}},
		{strings.Repeat("x", maxLine) + "\ny", []string{strings.Repeat("x", maxLine), "y"}},
		{strings.Repeat("x", maxLine+1) + "\ny", []string{"long", "y"}},
		{strings.Repeat("x", 2*maxLine), []string{"long"}},
	} {
		for _, reader := range []io.Reader{strings.NewReader(c.in), iotest.HalfReader(strings.NewReader(c.in))} {
			var got []string
			l := newLines(reader)
			for {
				line, err := l.next()
				if errors.Is(err, errLongLine) {
					line, err = []byte("long"), nil
				}
				if err != nil {
					if !errors.Is(err, io.EOF) {
						t.Error(err)
					}
					break
				}
				got = append(got, string(line))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%d bytes %.20q: %d lines, want %d", len(c.in), c.in, len(got), len(c.want))
			}
			if cap(l.buf) > maxLine+1<<20 {
				t.Errorf("%d bytes %.20q: the buffer grew to %d", len(c.in), c.in, cap(l.buf))
			}
		}
	}
}

// FuzzMembers holds members to what encoding/json sees.
func FuzzMembers(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { "a" : 1 , "b":[1,{"c":"]"}] } `, `{"":"\"","\u0061":{"x":{}},"a":null}`, `{"a":-1.5e3,"b":true}`, `{"a":[],"b":"\\"}`,
		`[1,2,"3,"]`, `"x"`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		if len(bytes.TrimSpace(object)) == 0 || bytes.TrimSpace(object)[0] != '{' || !json.Valid(object) {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(object, &want); err != nil {
			t.Fatal(err)
		}
		got := map[string]json.RawMessage{}
		members(object, func(name string, value []byte) bool {
			var quoted string
			raw, _ := json.Marshal(name)
			_ = json.Unmarshal(raw, &quoted) // as encoding/json replaces what is not UTF-8
			got[quoted] = value
			return true
		})
		if len(got) != len(want) {
			t.Fatalf("%q: %d members, want %d", object, len(got), len(want))
		}
		for name, value := range want {
			if !bytes.Equal(got[name], value) {
				t.Fatalf("%q: %q is %q, want %q", object, name, got[name], value)
			}
		}
	})
}

// FuzzRequest: whatever a line is, it is a call or a failure that says what to do.
func FuzzRequest(f *testing.F) {
	for name := range methods {
		f.Add([]byte(`{"jsonrpc":"2.0","id":1,"method":"` + name + `"}`))
	}
	for _, params := range []string{
		`{"price":{"amount":"1","currency":"CNY"},"title":"x","photos":["a","b"],"quantity":1e3}`, `{"minPrice":{},"maxPrice":null}`,
		`{"limit":500,"offset":-0}`, `{"sort":"priceUp"}`,
	} {
		f.Add([]byte(`{"jsonrpc":"2.0","id":"x","method":"listings.search","params":` + params + `}`))
		f.Add([]byte(`{"jsonrpc":"2.0","id":"x","method":"listings.publish","params":` + params + `}`))
	}
	for _, line := range []string{``, `[]`, `{`, `null`, "\xff", `{"jsonrpc":"2.0","id":1,"method":"peers.add","params":{"address":"[::1%25]:9"}}`} {
		f.Add([]byte(line))
	}
	e := New(Config{})
	e.self = chat.PeerID{1}
	f.Fuzz(func(t *testing.T, line []byte) {
		if isBlank(line) {
			return
		}
		r, failure := parseRequest(line)
		c := &call{id: r.id, method: r.method}
		if failure == nil {
			failure = e.prepare(c, r.params)
		}
		if failure == nil && c.run == nil {
			t.Fatalf("%q: nothing to do", line)
		}
		if failure == nil {
			return
		}
		answer := encode(refuse(r.id, failure))
		if !json.Valid(answer) || bytes.Count(answer, []byte("\n")) != 1 || failure.Message == "" || failure.Kind == "" || failure.Code >= 0 {
			t.Fatalf("%q: %s", line, answer)
		}
	})
}
