package chat

import "time"

// Limits of what people may write and peers may send: the one place in code, DESIGN's table.
const (
	MaxEntryBody   = 64 << 10 // bytes of one entry's body, stored and acknowledged whatever it says
	MaxTextBytes   = 16 << 10 // bytes of a text when it is written
	MaxText        = 5000     // characters of a text when it is written
	MaxGroupCount  = 256      // entries of one group
	MaxGroupBytes  = 192 << 10
	MaxLogs        = 256 // logs per author and room
	MaxName        = 32
	MaxAbout       = 200
	MaxNote        = 500 // characters of what a person notes about a peer
	MaxTitle       = 80
	MaxDescription = 2000
	MaxWord        = 32 // category, condition
	MaxPhotos      = 9
	MaxQuantity    = 1_000_000
	MaxRecordBytes = 48 << 10 // bytes of one signed listing, thumbnail included
	MaxProfile     = 2 << 10  // bytes of one signed profile

	MaxBlob       = 20 << 20  // bytes of one blob: a picture that its sender wanted unchanged
	MaxCaption    = 2 << 10   // bytes of a picture's caption when it is written
	MaxThumbnail  = 12 << 10  // bytes of a message's thumbnail, of the first one of a listing, and of a portrait
	MaxSmallThumb = 3 << 10   // bytes of a listing's other thumbnails
	ChunkBytes    = 64 << 10  // bytes of a blob in one frame
	PhotoBytes    = 512 << 20 // blobs of other people's listings and profiles, all together

	MaxBatchBytes   = 512 << 10 // one commit
	MaxBatchRecords = 2000

	MaxPage   = 500
	PageLimit = 50 // when the caller names none

	StrangerMessages = 50
	StrangerBytes    = 1 << 20
	StrangersBytes   = 64 << 20 // all strangers together
	RequestBytes     = 8 << 10  // what a stranger's room counts among those for being there at all

	CatalogueBytes = 8 << 20   // one seller's listings
	MarketBytes    = 512 << 20 // everybody's listings

	MaxParcel       = 4 << 20            // bytes of a parcel, and of a picture that is carried
	MaxParcelsFor   = 64                 // carried for one peer, and what one guest leaves for them
	ParcelBytesFor  = 16 << 20           // bytes of these
	ParcelBytes     = 64 << 20           // bytes of all that is carried
	CarriedFor      = 7 * 24 * time.Hour // until a parcel that nobody takes is dropped
	maxLetter       = 512 << 10          // bytes of entries in one letter, roughly
	maxLetterGroups = 4096
	maxLogPacked    = 4 << 20 // bytes of a log beyond which only what waits is packed

	MaxPeers      = 20_000             // peers that are remembered, with their profiles
	MaxLinks      = 96                 // peers one stays linked with because of a room
	MaxNeighbours = 16                 // further peers one stays linked with while there is room: their presence is then proven
	LinkedFor     = 7 * 24 * time.Hour // a room without activity for longer needs no link
)
