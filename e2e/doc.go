// Package e2e tests the whole system from outside: over HTTP, with two replicas of every service that
// may have several, each a process that the tests kill.
package e2e
