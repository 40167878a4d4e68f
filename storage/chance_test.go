package storage

import (
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// seed is what all lots of this run come from: HAGGLE_SEED=N draws those of another run again.
var seed = sync.OnceValue(func() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("HAGGLE_SEED"), 10, 64); err == nil {
		return n
	}
	return uint64(time.Now().UnixNano())
})

// lots are a test's own, for one goroutine: what other tests draw changes nothing.
func lots(t testing.TB) *rand.Rand {
	t.Helper()
	t.Logf("draws its lots from HAGGLE_SEED=%d", seed())
	name := fnv.New64a()
	_, _ = name.Write([]byte(t.Name()))
	return rand.New(rand.NewPCG(seed(), name.Sum64()))
}
