package world

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/system"
)

// endPatience is how long a replica may take to end when it is asked to: it has nothing to do any more.
const endPatience = 30 * time.Second

// NoteBefore notes what each replica holds before the load.
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

// End notes what each replica holds, and ends all of them: those that are to tell what their goroutines do
// with SIGQUIT, at which Go writes that, and the others with SIGTERM, at which they have to end well. What is
// not as it should be is in the process's Exit.
func (w *World) End(tells func(replica string) bool) ([]history.Process, error) {
	open, err := connections()
	if err != nil {
		return nil, fmt.Errorf("count connections: %w", err)
	}
	names := AllReplicas()
	all := make([]history.Process, len(names))
	var ending sync.WaitGroup
	for i, name := range names {
		all[i] = w.note(name, open)
	}
	for i, name := range names {
		ending.Go(func() {
			p := w.processes[name]
			if tells(name) {
				w.quit(p, &all[i])
			} else {
				terminate(p, &all[i])
			}
		})
	}
	ending.Wait()
	return all, nil
}

func (w *World) note(name string, open map[string]int) history.Process {
	p := w.processes[name]
	held, err := system.Resident(p.number())
	noted := history.Process{Name: name, Restarts: p.Restarts(), Resident: held, Links: make(map[string]int)}
	if noted.Restarts == 0 {
		noted.Before = p.before
	}
	if err != nil {
		complain(&noted, "its memory cannot be read: %v", err)
	}
	for _, to := range ways[ServiceOf(name)] {
		noted.Links[to] = open[w.addrs[linkName(name, to)]]
	}
	if crash := w.crash(name); crash != "" {
		complain(&noted, "it has crashed: %s", crash)
	}
	return noted
}

func complain(p *history.Process, format string, args ...any) {
	p.Exit = strings.TrimPrefix(p.Exit+"; "+fmt.Sprintf(format, args...), "; ")
}

// crash looks for what Go writes when a program cannot go on.
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

func terminate(p *Process, noted *history.Process) {
	state, err := p.End(syscall.SIGTERM, endPatience)
	switch {
	case err != nil:
		complain(noted, "%v", err)
	case !state.Success():
		complain(noted, "SIGTERM: %v", state)
	}
}

func (w *World) quit(p *Process, noted *history.Process) {
	before, err := os.ReadFile(w.Log(p.Name))
	if err == nil {
		_, err = p.End(syscall.SIGQUIT, endPatience)
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
