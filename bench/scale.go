package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// scale measures how everything grows with the number of messages in a room: W3, the disk, starting, memory, reading.
func scale(o options) error {
	type size struct{ messages, rounds int }
	sizes := []size{{10_000, 5}, {100_000, 3}, {1_000_000, 1}}
	if o.quick {
		sizes = []size{{1000, 1}, {5000, 1}}
	}
	if err := o.empty(); err != nil {
		return err
	}
	title("one room with many messages, held by who was away")
	row("messages", "W3 ms", "W3 us/msg", "B/msg", "ready ms", "RSS MB", "page ms", "found ms", "none ms")
	var grown []*grownTo
	for _, s := range sizes {
		g := &grownTo{}
		for round := range s.rounds {
			dir := filepath.Join(o.dir, fmt.Sprintf("scale-%d-%d", s.messages, round))
			if err := g.measure(o, dir, s.messages, round == s.rounds-1); err != nil {
				return err
			}
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
		row(fmt.Sprint(s.messages), median(g.held), median(g.each), g.disk, median(g.ready), g.memory, median(g.page), median(g.found), median(g.none))
		grown = append(grown, g)
	}
	least, most := grown[0], grown[len(grown)-1]
	title("beside the goals")
	goal("W3 time per message, most beside least", []float64{median(most.each) / median(least.each)}, atMost, 1.3)
	goal("bytes on disk per message, least", []float64{least.disk}, atMost, 400)
	goal("bytes on disk per message, most", []float64{most.disk}, atMost, 400)
	goal("RSS MB idle, least", []float64{least.memory}, atMost, 40)
	goal("RSS MB idle, most", []float64{most.memory}, atMost, 80)
	if len(grown) > 2 {
		goal("ready ms with 100,000", grown[1].ready, atMost, 100)
		goal("ready ms with 1,000,000", most.ready, atMost, 200)
		goal("first 50 that are found, ms", most.found, atMost, 100)
		goal("all are looked at, ms", most.none, atMost, 1000)
	}
	return nil
}

// grownTo are the figures for one number of messages.
type grownTo struct {
	held, each, ready, page, found, none []float64 // ms, but each: microseconds a message
	disk, memory                         float64
}

// measure adds a round; the last looks closer.
func (g *grownTo) measure(o options, dir string, n int, last bool) error {
	p, err := o.haggle().open(dir)
	if err != nil {
		return err
	}
	held, err := p.away(0, n)
	if err != nil {
		return err
	}
	g.held, g.each = append(g.held, micro(held)/1000), append(g.each, micro(held)/float64(n))
	if err := p.close(); err != nil || !last {
		return err
	}
	profile := filepath.Join(dir, "seller")
	_, taken, err := folderSize(profile)
	if err != nil {
		return err
	}
	g.disk = float64(taken) / float64(n)
	for start := range 5 {
		c, err := o.rpc(profile)
		if err != nil {
			return err
		}
		at, err := c.wait(ready, 1)
		if err != nil {
			return err
		}
		g.ready = append(g.ready, micro(at.Sub(c.begun))/1000)
		if start == 4 {
			if err := g.look(o, c); err != nil {
				return err
			}
		}
		if err := c.stop(); err != nil {
			return err
		}
	}
	return nil
}

// look measures memory, and then reading.
func (g *grownTo) look(o options, c *child) error {
	quiet := 10 * time.Second // what the start left is done
	if o.quick {
		quiet = time.Second
	}
	<-time.After(quiet)
	var err error
	if g.memory, err = c.resident(); err != nil {
		return err
	}
	room, err := firstRoom(c)
	if err != nil {
		return err
	}
	for range 5 {
		for _, q := range []struct {
			times          *[]float64
			method, params string
		}{
			{&g.page, "messages.list", fmt.Sprintf(`{"roomId":"%s"}`, room)},
			{&g.found, "messages.search", `{"query":"明天下午"}`},
			{&g.none, "messages.search", `{"query":"自行车没有"}`},
		} {
			begun := time.Now()
			if _, err := ask(c, q.method, "%s", q.params); err != nil {
				return err
			}
			*q.times = append(*q.times, micro(time.Since(begun))/1000)
		}
	}
	return nil
}

// empty measures a profile that nothing was done with.
func (o options) empty() error {
	profile := filepath.Join(o.dir, "empty")
	c, err := o.rpc(profile)
	if err != nil {
		return err
	}
	if err := c.stop(); err != nil {
		return err
	}
	apparent, taken, err := folderSize(profile)
	if err != nil {
		return err
	}
	title("an empty profile on disk")
	goal("MB it seems to take", []float64{float64(apparent) / (1 << 20)}, atMost, 100)
	goal("MB it takes", []float64{float64(taken) / (1 << 20)}, atMost, 1)
	return os.RemoveAll(profile)
}

// desk measures what a window asks for, of a profile with 1,000 rooms, 5,000 goods of 200 sellers and 100,000 messages.
func desk(o options) error {
	profile, times := filepath.Join(o.dir, "desk"), 200
	if out, err := exec.Command(o.pair, "-fill", "-dir", profile).CombinedOutput(); err != nil {
		return fmt.Errorf("fill a profile: %w: %s", err, out)
	}
	if o.quick {
		times = 20
	}
	c, err := o.rpc(profile)
	if err != nil {
		return err
	}
	title("what a window asks for, of 1,000 rooms, 5,000 goods of 200 sellers and 100,000 messages; %d times each", times)
	for _, q := range []struct {
		what, method, params string
		limit                float64
	}{
		{"inbox, first page", "rooms.list", `{"limit":50}`, 20},
		{"inbox, unanswered", "rooms.list", `{"limit":50,"filter":"unanswered"}`, 20},
		{"market, newest", "listings.search", `{}`, 20},
		{"market, a word in Chinese", "listings.search", `{"query":"自行车"}`, 20},
		{"market, two words, by price", "listings.search", `{"query":"used 结实","sort":"priceUp"}`, 20},
		{"market, a word nobody says", "listings.search", `{"query":"没有这个"}`, 20},
		{"messages, a word many say", "messages.search", `{"query":"明天下午"}`, 100},
		{"messages, a word nobody says", "messages.search", `{"query":"没有这个"}`, 200},
	} {
		var took spread
		for range times {
			begun := time.Now()
			if _, err := ask(c, q.method, "%s", q.params); err != nil {
				return err
			}
			took = append(took, time.Since(begun))
		}
		goal(fmt.Sprintf("%s, p99 ms; half in %s", q.what, number(micro(took.at(50))/1000)), []float64{micro(took.at(99)) / 1000}, atMost, q.limit)
	}
	return c.stop()
}

// firstRoom is the ID of the room that was active last.
func firstRoom(c *child) (string, error) {
	answer, err := ask(c, "rooms.list", `{"limit":1}`)
	if err != nil {
		return "", err
	}
	return roomIn(answer)
}

// idle measures what a program takes that has nothing to do, beside Badger alone.
func idle(o options) error {
	n, while := 10_000, time.Minute
	if o.quick {
		n, while = 1000, 3*time.Second
	}
	p, err := o.haggle().open(filepath.Join(o.dir, "idle"))
	if err != nil {
		return err
	}
	if _, err := p.burst(n); err != nil {
		return err
	}
	badger, err := o.end("badger", "-dir", filepath.Join(o.dir, "badger"))
	if err != nil {
		return err
	}
	if _, err := badger.wait(ready, 1); err != nil {
		return err
	}
	<-time.After(while / 6) // what was done before settles
	all := []*child{p.to, badger}
	var before, after [2]time.Duration
	for i, c := range all {
		if before[i], err = c.used(); err != nil {
			return err
		}
	}
	<-time.After(while)
	for i, c := range all {
		if after[i], err = c.used(); err != nil {
			return err
		}
	}
	percent := func(i int) float64 { return 100 * (after[i] - before[i]).Seconds() / while.Seconds() }
	title("idle for %v, linked, with %d messages: percent of a core", while, n)
	fact("haggle rpc", []float64{percent(0)})
	fact("an empty Badger", []float64{percent(1)})
	goal("haggle above Badger", []float64{percent(0) - percent(1)}, atMost, 0.5)
	return stopAll(p.from, p.to, badger)
}
