package ratelimit

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"ticketing.dev/common/problem"
	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// WriteConfig is read from the environment of every service that signed-in users write to.
type WriteConfig struct {
	// User and Network bound the writes of a user, and of all users at one address, in each service. They also bound
	// what one account adds to the broker's disk, since each write publishes events.
	User    Rate `env:"WRITES_PER_USER" envDefault:"500+120/h"`
	Network Rate `env:"WRITES_PER_ADDRESS" envDefault:"5000+3600/h"`
}

// Rate is a number of attempts at once and how many more an hour allows, as text "500+120/h". The zero Rate, "0", is
// no limit.
type Rate struct{ Burst, PerHour int }

var rateText = regexp.MustCompile(`^([1-9][0-9]{0,8})\+([1-9][0-9]{0,8})/h$`)

// UnmarshalText reads a rate.
func (r *Rate) UnmarshalText(text []byte) error {
	if string(text) == "0" {
		*r = Rate{}
		return nil
	}
	parts := rateText.FindStringSubmatch(string(text))
	if parts == nil {
		return fmt.Errorf("%q is not a rate such as 500+120/h, or 0 for no limit", text)
	}
	r.Burst, _ = strconv.Atoi(parts[1]) // the pattern allows only numbers
	r.PerHour, _ = strconv.Atoi(parts[2])
	return nil
}

func (r Rate) limit(c Config, now func() time.Time) Limit {
	if r.Burst == 0 {
		return nil
	}
	return c.NewBucket(r.Burst, time.Hour/time.Duration(r.PerHour), now)
}

// Writes limits the writes of signed-in users.
type Writes struct {
	user, network Limit
	sessions      *session.Sessions
}

// NewWrites returns the limits of a service, which its replicas share if shared isn't nil.
func (c Config) NewWrites(w WriteConfig, shared *Shared, sessions *session.Sessions, now func() time.Time) *Writes {
	return &Writes{
		user:     shared.Limit("writes", w.User.limit(c, now)),
		network:  shared.Limit("network-writes", w.Network.limit(c, now)),
		sessions: sessions,
	}
}

// Middleware counts each write, whatever becomes of it, and refuses those beyond a limit. It belongs behind the
// middleware of sessions. Requests without a session can't write, so they don't count.
func (l *Writes) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := l.count(r); err != nil {
			web.WriteError(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (l *Writes) count(r *http.Request) error {
	user, ok := session.From(r)
	if !ok || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	_, err := Take(Attempt{l.user, user.ID}, Attempt{l.network, l.sessions.Proxies().Network(r).String()})
	if err != nil {
		p := problem.Of(err)
		p.Name = "too-many-writes"
		return p
	}
	return nil
}
