package e2e

import (
	"context"
	"flag"
	"net"
	"net/http"
	"os"

	"ticketing.dev/local/system"
)

// another is a running system that the tests didn't start.
type another system.Run

func (a another) Run() system.Run { return system.Run(a) }

// elsewhere is the system named by the environment, if any (doc.go). Only purchases are tested on it; other
// tests look at processes.
func elsewhere() (there another, named bool) {
	site := os.Getenv("SITE_URL")
	if site == "" {
		return another{}, false
	}
	if err := flag.Set("test.run", "^TestPurchase"); err != nil {
		panic(err)
	}
	if address := os.Getenv("SITE_ADDRESS"); address != "" {
		http.DefaultTransport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	}
	return another{Gateway: site, Stripe: system.Part{URL: os.Getenv("SITE_STRIPE_URL")}}, true
}
