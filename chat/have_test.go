package chat_test

import (
	"testing"

	"haggle/chat"
)

// TestLinkUpSaysHave: both sides name what they hold of both rooms at once; the reminder after five seconds would only
// hide that they did not.
func TestLinkUpSaysHave(t *testing.T) {
	play(t, func(d *desk) {
		f := &far{d: d, person: ann, device: annDevice}
		d.ends = append(d.ends, f)
		f.up()
		var said [2]int
		for _, have := range heardOf[chat.Have](f) {
			said[have.Mine]++
		}
		equal(t, "Haves as buyer", said[chat.Buyer], 1)
		equal(t, "Haves as seller", said[chat.Seller], 1)
	})
}

// TestReceiptForAnotherVersion: a receipt counts for the version of the log that the other side's Have has shown to be
// ours; after a roll-back it may be for another (found by the simulation, seed 747).
func TestReceiptForAnotherVersion(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(ann, me)
		d.posted(room, "written after the folder was rolled back")
		log := d.mine(room, chat.Seller)
		f := d.linked(ann, annDevice)
		f.say(f.receipt(log, 1, 0))
		d.told()
		equal(t, "messages", d.page(room)[0].State, chat.Waiting)
		held := d.held(log)
		f.say(f.have(room, chat.Head{Author: chat.Seller, Device: log.Device, Seq: 1, Hash: held.Hash}), f.receipt(log, 1, 0))
		d.told()
		equal(t, "messages", d.page(room)[0].State, chat.Delivered)
	})
}
