package world

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Ready asks once whether the process serves.
func (p *Process) Ready(ctx context.Context) error {
	p.mu.Lock()
	r := p.run
	p.mu.Unlock()
	if r == nil {
		return errRunsNot
	}
	if err := p.probe(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r.served = true
	return nil
}

// readyPause is how often a process is asked whether it serves.
const readyPause = 20 * time.Millisecond

// AwaitReady waits until the process serves, or ctx ends. The error says what it answered last.
func (p *Process) AwaitReady(ctx context.Context) error {
	last := errors.New("it has not been asked")
	for {
		err := p.Ready(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-time.After(readyPause):
		case <-ctx.Done():
			return fmt.Errorf("%s does not serve: %w (%w)", p.Name, context.Cause(ctx), last)
		}
	}
}
