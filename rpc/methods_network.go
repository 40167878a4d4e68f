package rpc

import (
	"context"
	"time"

	"haggle/doctor"
)

// doctorPatience is how long a diagnosis may take, so that the program has its answer within 5 s.
const doctorPatience = 4700 * time.Millisecond

type (
	doctorResult struct {
		Checks []checkShape `json:"checks"`
	}
	checkShape struct {
		Name   string `json:"name"`
		OK     bool   `json:"ok"`
		Detail string `json:"detail"`
		Advice string `json:"advice"`
	}
)

func (e *Endpoint) networkDoctor(a *args) job {
	peer := a.optionalPeer("peerId")
	language := choice(a, "lang", doctor.Languages, "en, zh")
	return job{lane: lane{kind: doctorLane}, place: onItsOwn, run: func(answer answer) {
		ctx, cancel := context.WithTimeout(e.network, doctorPatience)
		defer cancel()
		facts, err := e.node.Diagnose(ctx, peer)
		result := doctorResult{[]checkShape{}}
		for _, c := range doctor.Report(facts, language) {
			result.Checks = append(result.Checks, checkShape{string(c.Name), c.OK, c.Detail, c.Advice})
		}
		answer(func() any { return result }, err)
	}}
}
