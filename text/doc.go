// Package text prepares peers' text for a screen, a search or an RPC reply.
//
// The common case: Clean makes a message harmless to draw, Folded also cuts it to what one bubble shows, Line does the
// same for names and titles, and FileName for a file to save under. NewNeedle compiles a search query that Match tries
// on one text after the other, and Skeleton gives names that look alike the same key.
//
// What the package guarantees, whatever bytes come in:
//
//   - It never panics, and its work grows linearly with the input.
//   - What comes out is valid UTF-8 in NFC without control, direction, tag or blank characters, with at most 4 combining
//     marks and 16 code points in a cluster. It can neither freeze a widget nor pose as other text by being invisible.
//   - Every function is idempotent: doing it twice changes nothing.
//
// Signed bytes are never changed: the results are for showing and comparing, not for storing in place of the original.
// All functions are pure and may be called from any goroutine.
package text
