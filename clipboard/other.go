//go:build windows || darwin

package clipboard

import "context"

// offer is nothing: there is no way to make one.
type offer struct{}

func read(context.Context, int64) ([]byte, error) { return nil, ErrUnavailable }

func makeOffer(context.Context, []byte) (*offer, error) { return nil, ErrUnavailable }

func (*offer) end() {}
