package storetest

import (
	"testing"

	"haggle/chat"
)

// Reopener is a Store with a disk that outlives it.
type Reopener interface {
	chat.Store
	chat.Blobs
	// Close ends the store once everything that Commit took before is written; from then on all is refused with
	// chat.ErrClosed.
	Close() error
	// Reopen closes the store and opens what it left behind.
	Reopen(t *testing.T) Reopener
}

// CacheBytes is what the stores under test keep of other people's photos, instead of chat.PhotoBytes.
const CacheBytes = 100_000

// Run holds the stores that open makes, each empty and on a disk of its own, to the contracts of chat.Store and chat.Blobs.
// open or the test that called Run cleans up; Run closes what it opened.
func Run(t *testing.T, open func(t *testing.T, self chat.PeerID) Reopener) {
	for _, c := range []struct {
		name string
		test func(*world)
	}{
		{"CommitsInOrder", testCommitsInOrder},
		{"BatchIsAllOrNothing", testBatchIsAllOrNothing},
		{"RefusesBadRecords", testRefusesBadRecords},
		{"SharesNoMemory", testSharesNoMemory},
		{"ReadsAreSnapshots", testReadsAreSnapshots},
		{"ClosedRefuses", testClosedRefuses},
		{"Rooms", testRooms},
		{"InboxIsOrdered_X17", testInboxIsOrdered},
		{"Groups", testGroups},
		{"LargeGroups", testLargeGroups},
		{"HashAt", testHashAt},
		{"PagesWithEqualClocks_X7", testPagesWithEqualClocks},
		{"ClocksAtTheCap", testClocksAtTheCap},
		{"LateEntrySortsWhereItBelongs_X6", testLateEntry},
		{"LastRow", testLastRow},
		{"UnreadPerSide_X16", testUnreadPerSide},
		{"Receipts", testReceipts},
		{"WithdrawalDropsBody", testWithdrawal},
		{"TakenBackBeforeItCame", testTakenBackBefore},
		{"Hide", testHide},
		{"Strangers", testStrangers},
		{"Forget_X19", testForget},
		{"Truncate", testTruncate},
		{"Fork", testFork},
		{"SearchRows", testSearchRows},
		{"ListingVersions", testListingVersions},
		{"ListingHidden", testListingHidden},
		{"ListingSearch", testListingSearch},
		{"Catalogue", testCatalogue},
		{"DropCatalogue", testDropCatalogue},
		{"Profiles", testProfiles},
		{"Peers", testPeers},
		{"Settings", testSettings},
		{"Drafts", testDrafts},
		{"SoftSurvivesReopening", testSoft},
		{"PutBlob", testPutBlob},
		{"BlobParts", testBlobParts},
		{"BlobMarks", testBlobMarks},
		{"BlobTurns", testBlobTurns},
		{"BlobReferences", testBlobReferences},
		{"BlobHeld", testBlobHeld},
		{"BlobInManyRooms", testBlobInManyRooms},
		{"BlobOfDeletedRoom", testBlobOfDeletedRoom},
		{"BlobCache", testBlobCache},
		{"RoomImages", testRoomImages},
		{"BlobsClosed", testBlobsClosed},
		{"LikeMem", testLikeMem},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.store = open(t, w.me.id)
			defer func() {
				if err := w.store.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}()
			c.test(w)
		})
	}
}
