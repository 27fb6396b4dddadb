package workload

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// A ticket that is ordered as it is, after a while, and one that orders knows as it was.
func TestAnAvailableTicketIsOrderedAtItsCurrentPrice(t *testing.T) {
	const changed = "Row 1, changed"
	for title, want := range map[string]string{changed: "", "Row 1": "its last change never reached orders"} {
		answers := []string{
			`{"errors":[{"message":"Not Found"}]}`,
			`{"id":"O1","ticket":{"id":"T1","title":"` + title + `","price":19.99}}`,
		}
		next := 0
		c := against(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			if next == 0 {
				w.WriteHeader(http.StatusNotFound)
			}
			fmt.Fprint(w, answers[next])
			next++
		})
		l := &Workload{buyers: []*client{c}, orderPatience: orderPatience}
		ticket := api.Ticket{ID: "T1", Title: changed, Price: money.Cents(1999).Dollars(), Status: api.Available}
		if complaint := l.tryToOrder(t.Context(), ticket); complaint != want {
			t.Errorf("%q: %q", title, complaint)
		}
		var cancelled []string
		for _, op := range c.record.Ops() {
			if op.Kind == history.Cancel {
				cancelled = append(cancelled, op.Order)
			}
		}
		if fmt.Sprint(cancelled) != "[O1]" || next != len(answers) {
			t.Errorf("%d orders were tried, cancelled were %v", next, cancelled)
		}
	}
}

func TestFindsATicketThatCannotBeOrdered(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := against(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"errors":[{"message":"Ticket is already reserved"}]}`)
	})
	l := &Workload{buyers: []*client{c}, orderPatience: 2 * pollEvery}
	if complaint := l.tryToOrder(ctx, api.Ticket{ID: "T1", Status: api.Available}); complaint == "" {
		t.Error("not reported")
	}
	cancel() // out of time, which proves nothing
	if complaint := l.tryToOrder(ctx, api.Ticket{ID: "T1", Status: api.Available}); complaint != "" {
		t.Error(complaint)
	}
}

func TestFindsAWithdrawnTicketThatOrdersDoesNotRefuse(t *testing.T) {
	for answer, complaint := range map[string]string{
		`{"errors":[{"message":"The seller has withdrawn this ticket"}]}`: "",
		`{"errors":[{"message":"Ticket is already reserved"}]}`:           "it is withdrawn, and orders does not refuse it: Ticket is already reserved",
	} {
		c := against(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, answer)
		})
		l := &Workload{buyers: []*client{c}, orderPatience: pollEvery / 10}
		if got := l.tryWithdrawn(t.Context(), api.Ticket{ID: "T1", Status: api.Withdrawn}); got != complaint {
			t.Errorf("%s: %q, want %q", answer, got, complaint)
		}
	}
}
