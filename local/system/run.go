package system

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// runFile is the file in the data directory that holds a Run.
const runFile = "run.json"

// Run says where the parts of a running system are. It's written to run.json once everything is ready and
// whenever a process is restarted, and removed at the end.
type Run struct {
	Gateway  string             `json:"gateway"` // the URL to use
	Client   *Part              `json:"client,omitempty"`
	Services map[string]Service `json:"services"`
	Mongo    Part               `json:"mongo"`
	NATS     Part               `json:"nats"`
	Redis    Part               `json:"redis"`
	Stripe   Part               `json:"stripe"`
	Mail     Part               `json:"mail,omitzero"`
	OrderTTL Duration           `json:"orderTTL"`
}

// Part is one thing that runs. The URLs of the stand-ins for NATS Streaming and Redis have a user and a password. PID is 0 for a server that the system didn't start.
type Part struct {
	URL string `json:"url"`
	PID int    `json:"pid,omitempty"`
}

// Service is a service: its first replica, and all of them where there are several.
type Service struct {
	Part
	Replicas []Part `json:"replicas,omitempty"`
}

// All lists the replicas.
func (s Service) All() []Part {
	if len(s.Replicas) == 0 {
		return []Part{s.Part}
	}
	return s.Replicas
}

// Duration is a time.Duration that's "15m0s" in JSON.
type Duration struct{ time.Duration }

// MarshalText writes the duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	d.Duration, err = time.ParseDuration(string(text))
	return err
}

// ReadRun reads the run.json of a data directory. It returns fs.ErrNotExist if no system runs there, or if it
// isn't ready.
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

func (r Run) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", runFile, err)
	}
	return writeAtomically(path, append(text, '\n'), 0o600) // addresses of real servers may have passwords
}

// Run says where the parts are now.
func (s *System) Run() Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run()
}

func (s *System) run() Run {
	r := Run{
		Gateway:  s.gatewayURL(),
		Services: make(map[string]Service),
		Mongo:    s.part("mongo", s.settings.MongoURI),
		NATS:     s.part("nats", s.settings.NATSURL),
		Redis:    s.part("redis", "redis://"+s.settings.RedisAddr),
		Stripe:   s.part("stripe", cmp.Or(s.settings.Stripe.URL, "https://api.stripe.com")),
		Mail:     s.part("mail", "smtp://"+s.settings.SMTP.Host),
		OrderTTL: Duration{s.config.OrderTTL},
	}
	if s.client != nil {
		r.Client = s.client.where()
	}
	for name, parts := range s.replicas {
		replicas := make([]Part, len(parts))
		for i, p := range parts {
			replicas[i] = *p.where()
		}
		service := Service{Part: replicas[0]}
		if len(replicas) > 1 {
			service.Replicas = replicas
		}
		r.Services[name] = service
	}
	return r
}

func (p *part) where() *Part { return &Part{p.url.String(), int(p.pid.Load())} }

// part is a stand-in, or the real server at an address.
func (s *System) part(kind, address string) Part {
	if p := s.standins[kind]; p != nil {
		return *p.where()
	}
	return Part{URL: address}
}

// announce writes run.json, and removes it at the end.
func (s *System) announce(context.Context) error {
	s.onClose(func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.announced = false
		return os.Remove(s.dir.path(runFile))
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.announced = true
	return s.run().write(s.dir.path(runFile))
}

// rewrite updates run.json after a restart.
func (s *System) rewrite() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.announced {
		return
	}
	if err := s.run().write(s.dir.path(runFile)); err != nil {
		s.fail(fmt.Errorf("update %s: %w", runFile, err))
	}
}
