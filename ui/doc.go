// Package ui is Haggle's window.
//
// The common case: New fills a window with the whole program on top of a Node, and whatever the node tells goes to Feed,
// which brings it to the UI's goroutine. main passes in what a window needs of the world: how to get to the UI's
// goroutine, how to decode a picture, where settings are kept. Tests pass in a pump instead, and run without a screen.
//
// What the package guarantees:
//
//   - A screen is given what it shows and reports what was tapped; only events change what is shown. One event changes
//     one row: no list is built anew for it.
//   - Whatever may take longer than a frame (store, network, pictures) happens off the UI's goroutine. Widgets are
//     touched on it only.
//   - What a peer wrote passes package text before it reaches a widget, capped, and only widgets of plain text show it.
//     Pictures come decoded out of Config.Decode; nothing here opens a link or a file that a peer named.
//   - Config.Notify gets fixed words and own counts; nothing that a peer wrote.
//   - Everything a person reads comes from assets/translations; everything that has a colour or a size, from theme.go.
package ui
