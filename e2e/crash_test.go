package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/api"
)

// While buyers buy, replicas of every service are killed with SIGKILL, one after the other. Whatever
// was acknowledged is there in the end, every order that was paid is complete, and paid once.
func TestNothingAcknowledgedIsLostWhenProcessesDie(t *testing.T) {
	seller := somebody(t, shared)
	stop := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() { killReplicas(t, stop) })

	type purchase struct {
		buyer *api.Client
		order string
		paid  bool
	}
	var mu sync.Mutex
	var purchases []purchase
	var buyers sync.WaitGroup
	for range 4 {
		buyer := somebody(t, shared)
		buyers.Go(func() {
			for range 8 {
				ticket := insist(t, func() (api.Ticket, error) { return seller.ListTicket(t.Context(), "Front row", 1999) })
				placed, err := buyer.PlaceOrder(t.Context(), ticket.ID)
				if err != nil {
					continue // it may have been placed all the same; nobody has said so
				}
				p := purchase{buyer, placed.ID, false}
				if charge, err := buyer.Pay(t.Context(), placed.ID, "tok_visa"); err == nil && charge.Status == api.Succeeded {
					p.paid = true
				}
				mu.Lock()
				purchases = append(purchases, p)
				mu.Unlock()
			}
		})
	}
	buyers.Wait()
	close(stop)
	killer.Wait()

	paid := 0
	for _, p := range purchases {
		if !p.paid {
			insist(t, func() (api.Order, error) { return p.buyer.Order(t.Context(), p.order) })
			continue
		}
		paid++
		if _, err := p.buyer.AwaitOrder(bounded(t), p.order, api.Complete); err != nil {
			t.Error(err)
		}
		if left, captures := stripeOf(t, shared).kept(p.order); left != 1999 || captures != 1 {
			t.Errorf("Stripe keeps %s of %d captures", left, captures)
		}
	}
	t.Logf("%d orders, %d of them paid", len(purchases), paid)
	if paid == 0 {
		t.Error("nothing was paid, so nothing was shown")
	}
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

// killReplicas kills a replica, waits until it is there again under another pid, and goes on with the
// next, until it is told to stop.
func killReplicas(t *testing.T, stop <-chan struct{}) {
	for kills := 0; ; kills++ {
		select {
		case <-stop:
			t.Logf("%d processes killed", kills)
			return
		default:
		}
		name := []string{"orders", "payments", "tickets", "expiration"}[kills%4]
		i := rand.IntN(2)
		pid := shared.Run().Services[name].All()[i].PID
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Errorf("kill %s: %v", name, err)
		}
		servicetest.Eventually(t, name+" to be started again", func() bool {
			now := shared.Run().Services[name].All()[i].PID
			return now != 0 && now != pid
		})
	}
}

// A service that has nothing to do holds less than 40 MB, also when it had much to do before.
func TestServicesAreSmallAtRest(t *testing.T) {
	for name, s := range shared.Run().Services {
		for _, replica := range s.All() {
			var resident int64
			servicetest.Eventually(t, name+" to hold less than 40 MB", func() bool {
				var err error
				if resident, err = residentMemory(replica.PID); err != nil {
					t.Fatal(err)
				}
				return resident < 40e6
			})
			t.Logf("%s holds %.1f MB", name, float64(resident)/1e6)
		}
	}
}

// residentMemory reads what a process holds, in bytes (proc_pid_status(5)).
func residentMemory(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("no VmRSS of process %d", pid)
}
