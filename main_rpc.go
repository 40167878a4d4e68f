package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"haggle/rpc"
)

// endPatience is how long node, network and store may take to end; the endpoint has 3.2 s before that, so that all of it
// takes less than 5 s.
const endPatience = 1600 * time.Millisecond

// serve is haggle rpc: it returns the exit status.
func serve(o options, in io.Reader, out, messages io.Writer) int {
	log := slog.New(slog.NewTextHandler(messages, &slog.HandlerOptions{Level: o.logLevel}))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // an output that breaks is an error of Write
	endpoint := rpc.New(rpc.Config{In: in, Out: out, Version: version, Prepare: preparePicture, Logger: log})
	h, err := start(o, endpoint.Notify, log)
	if err != nil {
		log.Error("Not started", "err", err)
		return refuse(out, failureOf(err))
	}
	err = endpoint.Serve(ctx, h.node)
	stop() // whoever asks again is not to wait
	late := time.AfterFunc(endPatience, func() {
		log.Error("Ended before everything was in order; nothing is lost")
		os.Exit(statusDone)
	})
	defer late.Stop()
	h.stop()
	if err != nil {
		log.Error("Output not written", "err", err)
		return statusFailed
	}
	return statusDone
}

// refuse says on one line why there is nothing to serve.
func refuse(out io.Writer, f *rpc.Failure) int {
	_ = rpc.Refuse(out, f) // there is nobody else to tell
	return statusFailed
}
