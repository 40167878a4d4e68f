// Package e2e tests the program as it is built: "haggle rpc" in processes of its own, each in a host of a LAN made of
// network namespaces (package lanrig) or on this machine, driven over standard input and output as RPC.md describes.
//
// The common case, in a test:
//
//	lan := lanrig.Up(t, 2)
//	anna, ben := home(t, lan, 1).start(t), home(t, lan, 2).start(t)
//	meet(t, anna, ben)
//	room := open(anna, ben).RoomID
//	post(ben, room, "Is it still there?")
//
// What holds for every test: each answer and notification has exactly the members that the protocol names, messages are
// told at most once and in the order of their logs, and nothing but JSON-RPC stands on standard output. Tests are named
// after the requirement they show. HAGGLE_SOAK=1 makes the long ones long, HAGGLE_PROGRAM=path tests that program instead of
// building one, and the benchmarks W1 to W4 print the figures that the project is measured by.
package e2e
