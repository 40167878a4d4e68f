// Package journal is the append-only, crash-safe file log that is the truth of Haggle's store. What else the store keeps
// is an index that can be rebuilt from here.
//
// The common case: Open a folder and look at its Report, Read what the index has not seen, then Append batches with sync
// set; when Append returns nil the batch is on disk. One goroutine, the committer, uses a Journal; there is no mutex.
//
// What the package guarantees:
//
//   - A record that a nil Append with sync (or a nil Sync) covered is read back after a kill, a power cut or a reopening.
//   - A batch is there as a whole or not at all. What a crash tore off the end is dropped and never comes back.
//   - No record is invented: each is checked against a CRC-32C over segment, offset, number, type and payload, seeded with
//     bytes that whoever wrote the payload cannot know.
//   - Damage costs what it hit and no more. Reading resumes at the next good record, the numbers in between are reported
//     as a Hole, and the damaged file is copied to the folder "quarantine" before anything else happens to it.
//   - After a failed write or sync every change is refused with ErrBroken until Reopen has read the segment again and
//     written anew all that no successful sync had covered. A folder of a newer format is refused untouched.
//
// Assumed, as SQLite and its like do: writing the first bytes of a sector does not damage bytes beside them that the write
// repeats unchanged, and one process at a time uses the folder (the caller locks it).
//
// With Options.Seal the payloads are hidden: a segment is sealed or it is not, a journal may hold both kinds, and Compact with
// Reseal makes all of them the kind that is written now. Sealed records can be neither changed nor moved; a checksum stands
// over each as over any other, so that a torn tail is told from damage without the key. Number, type and length stay in the
// open. With another key, or none, Open refuses and touches nothing.
//
// Why our own: tidwall/wal has no checksums, and hashicorp/raft-wal checks none of a sealed segment when it is read, gives up
// a whole log at damage in its middle and needs a second database for its metadata. Neither can resume behind damage,
// report its exact extent, or drop records from the middle of the log.
//
// # Format, versions 1 and 2
//
// All integers are little-endian, all checksums CRC-32C. A segment is a file named by the number of its first record in 16
// hexadecimal digits plus ".seg", filled with zeros when made, so that a sync has no metadata to write. It begins with a
// header of 64 bytes, repeated at offset 4096:
//
//	0  magic "hagglejr"      32  last number covered (compacted only)
//	8  version u32           40  last number kept (compacted only)
//	12 flags u32             48  salt, 8 random bytes
//	16 id u64                56  size of the file u32
//	24 id of the one before  60  checksum of the 60 bytes before
//
// Flag 1 is a compacted segment, flag 2 a sealed one. Only sealed segments have version 2, so that an older program refuses
// them; the upper 16 bits of their flags are Seal.Check of salt and id, so that a wrong key is not taken for damage.
//
// The first 12 bytes and the checksum stay as they are in every later version. Frames follow from offset 4160, each
// aligned to 8 bytes:
//
//	0  length u32, this header included; 0 ends the segment
//	4  type u8
//	5  flags u8: 1 last of its batch, 2 end mark
//	6  zero u16
//	8  number u64
//	16 link u64
//	24 checksum of salt and id, XORed with the frame's offset and continued over the 24 bytes before
//	28 the same checksum continued over the payload
//	32 payload; in a sealed segment what Seal.Seal made of it with 25 bytes as its place: id, offset, number, type
//
// The link of a plain segment is the highest number that a sync had covered when the frame was written: it tells damage
// (a record that was durable is unreadable) from a torn tail (a record that never was). The link of a compacted segment is
// the number of the record kept before, so that dropped numbers are not taken for lost ones. A segment is sealed by a frame
// of length 0 with the end flag and the number of the next segment, written once that one is durable: a lost last segment
// is therefore noticed.
package journal
