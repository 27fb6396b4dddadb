package gateway

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
)

// errNoReplica says that a service has not been started.
var errNoReplica = errors.New("the service is not running")

// balancer spreads the requests for one service over its replicas, in turn.
type balancer struct {
	replicas  func() []*url.URL
	transport http.RoundTripper
	turn      atomic.Uint64
}

// RoundTrip sends a request to the next replica. If that one refuses the connection, as while it restarts, nothing was
// sent, so the others are tried, as an ingress does. A request that may have been sent isn't repeated: only the client
// knows whether that's safe.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	replicas := b.replicas()
	if len(replicas) == 0 {
		return nil, errNoReplica
	}
	first := b.turn.Add(1)
	for i := uint64(0); ; i++ {
		response, err := b.send(r, replicas[(first+i)%uint64(len(replicas))])
		last := i+1 == uint64(len(replicas))
		if err == nil || last || !unsent(err) {
			return response, err
		}
	}
}

func (b *balancer) send(r *http.Request, to *url.URL) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = to.Scheme, to.Host
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = io.NopCloser(r.Body) // the next replica may need it; the proxy closes it in the end
	}
	return b.transport.RoundTrip(r)
}

// unsent says whether an error came before anything was sent.
func unsent(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed.Op == "dial"
}
