package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMain also is the process of the limits, which the tool starts by running itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "limit" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestEveryScenarioIsMeasuredBesideALimit(t *testing.T) {
	var told bytes.Buffer
	out := filepath.Join(t.TempDir(), "results")
	args := []string{"-for", "150ms", "-warm", "50ms", "-rounds", "1", "-listed", "20", "-out", out}
	if !testing.Short() {
		profiles := t.TempDir()
		args = append(args, "-profiles", profiles)
		defer profiled(t, profiles, 7+1+3) // some scenarios have several services
	}
	if err := run(t.Context(), args, &told, t.Output()); err != nil {
		t.Fatalf("%v, after:\n%s", err, &told)
	}
	text, err := os.ReadFile(out + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Scenarios) != 7 || len(r.Limits) != len(allLimits) || total(r.AtRest) == 0 || total(r.Loaded) == 0 {
		t.Errorf("measured %s", text)
	}
	for _, o := range r.Scenarios {
		if o.Requests == 0 || o.PerSecond <= 0 || o.P50 <= 0 || o.P50 > o.P99 || o.P99 > o.P999 || o.Limit <= 0 || o.Ratio < 0 || o.Allocations < 10 {
			t.Errorf("%+v", o)
		}
		if !strings.Contains(told.String(), o.Name) {
			t.Errorf("the summary lacks %s:\n%s", o.Name, &told)
		}
	}
	inGoFormat(t, out+".txt", len(r.Scenarios))
}

func profiled(t *testing.T, dir string, want int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.pprof"))
	if err != nil || len(files) != want {
		t.Errorf("%d profiles, want %d: %v, %v", len(files), want, files, err)
	}
}

// inGoFormat checks the results that benchstat reads (https://go.dev/design/14313-benchmark-format).
func inGoFormat(t *testing.T, path string, want int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^Benchmark\S+-\d+ [1-9]\d* [1-9]\d* ns/op [1-9]\d* p99-ns/op \d+ cpu-ns/op [1-9]\d* allocs/op [\d.]+ req/s$`).FindAll(text, -1)
	if len(lines) != want {
		t.Errorf("%d lines of benchmarks, want %d, in:\n%s", len(lines), want, text)
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	for _, args := range [][]string{{"-listed", "50,x"}, {"-listed", "0"}, {"faster"}} {
		if err := run(t.Context(), args, t.Output(), t.Output()); err == nil {
			t.Errorf("accepted %v", args)
		}
	}
}

func TestTheLimitsEndWithTheToolThatStartedThem(t *testing.T) {
	cmd := exec.Command(os.Args[0], "limit")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = in.Close()
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		t.Error("the process of the limits outlives its standard input")
	}
}

func TestPercentilesAreOfSortedTimes(t *testing.T) {
	var s sample
	for i := 1000; i > 0; i-- {
		s.took = append(s.took, time.Duration(i))
	}
	if p50, p99, all := s.percentile(0.5), s.percentile(0.99), s.percentile(1); p50 != 501 || p99 != 991 || all != 1000 {
		t.Errorf("percentiles %d, %d, %d", p50, p99, all)
	}
	if (sample{}).percentile(0.5) != 0 {
		t.Error("a percentile of nothing")
	}
}

func TestLimitsAddUpWithOneHTTPRequest(t *testing.T) {
	b := bare{"empty handler": 30, "driver read": 100, "driver insert": 150, "publish, asynchronous": 20}
	for want, names := range map[time.Duration][]string{
		30:  {"empty handler"},
		100: {"driver read"},
		220: {"driver read", "driver insert"},
		290: {"driver read", "driver read", "driver insert", "publish, asynchronous"},
	} {
		if got := b.cost(names...); got != want {
			t.Errorf("%v cost %d, want %d", names, got, want)
		}
	}
}

func TestADriverStopsAfterItsLastRequest(t *testing.T) {
	d := driver{clients: 4, each: time.Minute, processor: func() usage { return usage{} }, settle: func(context.Context) error { return nil }}
	left := make(chan struct{}, 100)
	for range cap(left) {
		left <- struct{}{}
	}
	s, err := d.run(t.Context(), func(context.Context, *client) (bool, error) {
		select {
		case <-left:
			return true, nil
		default:
			return false, nil
		}
	})
	if err != nil || len(s.took) != cap(left) {
		t.Errorf("%d requests, %v", len(s.took), err)
	}
}
