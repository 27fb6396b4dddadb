package e2e

import (
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/api"
	"ticketing.dev/local/system"
)

// While buyers buy, replicas of every service, the broker and the database are killed with SIGKILL, one
// after the other. Whatever was acknowledged is there in the end; every order on which a payment was
// tried ends, and keeps the money of one capture if it is complete and none if it is cancelled.
func TestNothingAcknowledgedIsLostWhenProcessesDie(t *testing.T) {
	t.Parallel() // the others that are have systems of their own; what it waits for takes a minute
	seller := somebody(t, shared)
	var people []*api.Client
	for range 4 {
		people = append(people, somebody(t, shared)) // before anything is killed
	}
	stop := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() { killParts(t, stop) })

	type purchase struct {
		buyer *api.Client
		order string
		paid  bool // Stripe's success was acknowledged
	}
	var mu sync.Mutex
	var purchases []purchase
	var listed []string
	var buyers sync.WaitGroup
	for _, buyer := range people {
		buyers.Go(func() {
			for range 12 {
				ticket := insist(t, func() (api.Ticket, error) { return seller.ListTicket(t.Context(), "Front row", 1999) })
				mu.Lock()
				listed = append(listed, ticket.ID)
				mu.Unlock()
				placed, err := buyer.PlaceOrder(t.Context(), ticket.ID)
				if err != nil {
					continue // it may have been placed all the same; nobody has said so
				}
				charge, err := buyer.Pay(t.Context(), placed.ID, "tok_visa")
				mu.Lock()
				purchases = append(purchases, purchase{buyer, placed.ID, err == nil && charge.Status == api.Succeeded})
				mu.Unlock()
			}
		})
	}
	buyers.Wait()
	close(stop)
	killer.Wait()

	for _, id := range listed {
		insist(t, func() (api.Ticket, error) { return seller.Ticket(t.Context(), id) })
	}
	complete, cancelled, unpaid := 0, 0, 0
	for _, p := range purchases {
		o := ended(t, p.buyer, p.order)
		left, captures := stripeOf(t, shared).kept(p.order)
		switch {
		case o.Status == api.Complete && left == 1999 && captures == 1:
			complete++
		case o.Status == api.Cancelled && left == 0 && captures <= 1 && !p.paid:
			cancelled++
		case o.Status == api.Created && captures == 0 && !p.paid:
			unpaid++ // the payment never arrived, so the order waits for its time
		default:
			t.Errorf("order %s is %s, its payment acknowledged: %v; Stripe keeps %s of %d captures", p.order, o.Status, p.paid, left, captures)
		}
	}
	t.Logf("%d tickets listed; %d orders complete, %d cancelled, %d not paid", len(listed), complete, cancelled, unpaid)
	if complete == 0 {
		t.Error("nothing was bought, so nothing was shown")
	}
}

// ended waits until no payment of an order is in flight: the reconciler ends those whose process died,
// a minute after they began.
func ended(t *testing.T, buyer *api.Client, id string) (o api.Order) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		o = insist(t, func() (api.Order, error) { return buyer.Order(t.Context(), id) })
		charge := insist(t, func() (api.Charge, error) { return buyer.Charge(t.Context(), id) })
		if charge.Status != api.Pending && (o.Status != api.AwaitingPayment) && (o.Status != api.Created || charge.Status == "") {
			return o
		}
	}
	t.Errorf("order %s has not ended", id)
	return o
}

// insist tries again until it works, as a person does whose request met a dying process.
func insist[T any](t *testing.T, try func() (T, error)) (got T) {
	t.Helper()
	var last error
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if got, last = try(); last == nil {
			return got
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error(last)
	return got
}

// killParts kills a part, waits until it is there again under another pid, and goes on with the next,
// until it is told to stop.
func killParts(t *testing.T, stop <-chan struct{}) {
	replica := func(name string) func() int {
		i := rand.IntN(2)
		return func() int { return shared.Run().Services[name].All()[i].PID }
	}
	for kills := 0; ; kills++ {
		select {
		case <-stop:
			t.Logf("%d processes killed", kills)
			return
		default:
		}
		name := []string{"orders", "payments", "nats", "tickets", "expiration", "mongo"}[kills%6]
		pid := replica(name)
		switch name {
		case "nats":
			pid = func() int { return shared.Run().NATS.PID }
		case "mongo":
			pid = func() int { return shared.Run().Mongo.PID }
		}
		before := pid()
		if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
			t.Errorf("kill %s: %v", name, err)
		}
		servicetest.Eventually(t, name+" to be started again", func() bool { return pid() != before })
	}
}

// A service that has nothing to do holds less than 40 MB, also when it had much to do before.
func TestServicesAreSmallAtRest(t *testing.T) {
	for name, s := range shared.Run().Services {
		for _, replica := range s.All() {
			var resident int64
			servicetest.Eventually(t, name+" to hold less than 40 MB", func() bool {
				var err error
				if resident, err = system.Resident(replica.PID); err != nil {
					t.Fatal(err)
				}
				return resident < 40e6
			})
			t.Logf("%s holds %.1f MB", name, float64(resident)/1e6)
		}
	}
}
