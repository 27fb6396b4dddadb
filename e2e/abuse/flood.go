package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"ticketing.dev/local/api"
)

// floodSignIns floods sign-ins from one address with wrong passwords for accounts that exist, while others sign in on
// new devices and read tickets.
func floodSignIns(ctx context.Context, s *site, size size) (string, error) {
	members := make([]visitor, size.signIns)
	for i := range members {
		var err error
		if members[i], err = s.member(ctx); err != nil {
			return "", err
		}
	}
	unloaded := s.read(ctx, size.flood/4)
	flooding, stop := context.WithCancel(ctx)
	var flood sync.WaitGroup
	attacker := s.address()
	for i := range size.connections {
		flood.Go(func() {
			c := api.New(s.Gateway).Through(from{attacker, &http.Transport{}})
			for flooding.Err() == nil {
				_, _ = c.SignIn(flooding, members[i%len(members)].email, "wrong password")
			}
		})
	}
	var reading sync.WaitGroup
	var loaded []time.Duration
	reading.Go(func() { loaded = s.read(ctx, size.flood) })
	var took []time.Duration
	for _, m := range members {
		begun := time.Now()
		at := s.visitor() // a new device
		if _, err := at.SignIn(ctx, m.email, password); err == nil {
			took = append(took, time.Since(begun))
		}
	}
	reading.Wait()
	stop()
	flood.Wait()
	now := fmt.Sprintf("%d of %d users get in, p50 %s; other requests' p99 %s, unloaded %s", len(took), len(members),
		quantile(took, 0.5), quantile(loaded, 0.99), quantile(unloaded, 0.99))
	if len(took) < len(members) {
		return now, fmt.Errorf("%d users don't get in", len(members)-len(took))
	}
	return now, nil
}

// read lists tickets again and again and returns how long each took.
func (s *site) read(ctx context.Context, during time.Duration) (took []time.Duration) {
	c := api.New(s.Gateway)
	for end := time.Now().Add(during); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		begun := time.Now()
		if _, err := c.Tickets(ctx, nil); err == nil {
			took = append(took, time.Since(begun))
		}
	}
	return took
}

// quantile is a quantile of durations, 0 of none.
func quantile(took []time.Duration, q float64) time.Duration {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)].Round(100 * time.Microsecond)
}
