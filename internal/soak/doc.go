// Package soak has the test that a day is made of: one node with its store on a disk and links on the network talks with
// fifty others for 24 minutes, words and pictures both ways, and afterwards holds no more memory, goroutines and open files
// than at the start. "make soak" runs it. TestHall has one such node meet a hall full of others.
package soak
