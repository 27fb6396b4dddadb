package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progressEvery is how often a line tells how far the campaign is.
const progressEvery = 5 * time.Second

// progress tells how far the campaign is.
type progress struct {
	out   io.Writer
	began time.Time
	all   int
	ended chan struct{}
	quit  chan struct{}

	mu         sync.Mutex // also of out
	running    map[*round]struct{}
	done       int
	faults     int
	operations int // of the rounds that are over
	violations int
}

func startProgress(out io.Writer, rounds int) *progress {
	p := &progress{
		out: out, began: time.Now(), all: rounds, running: make(map[*round]struct{}),
		ended: make(chan struct{}), quit: make(chan struct{}),
	}
	go p.run()
	return p
}

func (p *progress) run() {
	defer close(p.ended)
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.tell(p.line())
		case <-p.quit:
			return
		}
	}
}

func (p *progress) stop() {
	close(p.quit)
	<-p.ended
}

// line says how far the campaign is.
func (p *progress) line() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	operations := p.operations
	for r := range p.running {
		operations += r.record.Count()
	}
	at := time.Since(p.began)
	return fmt.Sprintf("%02d:%02d  rounds: %d of %d done, %d running; faults: %d; operations: %d; violations: %d\n",
		int(at.Minutes()), int(at.Seconds())%60, p.done, p.all, len(p.running), p.faults, operations, p.violations)
}

// tell writes whole lines.
func (p *progress) tell(lines string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = io.WriteString(p.out, lines) // to whom could that be told
}

func (p *progress) fault() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults++
}

func (p *progress) begin(r *round) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running[r] = struct{}{}
}

func (p *progress) end(r *round, res result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.running, r)
	p.done++
	p.operations += r.record.Count()
	p.violations += len(res.violations)
}
