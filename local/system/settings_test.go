package system_test

import (
	"slices"
	"strings"
	"testing"

	"ticketing.dev/local/system"
)

func TestEachServiceGetsOnlyItsOwnVariables(t *testing.T) {
	s := system.Settings{Limits: system.Limits{RateFactor: "2", StreamsMax: "3"}}
	const common, stored, listens = "PORT LOG_LEVEL", " MONGO_URI JWT_KEY REQUIRE_STRONG_KEYS TRUSTED_PROXIES COOKIE_NAME",
		" NATS_URL NATS_CLUSTER_ID NATS_CLIENT_ID"
	for service, want := range map[string]string{
		"auth":       common + stored + " RATE_LIMIT_FACTOR",
		"tickets":    common + stored + listens + " STREAMS_MAX",
		"orders":     common + stored + listens + " ORDER_TTL",
		"payments":   common + stored + listens + " STRIPE_KEY STRIPE_WEBHOOK_SECRET STRIPE_API_URL RATE_LIMIT_FACTOR",
		"expiration": common + listens + " REDIS_ADDR",
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
