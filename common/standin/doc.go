// Package standin starts, for tests, what the services run on: MongoDB, NATS Streaming, Redis, and Stripe, or a
// stand-in for them.
//
// Each stand-in is a process of ticketing.dev/local/cmd/standin, so that a test can kill it, freeze it, and
// restart it like the real thing, and so that its hundred modules stay out of the services' go.mod. The program
// is built into .bin at the root of the repository when the first test asks for it. The environment variable
// STANDIN names one that's already built.
//
// A stand-in ends with the test process, however that ends. No test is ever skipped: what can't be started fails
// the test.
package standin
