package orders

import (
	"testing"
	"time"

	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/service/servicetest"
)

func TestEveryWriteIsLimited(t *testing.T) {
	s := start(t)
	s.Stop()
	o := s.open()
	o.writes = ratelimit.Config{Factor: 1}.NewWrites(servicetest.OneWrite, nil, o.sessions, time.Now)
	servicetest.WritesAreLimited(t, servicetest.Run(t, "orders", s.bus, o), o)
}
