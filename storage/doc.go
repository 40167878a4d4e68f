// Package storage keeps everything Haggle knows on disk: a journal for the truth, Badger as the index that answers queries.
//
// The common case: Open a folder, hand the DB to chat.New, Close it at the end. A nil from Commit means that the journal
// was synced (a Soft batch: written); the DB is chat.Store and passes storetest's suite.
//
// What the package guarantees:
//
//   - Nothing that Commit confirmed is lost by a kill, and nothing but Soft batches by a power cut.
//   - The index cannot lose anything silently. Every value has a checksum, every log a head that its groups must lead to
//     without a gap, and the whole a digest. An index that is missing, damaged, truncated or torn is moved to quarantine and
//     built again from the journal, at Open or when a read comes upon it. What the journal lost, the index gives back.
//   - It always starts, except on a disk that is full, beside a process that has the store, and with the store of a newer
//     program, which it does not touch. Nothing that fails to open is deleted.
//   - A picture is a file named by its hash, on disk before anything refers to it, and deleted by the committer with its last
//     reference. What a kill left of one that nothing refers to is swept at the next start, unless something was lost.
//   - With Options.Key everything that a person wrote or showed is sealed; without it such a store is refused. Package seal
//     says how, and what stays in the open. Switching between both survives a kill at any instant; see change.go.
//   - A disk with less than MinFree refuses with chat.ErrDiskFull and is taken again once there is room.
//
// One goroutine, the committer, writes. What queues up during a sync is the next write: one journal append, one sync, one
// Badger transaction, which also says how far in the journal the index is. States of rooms and what searches ask of
// listings are held in memory as well, as values that are replaced and never changed, so that a read is a snapshot.
//
// # The folder
//
//	format       the version of all this, in plain text: 1 in the open, 2 with a lock
//	change       there while the one becomes the other
//	lock         locked while a process has the store
//	journal/     see package journal
//	index/       Badger; see keys.go
//	index.new/   one that is being built
//	blobs/       pictures: HASH a whole one, HASH.part a part, HASH.failed and HASH.cancelled marks; with a lock the
//	             hash is hidden
//	drafts       unsent text, replaced as a whole
//	starts       how many starts in a row came to nothing
//	quarantine/  what was damaged; *.sealed what was there before the lock
package storage
