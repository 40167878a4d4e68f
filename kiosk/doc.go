// Package kiosk is what a machine in a hall needs beside its window: the owner's settings file, the owner's PIN, and the
// parent that keeps the window running for months.
//
// The common case: Load reads the settings, a Latch lets the owner in by PIN, and Keeper.Run starts the window as a process
// of its own and starts it again whenever that ends or hangs.
//
// What the package guarantees:
//
//   - Whatever is wrong with the settings file, there are settings to run on, and Settings.Wrong says in words what was not
//     taken.
//   - A PIN is kept as an Argon2id hash. After five wrong ones each further one has to wait, longer each time, and a restart
//     forgets nothing of that.
//   - A window that ends or does not answer is back within ten seconds. One that ends again and again is replaced by a plain
//     page that asks for help, and not restarted without end.
package kiosk
