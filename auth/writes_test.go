package auth

import (
	"testing"

	memorybus "ticketing.dev/common/bus/memory"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service/servicetest"
)

func TestEveryWriteIsLimited(t *testing.T) {
	rs := serve(t, Options{
		DB: servicetest.Database(t), Limits: ratelimit.Config{Factor: 1}, Writes: servicetest.OneWrite,
	}, memorybus.New())
	// Sign-ups and sign-ins have limits of their own.
	servicetest.WritesAreLimited(t, rs.client, rs.Service, "POST /api/users/signup", "POST /api/users/signin")
}
