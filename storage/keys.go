package storage

import (
	"encoding/binary"

	"haggle/chat"
)

// The keys of the index. Integers are big-endian, so that keys sort as pages read. Every value ends with a checksum over
// key and value (see withSum).
//
//	g | room 32 | author 1 | device 8 | last seq 8  a group: see storedGroup
//	r | room 32                                     a room: chat.RoomState without its messages
//	f | room 32 | author 1 | device 8               evidence of a forked log
//	l | seller 32 | listing 16                      a current listing as searches need it: see item
//	v | hash 32                                     a version of a listing: seller 32, signed record
//	a | hash 32                                     a version that messages are about; no value
//	b | 1 | room 32 | author 1 | device 8 | seq 8   a message with a picture: whether it is a row 1, blob 32
//	b | 2 | seller 32 | listing 16                  the photos of a current listing: blobs 32 each
//	b | 3 | peer 32                                 the picture of a profile: blob 32
//	p | peer 32                                     chat.Peer
//	P | peer 32                                     signed profile
//	s | key                                         a setting
//	h                                               where the index stands in the journal, and sums over it: see indexHead
//	t                                               there while a change too large for one transaction is written
//
// There is no index of messages by time: along a log clocks rise as sequence numbers do, so a page is a merge of logs.
const (
	keyGroup     = 'g'
	keyRoom      = 'r'
	keyEvidence  = 'f'
	keyListing   = 'l'
	keyVersion   = 'v'
	keyAbout     = 'a'
	keyReference = 'b'
	keyPeer      = 'p'
	keyProfile   = 'P'
	keySetting   = 's'
	keyHead      = 'h'
	keyTorn      = 't'
)

const logKeySize = 1 + 32 + 1 + 8

func logKey(kind byte, log chat.LogID) []byte {
	k := make([]byte, 0, logKeySize+8)
	k = append(k, kind)
	k = append(k, log.Room[:]...)
	k = append(k, byte(log.Author))
	return append(k, log.Device[:]...)
}

func groupKey(log chat.LogID, last uint64) []byte {
	return binary.BigEndian.AppendUint64(logKey(keyGroup, log), last)
}

// parseGroupKey reads groupKey's form.
func parseGroupKey(k []byte) (log chat.LogID, last uint64, ok bool) {
	if len(k) != logKeySize+8 || k[0] != keyGroup || k[33] > byte(chat.Seller) {
		return log, 0, false
	}
	log.Room, log.Author, log.Device = chat.RoomID(k[1:33]), chat.Role(k[33]), chat.DeviceID(k[34:42])
	return log, binary.BigEndian.Uint64(k[42:]), true
}

func roomKey(id chat.RoomID) []byte    { return append([]byte{keyRoom}, id[:]...) }
func versionKey(hash chat.Hash) []byte { return append([]byte{keyVersion}, hash[:]...) }
func aboutKey(hash chat.Hash) []byte   { return append([]byte{keyAbout}, hash[:]...) }
func peerKey(id chat.PeerID) []byte    { return append([]byte{keyPeer}, id[:]...) }
func profileKey(id chat.PeerID) []byte { return append([]byte{keyProfile}, id[:]...) }
func settingKey(key string) []byte     { return append([]byte{keySetting}, key...) }
func listingKey(key goodsID) []byte {
	return append(append([]byte{keyListing}, key.seller[:]...), key.id[:]...)
}
func evidenceKey(log chat.LogID) []byte { return logKey(keyEvidence, log) }

// goodsID names a thing on offer.
type goodsID struct {
	seller chat.PeerID
	id     chat.ListingID
}
