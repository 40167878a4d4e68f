package rpc

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// request is one JSON-RPC request.
type request struct {
	id     json.RawMessage // as it was written; nil for a notification, which gets no answer
	method string
	params []byte // a JSON object, nil when there are none
}

// parseRequest reads a line. The request shares no memory with it but params. If there is a failure, it is to be
// answered under the request's id, null if that could not be read.
func parseRequest(line []byte) (request, *Failure) {
	line = bytes.TrimSpace(line)
	if !utf8.Valid(line) || !json.Valid(line) {
		return request{}, &Failure{codeParse, Invalid, "The line is not JSON; send one JSON object in UTF-8 on each line."}
	}
	if line[0] == '[' {
		return request{}, badRequest("Batches are not supported; send each request on a line of its own, without waiting for the answers.")
	}
	if line[0] != '{' {
		return request{}, badRequest("A request is a JSON object; send one on each line.")
	}
	var r request
	var version, method, params, id []byte
	members(line, func(name string, value []byte) bool {
		switch name {
		case "jsonrpc":
			version = value
		case "id":
			id = value
		case "method":
			method = value
		case "params":
			params = value
		}
		return true
	})
	switch {
	case id == nil:
	case id[0] == '"' || id[0] == '-' || (id[0] >= '0' && id[0] <= '9') || id[0] == 'n':
		r.id = bytes.Clone(id)
	default:
		return r, badRequest("The id is not allowed; give a string, a number or null.")
	}
	if string(version) != `"2.0"` {
		return r, badRequest(`This is not JSON-RPC 2.0; set "jsonrpc" to "2.0".`)
	}
	if method == nil || method[0] != '"' {
		return r, badRequest(`There is no method; set "method" to the name of one.`)
	}
	r.method = unquote(method)
	switch {
	case params == nil || params[0] == 'n':
	case params[0] == '{':
		r.params = params
	case params[0] == '[':
		empty := true
		elements(params, func([]byte) { empty = false })
		if !empty {
			return r, badParam("params", "is a list, but parameters go by name; give an object.")
		}
	default:
		return r, badRequest("The parameters are not allowed; give an object.")
	}
	return r, nil
}
