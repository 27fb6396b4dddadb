package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/system"
)

// An idle service holds less than 48 MB, even after it was busy.
func TestServicesAreSmallAtRest(t *testing.T) {
	for name, s := range shared.Run().Services {
		for _, replica := range s.All() {
			var resident int64
			servicetest.Eventually(t, name+" to hold less than 48 MB", func() bool {
				var err error
				if resident, err = process.Resident(replica.PID); err != nil {
					t.Fatal(err)
				}
				return resident < 48e6
			})
			t.Logf("%s holds %.1f MB", name, float64(resident)/1e6)
		}
	}
}

// BenchmarkStart measures how long each service takes from the start of its process until it is ready.
func BenchmarkStart(b *testing.B) {
	for _, name := range system.Services {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				startAndStop(b, name)
			}
		})
	}
}

// startAndStop starts one more replica of a service, and stops it once it's ready.
func startAndStop(b *testing.B, name string) {
	port := freePort(b)
	parts := shared.Run()
	program := exec.Command(filepath.Join(programs, name))
	program.Env = append(storeVariables(name),
		fmt.Sprintf("PORT=%d", port),
		"MONGO_URI="+parts.Mongo.URL,
		"STRIPE_KEY=sk_test_123", "STRIPE_WEBHOOK_SECRET=whsec_123", "STRIPE_API_URL="+parts.Stripe.URL,
		"JWT_KEY=only for this benchmark, and long enough",
	)
	if err := program.Start(); err != nil {
		b.Fatal(err)
	}
	awaitReady(b, port)
	b.StopTimer()
	defer b.StartTimer()
	_ = program.Process.Kill()
	_ = program.Wait() // it was killed
}

func awaitReady(b testing.TB, port int) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if res, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/readyz", port)); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
	}
	b.Fatal("not ready")
}

func freePort(b testing.TB) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
