// Package doctor puts into words, English and Chinese, what chat.Node.Diagnose found out about the network.
//
// The common case:
//
//	facts, err := node.Diagnose(ctx, peer)
//	for _, c := range doctor.Report(facts, doctor.English) {
//		fmt.Println(c.OK, c.Detail, c.Advice)
//	}
//
// It only computes: the same facts give the same lines. A line that fails names its cause and on whose side it lies, with
// one sentence of advice; what could not be tested is said so and fails nobody. The names of others are clean.
package doctor
