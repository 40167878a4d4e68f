package main

func longScale()            {}
func scale(o options) error { return nil }
func desk(o options) error  { return nil }
func idle(o options) error  { return nil }
