package payments

import (
	"testing"
	"time"

	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service/servicetest"
)

func TestEveryWriteIsLimited(t *testing.T) {
	s := start(t)
	s.Stop()
	o := s.open(nil)
	o.writes = ratelimit.Config{Factor: 1}.NewWrites(servicetest.OneWrite, nil, o.sessions, time.Now)
	servicetest.WritesAreLimited(t, servicetest.Run(t, "payments", s.bus, o), o, "POST /api/payments/webhook")
}
