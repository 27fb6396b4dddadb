package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ticketing.dev/common/money"
)

// answers plays the API: it gives the next answer to each request, the last one for ever.
type answers []answer

type answer struct {
	status int
	body   string
}

func (a *answers) RoundTrip(*http.Request) (*http.Response, error) {
	now := (*a)[0]
	if len(*a) > 1 {
		*a = (*a)[1:]
	}
	return &http.Response{StatusCode: now.status, Header: make(http.Header), Body: io.NopCloser(strings.NewReader(now.body))}, nil
}

func answering(a ...answer) *Client {
	c := New("http://api")
	all := answers(a)
	c.http.Transport = &all
	return c
}

const notFound = `{"type":"/problems/not-found","title":"Not Found","status":404,"errors":[{"message":"Not found"}]}`

func TestNewsIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := answering(answer{404, notFound}, answer{404, notFound}, answer{201, `{"id":"a"}`})
		if o, err := c.PlaceOrder(t.Context(), "ticket"); err != nil || o.ID != "a" {
			t.Errorf("order %+v, %v", o, err)
		}
	})
}

func TestNewsIsWaitedForFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := answering(answer{404, notFound}).Pay(t.Context(), "order", "tok_visa")
		if StatusOf(err) != http.StatusNotFound {
			t.Errorf("error %v; want the 404", err)
		}
		if took := time.Since(began); took != newsTimeout {
			t.Errorf("it took %v; want %v", took, newsTimeout)
		}
	})
}

// Only what another service makes may be unknown for a moment.
func TestOtherRefusalsAreFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if _, err := answering(answer{404, notFound}).Ticket(t.Context(), "a"); StatusOf(err) != http.StatusNotFound {
			t.Errorf("reading: %v", err)
		}
		if _, err := answering(answer{400, `{}`}).PlaceOrder(t.Context(), "a"); StatusOf(err) != http.StatusBadRequest {
			t.Errorf("placing: %v", err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("they were tried again for %v", took)
		}
	})
}

func TestAwaitSaysWhatItSawLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := answering(answer{200, `{"status":"created"}`}).AwaitOrder(ctx, "a", Complete)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "to be complete and is created") {
			t.Errorf("error %v", err)
		}
		c := answering(answer{200, `{"status":"created"}`}, answer{200, `{"status":"complete"}`})
		if o, err := c.AwaitOrder(t.Context(), "a", Complete); err != nil || o.Status != Complete {
			t.Errorf("order %+v, %v", o, err)
		}
	})
}

func TestFailedChargesGiveAReason(t *testing.T) {
	o, err := answering(answer{200, `{"status":"cancelled","reason":"payment-failed"}`}).Order(t.Context(), "a")
	if err != nil || o.Status != Cancelled || o.Reason != PaymentFailed {
		t.Errorf("order %+v, %v", o, err)
	}
	c, err := answering(answer{200, `[{"status":"failed","reason":"Your card was declined."}]`}).Charge(t.Context(), "a")
	if err != nil || c.Status != Failed || c.Reason != "Your card was declined." {
		t.Errorf("charge %+v, %v", c, err)
	}
}

func TestProblem(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusServiceUnavailable)
		if r.URL.Path == "/form" {
			_, _ = io.WriteString(w, `{"errors":[{"message":"One","field":"price"},{"message":"Two"}]}`)
		} else {
			_, _ = io.WriteString(w, "<html>")
		}
	}))
	defer s.Close()

	for path, message := range map[string]string{"/form": "One; Two", "/page": "<html>"} {
		err := New(s.URL).Do(t.Context(), http.MethodGet, path, nil, nil)
		p, ok := errors.AsType[*Problem](err)
		if !ok {
			t.Fatal(err)
		}
		if p.Status != http.StatusServiceUnavailable || p.Message() != message || p.RetryAfter != 2*time.Second {
			t.Errorf("%s: %+v", path, p)
		}
	}
}

func TestRequest(t *testing.T) {
	var path, contentType, cookie string
	var body bytes.Buffer
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, contentType = r.URL.String(), r.Header.Get("Content-Type")
		if c, err := r.Cookie("session"); err == nil {
			cookie = c.Value
		}
		body.Reset()
		_, _ = io.Copy(&body, r.Body)
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s", Path: "/"})
		_ = json.NewEncoder(w).Encode(map[string]any{"id": "a", "price": 19.99})
	}))
	defer s.Close()
	c := New(s.URL + "/")

	ticket, err := c.ListTicket(t.Context(), "Front row", 1999)
	if err != nil || ticket.Price.Cents != money.Cents(1999) {
		t.Errorf("ticket %+v, %v", ticket, err)
	}
	if path != "/api/tickets" || contentType != "application/json" || body.String() != `{"title":"Front row","price":19.99}` {
		t.Errorf("sent %s %s %s", path, contentType, &body)
	}
	if _, err := c.Ticket(t.Context(), "a/b"); err != nil {
		t.Error(err)
	}
	if path != "/api/tickets/a%2Fb" || contentType != "" || cookie != "s" {
		t.Errorf("sent %s, content type %q, session %q", path, contentType, cookie)
	}
}
