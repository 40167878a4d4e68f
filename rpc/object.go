package rpc

import (
	"bytes"
	"encoding/json"
)

// members visits the members of a JSON object in order, with their values as they stand there, until visit returns
// false. The object must be valid JSON. Unlike encoding/json's decoding into structs it takes names as they are: a
// parameter in other capitals is another parameter.
func members(object []byte, visit func(name string, value []byte) bool) {
	rest := object[bytes.IndexByte(object, '{')+1:]
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n,")
		if len(rest) == 0 || rest[0] != '"' {
			return
		}
		n := valueLength(rest)
		name := rest[:n]
		rest = bytes.TrimLeft(rest[n:], " \t\r\n:")
		n = valueLength(rest)
		if !visit(unquote(name), rest[:n]) {
			return
		}
		rest = rest[n:]
	}
}

// elements visits the elements of a valid JSON array.
func elements(array []byte, visit func(value []byte)) {
	rest := array[bytes.IndexByte(array, '[')+1:]
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n,")
		if len(rest) == 0 || rest[0] == ']' {
			return
		}
		n := valueLength(rest)
		visit(rest[:n])
		rest = rest[n:]
	}
}

// valueLength is how many bytes the JSON value at the start of b has.
func valueLength(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return min(i+1, len(b))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // the end of what the value stands in
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

// unquote is the text of a valid JSON string.
func unquote(quoted []byte) string {
	if inner := quoted[1 : len(quoted)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // it is valid
	return s
}
