// Package defects holds what the campaign is checked with: deliberate defects, each of which leaves out
// one rule of the protocol, and a clock that is off.
//
// Nothing of it is in the services' code. A defect is a replacement of text in their source, which
// Overlay applies to copies that `go build -overlay` compiles instead:
//
//	file, err := defects.Overlay(root, dir, d.Edits...)
//	// cd <root>/orders && GOWORK=off go build -overlay <file> -o <bin>/orders ./cmd/orders
//
// Every text has to occur exactly once, so a defect cannot stop existing unnoticed when the code
// changes: Overlay fails, and so do the tests.
//
// Skew is the edit of the standard library's package time by which a program's clock is off by what its
// environment variable CLOCK_SKEW says, "3s", "-1500ms" or a number of seconds. Only the time of day is
// shifted: timers, timeouts and measured durations go by the monotonic clock, which stays right. It goes
// together with the edits of a defect in one overlay, and costs one compilation of everything that uses
// package time, which Go keeps in its cache.
//
// Some rules are not here although the model of docs/model has them: those without which all promises
// hold (its spares: that time does not end an order whose payment is in flight is a courtesy to the
// buyer), those whose absence shows only when a process dies within a few instructions, for which the
// services have tests of their own, and the write concern, since the stand-in for MongoDB is one node.
package defects
