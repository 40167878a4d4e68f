// Package sim runs whole nodes in one process under testing/synctest: 2 to 20 of them on one internal/lan, each with a
// store, a clock that may be wrong, and people who post, open, read, take back, publish and delete at random, while
// cables are cut, frames lost, doubled and overtaken, disks filled, processes killed and folders rolled back.
//
// The common case is Run: it plays one seed, mends everything, waits until nothing moves and then checks that both
// sides of every room hold the same messages in the same order, that nothing acknowledged is missing, that nothing is
// there twice, and that no receipt ever said more than was true.
//
// Market plays none of that: many nodes on a good network, and what that takes.
//
// A seed that failed becomes a named case in sim_test.go.
package sim
