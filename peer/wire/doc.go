// Package wire is what travels on a link: length-delimited protobuf frames, and their limits.
//
// The common case: a Reader turns bytes into Frames; Frame.Chat turns those between nodes into chat's, checked; Wrap and
// Append go the other way.
//
// What the package guarantees:
//
//   - Nothing is allocated for a length that was not checked, and never more than a few times what was received.
//   - A chat frame that Chat returns has fields of the right sizes and shares no memory with the Reader.
//   - Frames without a known body are read and have a nil Body, so that later versions may say more.
//
// It is pure: bytes in, bytes out. The format is the one of protobuf's protodelim package.
package wire
