package system

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// runFile is the file in the data directory that holds a Run.
const runFile = "run.json"

// Run tells where the parts of a running system are. It is written to run.json once everything is
// ready, again whenever a process is replaced, and removed at the end.
type Run struct {
	Gateway  string             `json:"gateway"` // the URL to use
	Client   *Part              `json:"client,omitempty"`
	Services map[string]Service `json:"services"`
	Mongo    Part               `json:"mongo"`
	NATS     Part               `json:"nats"`
	Redis    Part               `json:"redis"`
	Stripe   Part               `json:"stripe"`
	OrderTTL Duration           `json:"orderTTL"`
}

// Part is one thing that runs. PID is its process: this one where everything runs in one, and 0 for a
// real part, which nobody here has started.
type Part struct {
	URL string `json:"url"`
	PID int    `json:"pid,omitempty"`
}

// Service is a service: its first replica, and all of them where there are several.
type Service struct {
	Part
	Replicas []Part `json:"replicas,omitempty"`
}

// All are the replicas, however many there are.
func (s Service) All() []Part {
	if len(s.Replicas) == 0 {
		return []Part{s.Part}
	}
	return s.Replicas
}

// Duration is a time.Duration that JSON writes as people do: "15m0s".
type Duration struct{ time.Duration }

// MarshalText writes the duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	d.Duration, err = time.ParseDuration(string(text))
	return err
}

// ReadRun reads where the system is that runs on a data directory. fs.ErrNotExist says that none does,
// or that it is not ready.
func ReadRun(dir string) (Run, error) {
	var r Run
	text, err := os.ReadFile(filepath.Join(dir, runFile))
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("decode %s: %w", runFile, err)
	}
	return r, nil
}

// removeStale removes what a system that was killed has left: nobody is to take it for this one's.
func removeStale(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

func (r Run) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", runFile, err)
	}
	return writeAtomically(path, append(text, '\n'), 0o600) // real parts' addresses may hold passwords
}

// Run tells where the parts are now.
func (s *System) Run() Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run()
}

func (s *System) run() Run {
	r := Run{
		Gateway:  s.gatewayURL(),
		Services: make(map[string]Service),
		Mongo:    s.part("mongo", s.settings.Mongo.URI),
		NATS:     s.part("nats", s.settings.NATS.URL),
		Redis:    s.part("redis", "redis://"+s.settings.RedisAddr),
		Stripe:   s.part("stripe", cmp.Or(s.settings.Stripe.URL, "https://api.stripe.com")),
		OrderTTL: Duration{s.config.OrderTTL},
	}
	if s.client != nil {
		r.Client = &Part{s.client.url.String(), s.client.pid()}
	}
	for name, units := range s.replicas {
		replicas := make([]Part, len(units))
		for i, u := range units {
			replicas[i] = Part{u.url.String(), u.pid()}
		}
		service := Service{Part: replicas[0]}
		if len(replicas) > 1 {
			service.Replicas = replicas
		}
		r.Services[name] = service
	}
	return r
}

// part is a stand-in, or the real one whose address is given.
func (s *System) part(kind, address string) Part {
	if u := s.standins[kind]; u != nil {
		return Part{u.url.String(), u.pid()}
	}
	return Part{URL: address}
}

// announce writes run.json.
func (s *System) announce(context.Context) error {
	path := s.dir.path(runFile)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onClose(func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.announced = false
		return os.Remove(path)
	})
	s.announced = true
	return s.run().write(path)
}

// rewrite brings run.json up to date after a process was replaced, once it has been written.
func (s *System) rewrite() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.announced {
		return
	}
	if err := s.run().write(s.dir.path(runFile)); err != nil {
		s.fail(errors.Join(errors.New("write where the parts are"), err))
	}
}
