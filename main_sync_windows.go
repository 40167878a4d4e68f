package main

// syncFolder: Windows makes names durable by itself.
func syncFolder(string) error { return nil }
