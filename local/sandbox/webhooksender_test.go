package sandbox

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// deaf is a webhook endpoint that never accepts and records when it was called.
type deaf struct {
	start time.Time
	asked []time.Duration // after the start; one event, so one post at a time
}

func (d *deaf) RoundTrip(*http.Request) (*http.Response, error) {
	d.asked = append(d.asked, time.Since(d.start))
	return nil, errors.New("connection refused")
}

// openDeaf makes a sandbox with one event that is never accepted.
func openDeaf(t *testing.T) (*Sandbox, *deaf) {
	s, err := Open(Options{WebhookURL: "http://shop.test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	endpoint := &deaf{start: time.Now()}
	s.sender.client.Transport = endpoint
	request := httptest.NewRequest("POST", "/v1/payment_intents", strings.NewReader("amount=2000&currency=usd"))
	request.Header.Set("Authorization", "Bearer sk_test_1")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response := httptest.NewRecorder()
	s.ServeHTTP(response, request)
	if response.Code != http.StatusOK {
		t.Fatalf("got %d %s", response.Code, response.Body)
	}
	return s, endpoint
}

func TestPausesBetweenDeliveriesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, endpoint := openDeaf(t)
		time.Sleep(4 * time.Minute) // of the bubble's clock
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		var want []time.Duration
		for _, seconds := range []int{0, 1, 3, 7, 15, 31, 63, 123, 183} {
			want = append(want, time.Duration(seconds)*time.Second)
		}
		if !slices.Equal(endpoint.asked, want) {
			t.Errorf("asked after %v, want %v", endpoint.asked, want)
		}
	})
}

func TestDeliveryEndsAfterThreeDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, endpoint := openDeaf(t)
		time.Sleep(30 * 24 * time.Hour)
		pending := func(tx *tx) error {
			return each(tx, deliveries, func(id string, _ stripe.Event) error { return errors.New(id + " is still pending") })
		}
		if err := errors.Join(s.store.update(pending), s.Close()); err != nil {
			t.Error(err)
		}
		last := endpoint.asked[len(endpoint.asked)-1]
		if last < 72*time.Hour || last > 72*time.Hour+2*time.Minute {
			t.Errorf("asked last after %s", last)
		}
	})
}
