// Package storetest holds every chat.Store to the contract, and gives tests one that is obviously right.
//
// The common case: Run in the test of a Store, NewMem where a test needs one.
package storetest
