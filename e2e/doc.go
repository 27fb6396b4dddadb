// Package e2e tests the whole system from outside: over HTTP, with two replicas of every service that
// may have several, each a process. Killing and otherwise hurting them is left to package chaos.
//
// The tests whose names begin with TestPurchase need nothing but a browser's way in, and are run on any
// system whose Stripe is the sandbox:
//
//	SITE_URL=https://ticketing.dev SITE_STRIPE_URL=https://stripe.ticketing.dev go test .
//
// SITE_ADDRESS, such as 127.0.0.1:8443, is where both names are reached when they are in no DNS, and
// SSL_CERT_FILE the certificates that are trusted in place of the machine's (crypto/x509).
package e2e
