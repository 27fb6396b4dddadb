package workload

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// against is a user of a server that answers in a way of its own.
func against(t *testing.T, handle http.HandlerFunc) *client {
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	l := &Workload{
		config:    Config{Gateway: server.URL, Record: history.NewRecorder()},
		round:     t.Context(),
		transport: &http.Transport{},
	}
	t.Cleanup(l.transport.CloseIdleConnections)
	c := l.client("ann@example.com")
	c.user = api.User{ID: "ann"}
	return c
}

func TestRecordsEveryAttempt(t *testing.T) {
	statuses := []int{http.StatusServiceUnavailable, http.StatusNotFound, http.StatusCreated}
	next := 0
	c := against(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(statuses[next])
		next++
		fmt.Fprint(w, `{"id":"O1","ticket":{"id":"T1"}}`)
	})
	last := retry(t.Context(), func() history.Op { return c.place(t.Context(), "T1") })
	if last.Outcome != history.OK || last.Order != "O1" || last.OrderState == nil {
		t.Errorf("the last attempt is %+v", last)
	}
	ops := c.record.Ops()
	var outcomes []history.Outcome
	for i, op := range ops {
		outcomes = append(outcomes, op.Outcome)
		if op.Status != statuses[i] || op.User != "ann" || op.Ticket != "T1" || op.Return < op.Call {
			t.Errorf("attempt %d is noted as %+v", i, op)
		}
	}
	if !slices.Equal(outcomes, []history.Outcome{history.Unknown, history.Refused, history.OK}) {
		t.Errorf("the outcomes are %v", outcomes)
	}
}

// Only a status from 400 to 499 says that nothing was done.
func TestARequestWithoutAnAPIAnswerIsUnknown(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"the connection breaks": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"the response breaks off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, `{"id":`)
		},
		"the response isn't JSON": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"the service fails":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
	} {
		t.Run(name, func(t *testing.T) {
			c := against(t, handle)
			if op := c.place(t.Context(), "T1"); op.Outcome != history.Unknown || op.OrderState != nil || op.Message == "" {
				t.Errorf("it is noted as %+v", op)
			}
		})
	}
}

func TestARequestOutlivesTheLoadButNotTheRound(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := against(t, func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		w.WriteHeader(http.StatusNoContent)
	})
	if op := c.cancel(ctx, "O1"); op.Outcome != history.OK {
		t.Errorf("it is noted as %+v", op)
	}
	c.round = ctx
	if op := c.cancel(t.Context(), "O1"); op.Outcome != history.Unknown {
		t.Errorf("it outlives the round, as %+v", op)
	}
	if op := retry(ctx, func() history.Op { return history.Op{Outcome: history.Unknown} }); op.Outcome != history.Unknown {
		t.Errorf("%+v", op) // and nothing is sent again
	}
}
