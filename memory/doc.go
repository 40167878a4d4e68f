// Package memory is a chat.Store that writes no file: for a guest at a kiosk, who leaves nothing behind, and for tests.
//
// The common case: New, and Wipe when the guest has gone. It keeps everything in maps and answers by looking through all of
// it, so it is for what fits into memory; Options bound that. It works inside a testing/synctest bubble. What tests need
// besides, the disk it would have left behind after a kill or a power cut, is in Restart, Snapshot and PowerCut.
package memory
