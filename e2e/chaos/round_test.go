package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/cluster"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/system"
)

// It doesn't wait for answers, for faults to end, or for quiet.
func TestAStoppedRoundEndsAtOnce(t *testing.T) {
	c := &campaign{config: config{load: time.Minute, quiet: time.Minute}, work: t.TempDir(), ports: process.NewPorts()}
	var err error
	if c.root, err = system.FindRoot(); err != nil {
		t.Fatal(err)
	}
	programs, err := cluster.Build(t.Context(), c.root, filepath.Join(c.root, ".bin"), "") // as other tests build them
	if err != nil {
		t.Fatal(err)
	}
	plan := faults.Plan{OrderTTL: time.Minute}
	for _, f := range []faults.Fault{
		{Kind: faults.Pause, Target: "payments-1"}, {Kind: faults.Pause, Target: "orders-1"}, {Kind: faults.Kill, Target: cluster.Mongo},
		{Kind: faults.Cut, Target: "tickets-1→mongo", Lose: cluster.Both},
	} {
		f.At, f.For = time.Second, time.Minute
		plan.Faults = append(plan.Faults, f)
	}
	r := newRound(c, 1, t.TempDir(), programs, plan)
	errStopped := errors.New("stopped by the test")
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	var stopped time.Time
	go func() {
		for len(r.record.Faults()) < len(plan.Faults) && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Second) // in which users wait for answers
		stopped = time.Now()
		stop(errStopped)
	}()
	res := r.run(ctx)
	if took := time.Since(stopped); !errors.Is(res.err, errStopped) || took > 30*time.Second { // the faults last for a minute
		t.Errorf("ended after %v with %v", took, res.err)
	}
}

func TestAPanicOfTheCheckerKeepsTheHistory(t *testing.T) {
	_, err := judge(func(history.History) check.Verdict { panic("confused") }, history.History{})
	if err == nil || !strings.Contains(err.Error(), "confused") || !strings.Contains(err.Error(), "round_test.go") {
		t.Errorf("it fails with %v", err)
	}
}
