package workload

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// thief is a transport that copies the session cookie of a user, and goes on using it after the user signed out.
type thief struct {
	next http.RoundTripper

	mu     sync.Mutex
	stolen *http.Cookie
}

func (t *thief) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	stolen := t.stolen
	t.mu.Unlock()
	if stolen != nil && len(r.CookiesNamed(stolen.Name)) == 0 {
		r = r.Clone(r.Context())
		r.AddCookie(stolen)
	}
	response, err := t.next.RoundTrip(r)
	if err != nil {
		return response, err
	}
	for _, c := range response.Cookies() {
		if c.Value != "" && !strings.HasSuffix(c.Name, "-device") {
			t.mu.Lock()
			t.stolen = c
			t.mu.Unlock()
		}
	}
	return response, nil
}

// bringGuest signs up a user who signs out again. If that's confirmed, the session has ended.
func (w *watcher) bringGuest(ctx context.Context, n int) {
	guest := w.l.client(fmt.Sprintf("guest-%d-of-%s", n, w.email))
	guest.http = api.New(w.l.config.Gateway).Through(&thief{next: statusNoter{w.l.transport}})
	ctx, cancel := w.withTimeout(ctx, requestTimeout)
	defer cancel()
	if guest.signUp(ctx) != nil || untilDone(ctx, func() error { return guest.http.SignOut(ctx) }) != nil {
		return
	}
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	w.l.departed = append(w.l.departed, guest)
}

// comeBack uses the copy of an ended session's cookie at every service.
func (c *client) comeBack(ctx context.Context) {
	for _, tried := range []history.Kind{history.MyTickets, history.MyOrders, history.MyCharges} {
		untilAnswered(ctx, func() history.Op { return c.send(ctx, history.Op{Kind: history.ComeBack, Tried: tried}) })
	}
}
