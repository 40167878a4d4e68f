// Package take moves a guest's identity and messages from a kiosk to their own machine, by a code that is short enough to
// type.
//
// The common case: the kiosk shows a New code and calls Give for each connection that wants it; the other machine calls
// Take. Both stand on a channel that keeps what is said to itself, and on what names that channel to both ends.
//
// What is guaranteed:
//
//   - Who answers without knowing the code learns nothing of it, and who asks without knowing it gets nothing: both prove
//     it for this channel only, and everything is sealed under it besides.
//   - A code is random, 80 bits of it, so that neither trying nor a recording of the channel helps.
//   - Take reports success only after what came is durable; Give forgets the guest only after that. What breaks off in
//     between leaves the guest at the kiosk, and the code can be used again until its time is over.
package take
