// Package standin starts, for tests, what the services run on: MongoDB, NATS
// Streaming, Redis and Stripe, or what stands in for them on one machine.
//
// Each stand-in is a process of its own, ticketing.dev/local/cmd/standin, for two
// reasons. A test can kill it, stop it and start it again like the real thing, and
// its hundred modules stay out of the go.mod of the services. The command is built
// when the first test asks for it, into .bin at the root of the repository; the
// environment variable STANDIN names one that is built already.
//
// A stand-in reads from a pipe that the test process holds and ends with it, however
// it ends. No test is ever skipped: what cannot be started fails the test.
package standin
