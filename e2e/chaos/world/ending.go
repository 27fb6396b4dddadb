package world

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

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/system"
)

// endPatience is how long a replica may take to end. It's more than the 35 seconds that services allow
// themselves (drainTimeout in common/service).
const endPatience = 50 * time.Second

var errPatience = errors.New("it has not ended in " + endPatience.String())

// NoteBefore records each replica's memory before the load.
func (w *World) NoteBefore() error {
	for _, name := range AllReplicas() {
		p := w.processes[name]
		held, err := system.Resident(p.number())
		if err != nil {
			return fmt.Errorf("memory of %s: %w", name, err)
		}
		p.mu.Lock()
		p.before = held
		p.mu.Unlock()
	}
	return nil
}

// End records what each process holds and ends all replicas: the chosen ones with SIGQUIT, on which Go prints
// their goroutines, and the others with SIGTERM, on which they must exit with 0. What went wrong is in the
// process's Exit.
func (w *World) End(ctx context.Context, tells func(replica string) bool) ([]history.Process, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, endPatience, errPatience)
	defer cancel()
	open, err := connections()
	if err != nil {
		return nil, fmt.Errorf("count connections: %w", err)
	}
	processes := w.Processes()
	all := make([]history.Process, len(processes))
	for i, p := range processes {
		all[i] = w.note(p, open)
	}
	var ending sync.WaitGroup
	for i, p := range processes {
		if !slices.Contains(AllReplicas(), p.Name) {
			continue // the stores are needed until the replicas have ended
		}
		ending.Go(func() {
			if tells(p.Name) {
				w.quit(ctx, p, &all[i])
			} else {
				terminate(ctx, p, &all[i])
			}
		})
	}
	ending.Wait()
	return all, nil
}

func (w *World) note(p *Process, open map[string]int) history.Process {
	held, err := system.Resident(p.number())
	noted := history.Process{
		Name: p.Name, Restarts: p.Restarts(), Deaths: p.Deaths(), Resident: held, Links: make(map[string]int),
	}
	if noted.Restarts == 0 {
		noted.Before = p.before
	}
	if err != nil {
		complain(&noted, "its memory cannot be read: %v", err)
	}
	for _, to := range ways[ServiceOf(p.Name)] {
		noted.Links[to] = open[w.addrs[linkName(p.Name, to)]]
	}
	if crash := w.crash(p.Name); crash != "" {
		complain(&noted, "it has crashed: %s", crash)
	}
	return noted
}

func complain(p *history.Process, format string, args ...any) {
	p.Exit = strings.TrimPrefix(p.Exit+"; "+fmt.Sprintf(format, args...), "; ")
}

// crash finds the line that Go prints when a program panics.
func (w *World) crash(name string) string {
	log, err := os.ReadFile(w.Log(name))
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

func terminate(ctx context.Context, p *Process, noted *history.Process) {
	state, err := p.End(ctx, syscall.SIGTERM)
	switch {
	case err != nil:
		complain(noted, "%v", err)
	case !state.Success():
		complain(noted, "SIGTERM: %v", state)
	}
}

func (w *World) quit(ctx context.Context, p *Process, noted *history.Process) {
	before, err := os.ReadFile(w.Log(p.Name))
	if err == nil {
		_, err = p.End(ctx, syscall.SIGQUIT)
	}
	if err != nil {
		complain(noted, "%v", err)
		return
	}
	after, err := os.ReadFile(w.Log(p.Name))
	if err != nil || len(after) < len(before) {
		complain(noted, "its goroutines cannot be read: %v", err)
		return
	}
	noted.Goroutines, noted.Stacks = countGoroutines(string(after[len(before):]))
}
