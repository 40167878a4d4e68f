package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"haggle/chat"
	"haggle/chat/storetest"
)

var errTorn = errors.New("torn")

// TestGroupCommit posts 10,000 messages against a disk whose sync takes 2 ms: what came during one sync is the next group.
func TestGroupCommit(t *testing.T) {
	play(t, func(d *desk) {
		const posts = 10_000
		room := d.opened(ann, me)
		f := d.met(ann, annDevice)
		d.disk.trouble.Store(&trouble{latency: 2 * time.Millisecond})
		before, began := d.disk.commits.Load(), time.Now()
		var answers []chan fate[chat.Message]
		for i := range posts {
			answers = append(answers, d.posting(room, fmt.Sprint(i)))
		}
		d.pass(time.Minute)
		for i, c := range answers {
			if m, err := now(d, c); err != nil || m.Text != fmt.Sprint(i) || m.ID.Seq != uint64(i)+1 || m.State != chat.Waiting {
				t.Fatalf("post %d: %+v, %v", i, m, err)
			}
		}
		if n := d.disk.commits.Load() - before; n > 400 {
			t.Errorf("%d commits for %d posts, want at most 400", n, posts)
		}
		if spent := time.Since(began) - time.Minute; spent > time.Second {
			t.Errorf("the posts took %v", spent)
		}
		log := d.mine(room, chat.Seller)
		d.holds(log, posts)
		var seq uint64
		hash := chat.LogStart(room, me.id, myDevice)
		for _, g := range groups(t, log, f.heard()) {
			if err := g.Verify(me.id); err != nil || g.First() != seq+1 || g.Entries[0].Previous != hash {
				t.Fatalf("the group from %d does not continue at %d: %v", g.First(), seq, err)
			}
			seq, hash = g.Last(), g.Entries[len(g.Entries)-1].Hash()
		}
		equal(t, "entries streamed", seq, posts)
	})
}

// TestGroupsHoldTheLimits posts what makes groups end for their count, and what makes them end for their size.
func TestGroupsHoldTheLimits(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		posts int
		least int // groups
	}{
		"count": {"x", 1000, 4},
		"size":  {strings.Repeat("x", 5000), 200, 6},
		"wide":  {strings.Repeat("字", 5000), 60, 5},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(d *desk) {
				room := d.opened(ann, me)
				d.disk.trouble.Store(&trouble{latency: time.Second})
				for range c.posts {
					d.posting(room, c.text)
				}
				d.pass(time.Minute)
				d.disk.release()
				log := d.mine(room, chat.Seller)
				d.holds(log, uint64(c.posts))
				raw, err := d.disk.Groups(log, 1, 1<<30)
				if err != nil || len(raw) < c.least {
					t.Errorf("%d groups, %v, want at least %d", len(raw), err, c.least)
				}
				for _, b := range raw {
					g, err := chat.DecodeGroup(b)
					if err != nil || len(b) > chat.MaxGroupBytes || len(g.Entries) > chat.MaxGroupCount {
						t.Errorf("a group of %d bytes: %v", len(b), err)
					}
				}
			})
		})
	}
}

// TestBatchesHoldTheLimits: one commit has at most 512 KiB and 2,000 records, but always one step.
func TestBatchesHoldTheLimits(t *testing.T) {
	play(t, func(d *desk) {
		biggest := 0
		d.disk.trouble.Store(&trouble{latency: time.Second, refuse: func(b chat.Batch) error {
			size := 0
			for _, r := range b.Records {
				if g, ok := r.(chat.GroupRecord); ok {
					size += len(g.Group.Encode())
				}
			}
			biggest = max(biggest, size)
			if size > chat.MaxBatchBytes || len(b.Records) > chat.MaxBatchRecords {
				t.Errorf("a batch of %d records and %d bytes", len(b.Records), size)
			}
			return nil
		}})
		var rooms []chat.RoomID
		for i := range 30 {
			p := many(i)
			d.node.OpenRoom(me.id, p.id, chat.ListingID{}, func(chat.RoomView, bool, error) {})
			rooms = append(rooms, chat.RoomFor(me.id, p.id))
		}
		d.pass(10 * time.Second)
		for i := range 3000 {
			d.posting(rooms[i%len(rooms)], strings.Repeat("x", 1000))
		}
		d.pass(time.Minute)
		if biggest < chat.MaxBatchBytes/2 {
			t.Errorf("the biggest batch has %d bytes: no use is made of the limit", biggest)
		}
	})
}

// TestD5ReceiptOnlyAfterTheDisk holds commits back: nothing is acknowledged, told or named before the store said done.
func TestD5ReceiptOnlyAfterTheDisk(t *testing.T) {
	play(t, func(d *desk) {
		f, a := talking(d)
		d.disk.trouble.Store(&trouble{hold: true})
		f.write(a, says("three"))
		f.write(a, says("four"))
		f.say(chat.Have{Mine: chat.Buyer, Heads: []chat.Head{a.head()}, Ask: true})
		frames := f.heard()
		for _, r := range receipts(a.log, frames) {
			if r.Delivered > 2 {
				t.Errorf("acknowledged %d before the disk has it", r.Delivered)
			}
		}
		for _, h := range of[chat.Have](frames) {
			for _, head := range h.Heads {
				if head.Device == annDevice && head.Seq > 2 {
					t.Errorf("claims to have %d before the disk has it", head.Seq)
				}
			}
		}
		equal(t, "messages told of", len(toldOf[chat.MessageReceived](d)), 0)
		d.pass(time.Minute)
		equal(t, "receipts after a minute", countAbove(receipts(a.log, f.heard()), 2), 0)
		d.disk.release()
		got := receipts(a.log, f.heard())
		if len(got) == 0 || got[len(got)-1].Delivered != 4 {
			t.Errorf("acknowledged %v, want 4", got)
		}
		equal(t, "messages told of", len(toldOf[chat.MessageReceived](d)), 2)
		d.unharmed()
	})
}

func countAbove(list []chat.ReceiptFrame, seq uint64) int {
	n := 0
	for _, r := range list {
		if r.Delivered > seq {
			n++
		}
	}
	return n
}

// TestD4NothingLeavesBeforeTheDisk: own words are neither answered nor sent before they are durable.
func TestD4NothingLeavesBeforeTheDisk(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(ann, me)
		f := d.met(ann, annDevice)
		log := d.mine(room, chat.Seller)
		d.pass(time.Second) // ann's presence is told without a profile, too
		d.told()
		d.disk.trouble.Store(&trouble{hold: true})
		first, second := d.posting(room, "one"), d.posting(room, "two")
		d.pass(10 * time.Second)
		equal(t, "answers", pending(first) && pending(second), true)
		equal(t, "groups sent", len(groups(t, log, f.heard())), 0)
		equal(t, "events", len(d.told()), 0)
		d.disk.release()
		equal(t, "entries sent", len(entriesOf(groups(t, log, f.heard()))), 2)
		for _, c := range []chan fate[chat.Message]{first, second} {
			if _, err := now(d, c); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestX3FailedSend fills the disk: the post fails at once and leaves nothing that waits for ever; once there is room,
// everything goes on by itself, in both directions, and nothing is lost.
func TestX3FailedSend(t *testing.T) {
	play(t, func(d *desk) {
		f, a := talking(d)
		room := a.log.Room
		d.accepted(room)
		d.posted(room, "before")
		f.heard()
		d.told()
		d.full()
		failing := []chan fate[chat.Message]{d.posting(room, "lost"), d.posting(room, "lost too")}
		three := a.group(says("three"))
		f.say(f.entries(a.log, three))
		d.pass(time.Second)
		for _, c := range failing {
			_, err := now(d, c)
			fails(t, "post", err, chat.ErrDiskFull)
		}
		equal(t, "receipts while the disk is full", countAbove(receipts(a.log, f.heard()), 2), 0)
		d.shows(room, "one two before")
		events := d.told()
		equal(t, "notices", fmt.Sprint(notices(events)), fmt.Sprint([]chat.Notice{chat.NoticeDiskFull}))
		equal(t, "messages told of", len(of[chat.MessageReceived](events)), 0)

		d.disk.release()
		m := d.posted(room, "after")
		equal(t, "seq of the next post", m.ID.Seq, 2)
		catchUp(t, f, a, []*chat.Group{three})
		d.shows(room, "one two three before after")
		mine := authorIn(ann, me, chat.Seller, myDevice)
		raw, err := d.disk.Groups(mine.log, 1, 1<<20)
		if err != nil || len(raw) != 2 {
			t.Fatalf("%d groups on disk, %v", len(raw), err)
		}
		for _, b := range raw {
			g, err := chat.DecodeGroup(b)
			if err != nil || g.Entries[0].Previous != mine.hash || g.Verify(me.id) != nil {
				t.Errorf("the log does not continue: %v", err)
			}
			mine.follow(g)
		}
		events = d.told()
		equal(t, "notices", fmt.Sprint(notices(events)), fmt.Sprint([]chat.Notice{chat.NoticeDiskBack}))
		equal(t, "messages told of", len(of[chat.MessageReceived](events)), 1)
		d.unharmed()
	})
}

// TestX3FullDiskIsQuiet lets ann answer whatever the node asks while its disk is full: asking must not become a storm.
func TestX3FullDiskIsQuiet(t *testing.T) {
	play(t, func(d *desk) {
		f, a := talking(d)
		d.full()
		three := a.group(says("three"))
		f.say(f.entries(a.log, three))
		asked := 0
		for range 6000 {
			d.pass(10 * time.Millisecond)
			if n := len(heardOf[chat.Have](f)); n > 0 {
				asked += n
				f.say(f.entries(a.log, three))
			}
		}
		if asked > 40 {
			t.Errorf("asked %d times in a minute", asked)
		}
		d.disk.release()
		for range 6500 {
			d.pass(10 * time.Millisecond)
			if len(heardOf[chat.Have](f)) > 0 {
				f.say(f.entries(a.log, three))
			}
		}
		d.shows(a.log.Room, "one two three")
	})
}

// TestCommitFailureFailsTheChain refuses one batch: all that was chained on it fails with it, in memory too; other rooms
// and the next post go on.
func TestCommitFailureFailsTheChain(t *testing.T) {
	play(t, func(d *desk) {
		room, other := d.opened(ann, me), d.opened(bo, me)
		f := d.met(ann, annDevice)
		d.posted(room, "one")
		f.heard()
		d.disk.trouble.Store(&trouble{latency: time.Millisecond, refuse: func(b chat.Batch) error {
			for _, g := range of[chat.GroupRecord](b.Records) {
				if g.Log.Room == room && slices.ContainsFunc(g.Group.Entries, func(e chat.Entry) bool { return textOf(e) == "bad" }) {
					return errTorn
				}
			}
			return nil
		}})
		bad := d.posting(room, "bad")
		synctest.Wait() // in flight
		chained, elsewhere, again := d.posting(room, "chained"), d.posting(other, "elsewhere"), d.posting(room, "chained again")
		d.pass(time.Second)
		for _, c := range []chan fate[chat.Message]{bad, chained, again} {
			_, err := now(d, c)
			fails(t, "a post on the refused batch", err, errTorn)
		}
		if _, err := now(d, elsewhere); err != nil {
			t.Errorf("a post in another room: %v", err)
		}
		d.shows(room, "one")
		d.shows(other, "elsewhere")
		equal(t, "groups sent", len(groups(t, d.mine(room, chat.Seller), f.heard())), 0)
		d.disk.release()
		equal(t, "seq of the next post", d.posted(room, "two").ID.Seq, 2)
		d.shows(room, "one two")
		f.say(f.have(room))
		equal(t, "entries that ann lacks", len(entriesOf(groups(t, d.mine(room, chat.Seller), f.heard()))), 2)
		d.unharmed()
	})
}

// TestCommitFailureUndoesWhatWasMadeOutOfIt: goods and a profile changed on top of a change that the disk refused are
// refused with it, or they would carry what its caller was told had failed.
func TestCommitFailureUndoesWhatWasMadeOutOfIt(t *testing.T) {
	play(t, func(d *desk) {
		price := chat.Money{Minor: 500, Currency: "EUR"}
		lamp, chair := d.published(chat.Goods{Title: "lamp", Price: price}), d.published(chat.Goods{Title: "chair", Price: price})
		refuseNext := false
		d.disk.trouble.Store(&trouble{latency: time.Millisecond, refuse: func(chat.Batch) error {
			if refuseNext {
				refuseNext = false
				return errTorn
			}
			return nil
		}})
		titled := func(title string) func(*chat.Goods, *chat.Status) {
			return func(g *chat.Goods, _ *chat.Status) { g.Title = title }
		}
		sold := func(_ *chat.Goods, s *chat.Status) { *s = chat.Sold }
		refuseNext = true
		bad := d.revising(lamp.ID, titled("bad"))
		synctest.Wait() // in flight
		onto, elsewhere := d.revising(lamp.ID, sold), d.revising(chair.ID, sold)
		d.pass(time.Second)
		for _, c := range []chan fate[*chat.Listing]{bad, onto} {
			_, err := now(d, c)
			fails(t, "a change of the lamp", err, errTorn)
		}
		if _, err := now(d, elsewhere); err != nil {
			t.Errorf("a change of the chair: %v", err)
		}

		set := func(c chat.SelfChange) chan fate[chat.SelfView] {
			return ask(func(then func(chat.SelfView, error)) { d.node.SetSelf(c, then) })
		}
		name, about := "bad", "sells lamps"
		refuseNext = true
		named := set(chat.SelfChange{Name: &name})
		synctest.Wait()
		described := set(chat.SelfChange{About: &about})
		d.pass(time.Second)
		for _, c := range []chan fate[chat.SelfView]{named, described} {
			_, err := now(d, c)
			fails(t, "a change of the profile", err, errTorn)
		}
		d.disk.release()
		if l := d.revised(lamp.ID, sold); l.Goods.Title != "lamp" || l.Status != chat.Sold {
			t.Errorf("the lamp became %q, %v", l.Goods.Title, l.Status)
		}
		if view, err := now(d, set(chat.SelfChange{About: &about})); err != nil || view.Name == name || view.About != about {
			t.Errorf("the profile became %q, %q, %v", view.Name, view.About, err)
		}
	})
}

// TestCommitFailureOfANewRoom leaves no room behind, neither on disk nor in memory.
func TestCommitFailureOfANewRoom(t *testing.T) {
	play(t, func(d *desk) {
		d.disk.trouble.Store(&trouble{refuse: func(chat.Batch) error { return errTorn }})
		open := func() chan fate[chat.RoomView] {
			return ask(func(then func(chat.RoomView, error)) {
				d.node.OpenRoom(ann.id, me.id, chat.ListingID{}, func(v chat.RoomView, _ bool, err error) { then(v, err) })
			})
		}
		_, err := now(d, open())
		fails(t, "open", err, errTorn)
		_, err = now(d, d.posting(chat.RoomFor(ann.id, me.id), "hello"))
		fails(t, "post", err, chat.ErrNotFound)
		equal(t, "rooms shown", d.inbox(), 0)
		d.disk.release()
		if _, err := now(d, open()); err != nil {
			t.Error(err)
		}
		equal(t, "rooms shown", d.inbox(), 1)
	})
}

// TestReadOnlyStore says so and lets people read.
func TestReadOnlyStore(t *testing.T) {
	play(t, func(d *desk) {
		_, a := talking(d)
		d.disk.trouble.Store(&trouble{refuse: func(chat.Batch) error { return chat.ErrReadOnly }})
		_, err := now(d, d.posting(a.log.Room, "x"))
		fails(t, "post", err, chat.ErrReadOnly)
		equal(t, "notices", fmt.Sprint(notices(d.told())), fmt.Sprint([]chat.Notice{chat.NoticeReadOnly}))
		d.shows(a.log.Room, "one two")
	})
}

// answered stands among events for the answer to a call.
type answered struct{ chat.Event }

// TestAnswerBeforeEvents: the answer to a call comes before what it causes is told, on the node's goroutine.
func TestAnswerBeforeEvents(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(ann, me)
		events := d.events
		first := func(what string) {
			t.Helper()
			got := d.told()
			if len(got) < 2 || got[0] != (answered{}) {
				t.Errorf("%s tells %T first, want the answer and then events (%d)", what, got[0], len(got))
			}
		}
		say := func() { events <- answered{} }
		d.told()
		d.node.OpenRoom(me.id, ann.id, chat.ListingID{}, func(chat.RoomView, bool, error) { say() })
		first("OpenRoom")
		var id chat.MessageID
		d.node.Post(room, chat.Draft{Text: "x"}, func(m chat.Message, _ error) { id = m.ID; say() })
		first("Post")
		d.node.Withdraw(id, func(chat.Message, bool, error) { say() })
		first("Withdraw")
		var listing *chat.Listing
		d.node.Publish(chat.Goods{Title: "lamp", Price: chat.Money{Currency: "EUR"}}, func(l *chat.Listing, _ error) { listing = l; say() })
		first("Publish")
		d.node.Revise(listing.ID, func(g *chat.Goods, _ *chat.Status) error { g.Title = "bulb"; return nil }, func(*chat.Listing, error) { say() })
		first("Revise")
		f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		f.write(a, says("y"))
		d.told()
		d.node.MarkRead(room, a.id(1), func(int, error) { say() })
		first("MarkRead")
		d.node.DeleteRoom(room, func(struct{}, error) { say() })
		first("DeleteRoom")
		f.write(a, says("z"))
		d.told()
	})
}

// TestEventsFollowTheDisk: whoever asks back from an event sees what it tells of.
func TestEventsFollowTheDisk(t *testing.T) {
	var d2 *desk
	seen := 0
	cfg := func(c *chat.Config) {
		c.Notify = func(e chat.Event) {
			m, ok := e.(chat.MessageReceived)
			if !ok {
				return
			}
			seen++
			if _, err := d2.node.Message(m.Message.ID); err != nil {
				t.Errorf("told of a message that cannot be read: %v", err)
			}
		}
	}
	playWith(t, cfg, func(d *desk) {
		d2 = d
		f, a := d.met(ann, annDevice), authorIn(ann, me, chat.Buyer, annDevice)
		f.write(a, repeat(20, says("x"))...)
		equal(t, "messages told of", seen, 20)
	})
}

// TestStopAnswersEverything ends the node with posts on their way: each is answered, and what succeeded is on disk.
func TestStopAnswersEverything(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(ann, me)
		d.disk.trouble.Store(&trouble{latency: time.Second})
		var answers []chan fate[chat.Message]
		for range 500 {
			answers = append(answers, d.posting(room, "x"))
		}
		d.stop()
		good := uint64(0)
		for _, c := range answers {
			if _, err := now(d, c); err == nil {
				good++
			}
		}
		equal(t, "posts that succeeded", good, 500)
		d.holds(d.mine(room, chat.Seller), good)
		_, err := now(d, d.posting(room, "too late"))
		fails(t, "post after the end", err, chat.ErrClosed)
		_, err = now(d, d.withdrawing(chat.MessageID{}))
		fails(t, "withdraw after the end", err, chat.ErrClosed)
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		_, err = chat.Await(ctx, func(then func(chat.RoomView, error)) { d.node.Accept(room, then) })
		fails(t, "accept after the end", err, chat.ErrClosed)
	})
}

// TestAwaitEndsWithItsContext.
func TestAwaitEndsWithItsContext(t *testing.T) {
	play(t, func(d *desk) {
		room := d.opened(ann, me)
		d.disk.trouble.Store(&trouble{hold: true})
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := chat.Await(ctx, func(then func(chat.Message, error)) { d.node.Post(room, chat.Draft{Text: "x"}, then) })
		fails(t, "await", err, context.DeadlineExceeded)
		d.disk.release()
		d.shows(room, "x") // what was asked happens all the same
	})
}

// TestEveryCallIsAnswered: also one that comes while the node ends, or slips in behind its last look.
func TestEveryCallIsAnswered(t *testing.T) {
	for range 200 {
		mem := storetest.NewMem(me.id)
		node, err := chat.New(chat.Config{Self: chat.Identity{ID: me.id, Key: me.key, Device: myDevice}, Store: mem, Link: newWire(t)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = node.Run(ctx)
		}()
		const askers, calls = 4, 50
		answered := make(chan struct{}, askers*calls)
		for range askers {
			go func() {
				for range calls {
					node.SetSelf(chat.SelfChange{}, func(chat.SelfView, error) { answered <- struct{}{} })
				}
			}()
		}
		cancel()
		<-ended
		late := time.After(30 * time.Second)
		for i := range askers * calls {
			select {
			case <-answered:
			case <-late:
				t.Fatalf("%d of %d calls were answered", i, askers*calls)
			}
		}
		_ = mem.Close()
	}
}
