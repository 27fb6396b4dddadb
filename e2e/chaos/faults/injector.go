package faults

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/e2e/chaos/world"
)

const (
	// undoTimeout bounds what is done to undo a fault.
	undoTimeout = 30 * time.Second
	// recoverTimeout is how long what was hit may take to serve again to be noted.
	recoverTimeout = 60 * time.Second
)

// Injector carries out a plan.
type Injector struct {
	Record *history.Recorder
	Plan   Plan
	// Load is how long people buy.
	Load time.Duration
	// Log is told of each fault, and of those that could not be done or undone.
	Log *slog.Logger

	world *world.World
}

// Run does to a world what is planned, each at its time from now on, as long as people buy. Then it undoes
// what is not undone yet, and waits until everything serves. The error says what does not. When ctx ends it
// waits for nothing any more.
func (in *Injector) Run(ctx context.Context, w *world.World) error {
	in.world = w
	hurting, over := context.WithTimeout(ctx, in.Load)
	defer over()
	began := time.Now()
	var all sync.WaitGroup
	for _, f := range in.Plan.Faults {
		all.Go(func() {
			if sleep(hurting, time.Until(began.Add(f.At))) {
				in.carryOut(ctx, hurting, f)
			}
		})
	}
	all.Wait()
	<-hurting.Done()
	return heal(ctx, w)
}

// heal undoes whatever was done to a world, and waits until everything serves.
func heal(ctx context.Context, w *world.World) error {
	ctx, cancel := context.WithTimeout(ctx, 2*recoverTimeout)
	defer cancel()
	return errors.Join(w.Heal(ctx), w.AwaitReady(ctx))
}

// sleep says whether the time has passed before ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// carryOut does a fault, and undoes it when its time is over or the load's is.
func (in *Injector) carryOut(ctx, hurting context.Context, f Fault) {
	began := in.Record.Now()
	if err := in.do(hurting, f); err != nil {
		in.Log.Warn("not done", "fault", f.String(), "error", err)
		return
	}
	in.Log.Info("done", "fault", f.String())
	end := in.Record.Fault(history.Fault{Kind: string(f.Kind), Target: f.Target, Details: strings.TrimSpace(f.details()), Begin: began})
	if f.Kind != Replay { // which takes its time by itself
		sleep(hurting, f.For)
	}
	undoing, cancel := context.WithTimeout(ctx, undoTimeout)
	defer cancel()
	err := in.undo(undoing, f)
	end(0)
	if err != nil {
		in.Log.Error("not undone", "fault", f.String(), "error", err)
		return
	}
	in.Log.Info("undone", "fault", f.String())
	if p := in.hit(f); p != nil {
		recovering, cancel := context.WithTimeout(ctx, recoverTimeout)
		defer cancel()
		if p.AwaitReady(recovering) == nil {
			end(in.Record.Now())
		}
	}
}

// hit is the process of which can be asked whether it serves again.
func (in *Injector) hit(f Fault) *world.Process {
	if l := in.world.Link(f.Target); l != nil {
		return in.world.Process(l.From)
	}
	return in.world.Process(f.Target)
}

func (in *Injector) do(ctx context.Context, f Fault) error {
	w := in.world
	switch f.Kind {
	case Outage:
		if f.Freeze {
			return w.Process(f.Target).Pause()
		}
		return w.Process(f.Target).Kill()
	case Kill:
		return w.Process(f.Target).Kill()
	case Pause:
		return w.Process(f.Target).Pause()
	case Cut:
		if f.Lose != "" {
			return w.Link(f.Target).Swallow(f.Lose)
		}
		w.Link(f.Target).Cut()
		return nil
	case Slow:
		return w.Link(f.Target).Slow(f.Latency, f.Jitter, f.Rate)
	case Wipe:
		if f.Flush {
			return w.FlushRedis(ctx)
		}
		return w.WipeRedis()
	case Replay:
		return in.replay(ctx, f)
	case Refund:
		return in.refund(ctx, f)
	case Stripe, Webhooks:
		return w.TroubleStripe(ctx, f.Trouble...)
	}
	return fmt.Errorf("there is no fault of the kind %q", f.Kind)
}

func (in *Injector) replay(ctx context.Context, f Fault) error {
	n, err := in.world.Republish(ctx, rand.New(rand.NewPCG(f.Choice, 0)), f.Channels, f.Count, f.For)
	if err == nil {
		in.Log.Info("published again", "events", n)
	}
	return err
}

func (in *Injector) refund(ctx context.Context, f Fault) error {
	n, err := in.world.RefundByHand(ctx, rand.New(rand.NewPCG(f.Choice, 0)), f.Count)
	if err == nil {
		in.Log.Info("refunded by hand", "payments", n)
	}
	return err
}

func (in *Injector) undo(ctx context.Context, f Fault) error {
	w := in.world
	switch f.Kind {
	case Outage:
		return errors.Join(w.Process(f.Target).Resume(), w.Process(f.Target).Restart())
	case Kill:
		return w.Process(f.Target).Restart()
	case Pause:
		return w.Process(f.Target).Resume()
	case Cut, Slow:
		return w.Link(f.Target).Heal()
	case Wipe:
		if !f.Flush {
			return w.Process(f.Target).Restart()
		}
	case Stripe, Webhooks:
		return w.HealStripe(ctx)
	}
	return nil
}
