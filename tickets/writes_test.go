package tickets_test

import (
	"net/http"
	"testing"
	"time"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/standin"
	"ticketing.dev/tickets"
)

// replica runs a replica that limits writes.
func (s *system) replica(writes ratelimit.WriteConfig, shared *ratelimit.Shared) (*servicetest.Client, *tickets.Service) {
	s.t.Helper()
	opened, err := tickets.New(s.t.Context(), tickets.Options{
		DB: s.db, Bus: s.bus, Sessions: servicetest.Sessions(s.t), Keys: keys(s.t), Log: servicetest.Log(s.t),
		Limits: ratelimit.Config{Factor: 1}, Writes: writes, Shared: shared,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return servicetest.Run(s.t, "tickets", s.bus, opened), opened
}

func TestEveryWriteIsLimited(t *testing.T) {
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New()}
	c, opened := s.replica(servicetest.OneWrite, nil)
	servicetest.WritesAreLimited(t, c, opened)
}

// An account that edits its ticket again and again adds only so many events to the broker's disk, whichever replica
// it asks, and also while Redis is away.
func TestReplicasLimitAUsersWritesTogether(t *testing.T) {
	const burst = 10
	redis := standin.Start(t, "redis")
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New()}
	var replicas []*servicetest.Client
	for range 2 {
		shared, err := ratelimit.Config{RedisAddr: redis.Addr()}.Connect("tickets", servicetest.Log(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = shared.Close() })
		c, _ := s.replica(ratelimit.WriteConfig{User: ratelimit.Rate{Burst: burst, PerHour: 1}}, shared)
		replicas = append(replicas, c)
	}
	list := func(i int) servicetest.Answer {
		return replicas[i%2].Do(ada, http.MethodPost, "/api/tickets", `{"title":"Concert","price":10}`)
	}
	listed := 0
	for i := range 2 * burst {
		if list(i).Status == http.StatusCreated {
			listed++
		}
	}
	if listed != burst {
		t.Errorf("two replicas list %d tickets, want %d", listed, burst)
	}
	if a := replicas[0].Do(bob, http.MethodPost, "/api/tickets", `{"title":"Concert","price":10}`); a.Status != http.StatusCreated {
		t.Errorf("another user is answered %d %s", a.Status, a.Body)
	}
	redis.Kill()
	begun, more := time.Now(), 0
	for i := range 2 * burst {
		switch a := list(i); a.Status {
		case http.StatusCreated:
			more++
		case http.StatusTooManyRequests:
		default:
			t.Errorf("without Redis, a listing is answered %d %s", a.Status, a.Body)
		}
	}
	if more > burst {
		t.Errorf("without Redis, %d more tickets are listed, want at most %d", more, burst)
	}
	t.Logf("without Redis, %d requests took %s", 2*burst, time.Since(begun))
}
