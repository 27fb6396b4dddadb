package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/e2e/chaos/world"
	"ticketing.dev/local/system"
)

// Whoever stops a campaign does not wait for answers, for what is hurt, or for quiet.
func TestARoundThatIsStoppedEndsAtOnce(t *testing.T) {
	root, err := system.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	programs, err := world.Build(t.Context(), root, t.TempDir(), "", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	errStopped := errors.New("somebody has stopped it")
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	plan := faults.Plan{OrderTTL: time.Minute}
	for _, f := range []faults.Fault{
		{Kind: faults.Pause, Target: "payments-1"}, {Kind: faults.Pause, Target: "orders-1"}, {Kind: faults.Kill, Target: world.Mongo},
		{Kind: faults.Cut, Target: "tickets-1→mongo", Lose: world.Both},
	} {
		f.At, f.For = time.Second, time.Minute
		plan.Faults = append(plan.Faults, f)
	}
	done := make(chan faults.Fault)
	var stopped time.Time
	go func() {
		for range plan.Faults {
			<-done
		}
		time.Sleep(time.Second) // in which people wait for what does not answer
		stopped = time.Now()
		stop(errStopped)
	}()
	r := &round{
		seed: 1, dir: t.TempDir(), root: root, programs: programs, ports: process.NewPorts(), load: time.Minute, quiet: time.Minute,
		plan: plan, counted: func(f faults.Fault) { done <- f }, record: history.NewRecorder(),
	}
	res := r.run(ctx)
	took := time.Since(stopped)
	t.Logf("it has ended after %v", took)
	if !errors.Is(res.err, errStopped) || took > 5*time.Second {
		t.Errorf("it has ended after %v with %v", took, res.err)
	}
}

func TestACheckerThatFailsLosesNoHistory(t *testing.T) {
	_, err := examine(func(history.History) check.Verdict { panic("it is confused") }, history.History{})
	if err == nil || !strings.Contains(err.Error(), "it is confused") || !strings.Contains(err.Error(), "round_test.go") {
		t.Errorf("it fails with %v", err)
	}
}
