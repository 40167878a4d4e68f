package vault

// syncDir does nothing: a flushed file takes its name along.
func syncDir(string) error { return nil }
