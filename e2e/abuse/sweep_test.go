package main

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"ticketing.dev/local/system"
)

func TestMangledRequestsAreRefused(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the gateway's, in this process
	s, err := open(t.Context(), t.TempDir(), system.NoClient, "0", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	routes, err := apiRoutes("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(routes) < 20 {
		t.Fatalf("docs/openapi.yaml has %d routes", len(routes))
	}
	begun := time.Now()
	r, err := judgeSweep(t.Context(), s, routes, 1, 2000)
	if err != nil {
		t.Error(err)
	}
	t.Logf("2,000 requests in %s: %s", time.Since(begun), r)
	if r.statuses[200] == 0 || r.statuses[400] == 0 || r.statuses[401] == 0 {
		t.Errorf("the requests reach little: %s", r)
	}
}
