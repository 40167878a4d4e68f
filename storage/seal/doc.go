// Package seal hides what lies on the disk: it computes and touches nothing. What is sealed can be neither read nor changed
// nor moved without it being seen.
//
// The common case: NewKey makes a random Key, a Padlock keeps it for whoever knows the passphrase, and Records, Blobs and
// Files seal with it. Changing the passphrase changes the Padlock and nothing else.
//
// # What is sealed with what
//
// Everything uses XChaCha20-Poly1305 with a fresh random nonce of 24 bytes for each thing that is sealed, written in front
// of it; the tag of 16 bytes stands behind. Nonces are never derived from positions: what a crash tore off is written anew
// at the same place under the same number, and a nonce that came twice would open both. Of 2^48 random nonces of that size
// two are alike with a chance of 2^-96, so one key serves for ever.
//
// Each use has a key of its own, HKDF-SHA-256 (expansion only, the Key is random) with one of these labels:
//
//	haggle journal v1      records of the journal; authenticated with them: segment, offset, number and type
//	haggle journal check   the 16 bits of HMAC-SHA-256 over a segment's salt and number that tell a wrong key from damage
//	haggle blob v1         chunks of pictures; with them: the picture's hash and the chunk's number
//	haggle blob name v1    names of pictures: see Blobs.Name
//	haggle file v1         whole small files; with them: what the file is for
//	haggle index v1        the key that Badger gets
//
// What stays in the open: how many files, records and pictures there are, how large they are and when they were written,
// and the number and type of a record. Somebody who can write to the disk can still delete, or put back an older state as
// a whole; that is noticed by peers only.
//
// # The padlock
//
// A text file, JSON with a checksum. The Key stands in it once for the passphrase, wrapped with what Argon2id makes of it
// (NFC, so that it is the same from every keyboard), and perhaps once for the system's keyring, wrapped with 32 random bytes
// that only the keyring holds. Time, memory and salt stand beside; all of it is authenticated.
package seal
