package payments

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service/servicetest"
)

// limited runs payments with limits.
func limited(t *testing.T) *system {
	t.Helper()
	s := prepare(t)
	s.service = s.open(nil)
	s.service.guesses = newGuesses(ratelimit.Config{Factor: 1})
	s.Client = s.serve(s.service)
	return s
}

func TestThreeRefusedTokensEndAnOrdersPaymentForAWhile(t *testing.T) {
	s := limited(t)
	tested, other := s.order(1999), s.order(2999)
	pay := func(order, token string) servicetest.Answer {
		return s.Do(ada, http.MethodPost, "/api/payments", fmt.Sprintf(`{"orderId":%q,"token":%q}`, order, token))
	}
	for i := range 3 {
		if a := pay(tested.ID, fmt.Sprintf("tok_guess%d", i)); a.Status != http.StatusBadRequest {
			t.Fatalf("guess %d is answered %d %s", i, a.Status, a.Body)
		}
	}
	for _, token := range []string{"tok_guess4", "tok_visa"} {
		if a := pay(tested.ID, token); a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
			t.Errorf("%s after three guesses is answered %d %s", token, a.Status, a.Body)
		}
	}
	if a := pay(other.ID, "tok_visa"); a.Status != http.StatusCreated {
		t.Errorf("another order's payment is answered %d %s", a.Status, a.Body)
	}
}

func TestAUserWhoGuessesOverManyOrdersIsRefused(t *testing.T) {
	s := limited(t)
	statuses := map[int]int{}
	for i := range 12 {
		o := s.order(1999)
		for j := range 2 {
			a := s.Do(ada, http.MethodPost, "/api/payments", fmt.Sprintf(`{"orderId":%q,"token":"tok_guess%d_%d"}`, o.ID, i, j))
			statuses[a.Status]++
		}
	}
	if statuses[http.StatusTooManyRequests] == 0 || statuses[http.StatusBadRequest] < 20 {
		t.Errorf("24 guesses over 12 orders are answered %v, want 20 times 400 and then 429", statuses)
	}
}

func TestAWebhookWithABrokenChunkIsTheSendersFault(t *testing.T) {
	s := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /api/payments/webhook HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("answered %s", response.Status)
	}
}

func TestAUserWhoseCardsAreDeclinedWaitsLongerEachTime(t *testing.T) {
	s := limited(t)
	for range 3 {
		s.paid(s.order(1999).ID, "tok_visa", http.StatusCreated) // what succeeds doesn't count
	}
	for range 3 {
		if a := s.pay(s.order(1999).ID, "tok_chargeDeclined"); a.Status != http.StatusPaymentRequired {
			t.Fatalf("a decline is answered %d %s", a.Status, a.Body)
		}
	}
	o := s.order(1999)
	a := s.pay(o.ID, "tok_chargeDeclined")
	if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
		t.Errorf("the fourth decline is answered %d %s", a.Status, a.Body)
	}
	if c := s.charge(o.ID); c.ID != "" {
		t.Errorf("the refused payment left %+v", c)
	}
}
