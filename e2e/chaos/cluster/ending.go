package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/e2e/chaos/history"
)

// endPatience is how long a replica may take to end. It's more than the 35 seconds that services allow
// themselves (drainTimeout in common/service).
const endPatience = 50 * time.Second

var errPatience = errors.New("it has not ended in " + endPatience.String())

// NoteBefore records each replica's memory before the load.
func (c *Cluster) NoteBefore() error {
	for _, name := range AllReplicas() {
		held, err := process.Resident(c.Process(name).PID())
		if err != nil {
			return fmt.Errorf("memory of %s: %w", name, err)
		}
		c.before[name] = held
	}
	return nil
}

// End records the resources of each process and stops all replicas: the chosen ones with SIGQUIT, on which Go prints
// their goroutines, and the others with SIGTERM, on which they must exit with 0. Errors go to the process's Exit.
func (c *Cluster) End(ctx context.Context, dump func(replica string) bool) ([]history.Process, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, endPatience, errPatience)
	defer cancel()
	open, err := connections()
	if err != nil {
		return nil, fmt.Errorf("count connections: %w", err)
	}
	names := c.Processes()
	all := make([]history.Process, len(names))
	for i, name := range names {
		all[i] = c.note(c.Process(name), open)
	}
	var ending sync.WaitGroup
	for i, name := range names {
		p := c.Process(name)
		if !slices.Contains(AllReplicas(), name) {
			continue // the stores are needed until the replicas have ended
		}
		ending.Go(func() {
			if dump(p.Name) {
				c.quit(ctx, p, &all[i])
			} else {
				terminate(ctx, p, &all[i])
			}
		})
	}
	ending.Wait()
	return all, nil
}

func (c *Cluster) note(p *process.Supervisor, open map[string]int) history.Process {
	held, err := process.Resident(p.PID())
	noted := history.Process{
		Name: p.Name, Restarts: p.Restarts(), Deaths: p.Deaths(), Resident: held, Links: make(map[string]int),
	}
	if noted.Restarts == 0 {
		noted.Before = c.before[p.Name]
	}
	if err != nil {
		complain(&noted, "its memory cannot be read: %v", err)
	}
	for _, to := range stores(ServiceOf(p.Name)) {
		noted.Links[to] = open[c.links[linkName(p.Name, to)].addr]
	}
	if crash := c.crash(p.Name); crash != "" {
		complain(&noted, "it has crashed: %s", crash)
	}
	return noted
}

func complain(p *history.Process, format string, args ...any) {
	p.Exit = strings.TrimPrefix(p.Exit+"; "+fmt.Sprintf(format, args...), "; ")
}

// crash finds the line that Go prints when a program panics.
func (c *Cluster) crash(name string) string {
	log, err := os.ReadFile(c.Log(name))
	if err != nil {
		return err.Error()
	}
	for line := range strings.Lines(string(log)) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

func terminate(ctx context.Context, p *process.Supervisor, noted *history.Process) {
	state, err := p.Stop(ctx, syscall.SIGTERM)
	switch {
	case err != nil:
		complain(noted, "%v", err)
	case !state.Success():
		complain(noted, "SIGTERM: %v", state)
	}
}

func (c *Cluster) quit(ctx context.Context, p *process.Supervisor, noted *history.Process) {
	before, err := os.ReadFile(c.Log(p.Name))
	if err == nil {
		_, err = p.Stop(ctx, syscall.SIGQUIT)
	}
	if err != nil {
		complain(noted, "%v", err)
		return
	}
	after, err := os.ReadFile(c.Log(p.Name))
	if err != nil || len(after) < len(before) {
		complain(noted, "its goroutines cannot be read: %v", err)
		return
	}
	noted.Goroutines, noted.Stacks = countGoroutines(string(after[len(before):]))
}
