// Package storetest holds every chat.Store to the contract, and gives tests a Store that is obviously right.
//
// The common case: Run in the test of a Store, NewMem where a test needs one. Mem keeps everything in maps, answers by
// looking through all of it, and works inside a testing/synctest bubble. Restart, Snapshot and PowerCut make the disk it
// would have left behind.
package storetest
