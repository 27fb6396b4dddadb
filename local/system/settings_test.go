package system

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/events"
)

func TestServicesShareTheCores(t *testing.T) {
	for cores, want := range map[int]int{1: 1, 2: 1, 4: 1, 8: 2, 64: 16} {
		if got := share(cores); got != want {
			t.Errorf("a service uses %d of %d cores, want %d", got, cores, want)
		}
	}
	env := Settings{PprofAddr: "127.0.0.1:0"}.Environ("orders", "orders-1", "3000")
	for _, want := range []string{fmt.Sprintf("GOMAXPROCS=%d", share(runtime.NumCPU())), "PPROF_ADDR=127.0.0.1:0"} {
		if !slices.Contains(env, want) {
			t.Errorf("a service's environment has no %s: %v", want, env)
		}
	}
}

func TestServicesHasEveryServiceOfTheRepository(t *testing.T) {
	programs, err := filepath.Glob("../../*/cmd/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, program := range programs {
		folder := filepath.Dir(program)
		if name := filepath.Base(folder); name == filepath.Base(filepath.Dir(filepath.Dir(folder))) {
			want = append(want, name)
		}
	}
	if got := slices.Sorted(slices.Values(Services)); !slices.Equal(got, want) {
		t.Errorf("local/system/system.go lists the services %v, but the repository has %v", got, want)
	}
}

func TestEachServiceGetsOnlyItsOwnVariables(t *testing.T) {
	s := Settings{
		NATSLogins:  logins(map[string]string{"auth": "a", "tickets": "t", "orders": "o", "payments": "p", "expiration": "e"}),
		RedisLogins: logins(map[string]string{"auth": "a", "tickets": "t", "orders": "o", "payments": "p", "expiration": "e"}),
		EventKeys:   map[string]string{"auth": events.NewKey(), "tickets": events.NewKey(), "orders": events.NewKey(), "payments": events.NewKey(), "expiration": events.NewKey()},
		RedisAddr:   "1", JWTKeyPrevious: "1", TicketKey: "6", TicketKeyPrevious: "7", SessionIdle: time.Hour, SessionAbsolute: time.Hour, Limits: Limits{RateFactor: "2", StreamsMax: "3", WritesPerUser: "4", WritesPerAddress: "5"},
		SMTP: SMTP{"host", "25", "user", "password", "none", "from"}, SiteURL: "http://localhost",
	}
	const common, stored = "PORT LOG_LEVEL GOMAXPROCS GOGC NATS_URL NATS_CLUSTER_ID NATS_CLIENT_ID NATS_USER NATS_PASSWORD EVENT_KEY EVENT_PUBLIC_KEYS REDIS_ADDR REDIS_USERNAME REDIS_PASSWORD", " MONGO_URI JWT_KEY REQUIRE_STRONG_KEYS TRUSTED_PROXIES COOKIE_NAME JWT_KEY_PREVIOUS SESSION_IDLE_TIMEOUT SESSION_ABSOLUTE_TIMEOUT RATE_LIMIT_FACTOR WRITES_PER_USER WRITES_PER_ADDRESS"
	for service, want := range map[string]string{
		"auth":       common + stored + " SITE_URL SMTP_HOST SMTP_PORT SMTP_USER SMTP_PASSWORD SMTP_TLS MAIL_FROM",
		"tickets":    common + stored + " TICKET_KEY TICKET_KEY_PREVIOUS STREAMS_MAX",
		"orders":     common + stored + " ORDER_TTL MAX_OPEN_ORDERS MAX_UNPAID_RESERVATIONS",
		"payments":   common + stored + " STRIPE_KEY STRIPE_WEBHOOK_SECRET STRIPE_API_URL",
		"expiration": common,
	} {
		var got []string
		for _, variable := range s.Environ(service, "a", "1") {
			name, _, _ := strings.Cut(variable, "=")
			got = append(got, name)
		}
		if !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s gets %v, want %s", service, got, want)
		}
	}
}
