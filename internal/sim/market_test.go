package sim_test

import (
	"os"
	"testing"
	"time"

	"haggle/internal/sim"
)

// TestMarket: people on one LAN all meet and see one another's goods soon, at a cost in memory that grows with their number
// and no faster, and are not left with links to everybody. In the long run there are 200: 19,900 pairs meet, which takes
// this process some 70 s of a processor, a third of a second for each node.
func TestMarket(t *testing.T) {
	nodes := 40
	if os.Getenv("HAGGLE_SOAK") == "1" {
		nodes = 200
	}
	begun := time.Now()
	cost := sim.Market(t, nodes, time.Minute)
	took := time.Since(begun)
	t.Logf("%d nodes: met in %v, a message in %v, %d KB each, %d links made, %d left at most; %v here",
		nodes, cost.Met, cost.Delivered, cost.Heap>>10, cost.Links, cost.Most, took.Round(time.Millisecond))
	if cost.Met > 3*time.Second {
		t.Errorf("met in %v", cost.Met)
	}
	if cost.Delivered > 100*time.Millisecond {
		t.Errorf("a message took %v", cost.Delivered)
	}
	if limit := uint64(256+8*nodes) << 10; cost.Heap > limit {
		t.Errorf("%d bytes for each, at most %d", cost.Heap, limit)
	}
	if pairs := nodes * (nodes - 1) / 2; cost.Links > 2*pairs {
		t.Errorf("%d links for %d pairs", cost.Links, pairs)
	}
	if cost.Most > 32 {
		t.Errorf("somebody is left with %d links", cost.Most)
	}
	if took > 15*time.Minute {
		t.Errorf("it took %v", took)
	}
}
