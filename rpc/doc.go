// Package rpc speaks JSON-RPC 2.0 over two streams: a chat.Node without a window.
//
// The common case:
//
//	endpoint := rpc.New(rpc.Config{In: os.Stdin, Out: os.Stdout, Version: version})
//	node, err := chat.New(chat.Config{Notify: endpoint.Notify, ...})
//	go node.Run(ctx)
//	err = endpoint.Serve(ctx, node) // until the input ends, or ctx
//
// A request is one JSON object on a line, and so is each response and notification. What a program may ask and is told
// is the table in methods.go; the shapes of the answers are in shapes.go.
//
// What is guaranteed:
//
//   - Requests for one room take effect in line order. Messages sent one after the other are handed to the node without
//     waiting for one another, so that they share commits; whatever else concerns the room waits for them.
//   - A request waits for nothing but earlier ones of its room, and for a free place while very many are under way.
//   - Every request that was read is answered, and before the notifications about its result.
//   - Whoever does not read the output stops neither the node nor the network: notifications beyond a limit are dropped
//     and counted in a lagged notification. Answers are never dropped; instead no more requests are read.
//   - Lines, and what waits inside, are bounded. Peers' text is clean (package text) in every reply.
//
// How it works. The reader's goroutine turns lines into jobs. The scheduler's keeps the jobs of a room in order and starts
// them: on the node, or on a few goroutines for what reads the store, and others for what prepares or saves pictures.
// Answers and events meet in the outbox, a bounded queue; the writer's goroutine turns them into JSON.
package rpc
