package storetest

import (
	"haggle/chat"
	"haggle/memory"
)

// Mem is a Store that is obviously right, for tests that need one. Restart, Snapshot and PowerCut make the disk it would
// have left behind.
type Mem = memory.Store

// NewMem makes an empty store. Close it.
func NewMem(self chat.PeerID) *Mem { return memory.New(memory.Options{Self: self}) }

// MemParcels is a chat.Parcels that outlives its node.
type MemParcels = memory.Parcels

// NewMemParcels makes an empty one.
func NewMemParcels() *MemParcels { return memory.NewParcels() }
