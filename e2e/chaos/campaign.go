package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/cluster"
	"ticketing.dev/e2e/chaos/defects"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/local/system"
)

type campaign struct {
	config
	root  string
	work  string // a temporary directory, removed at the end
	ports *process.Ports

	mu  sync.Mutex
	out io.Writer
}

// run does what the command line asks for. The error says which promises were broken, or what failed.
func run(ctx context.Context, cfg config, out io.Writer) (err error) {
	c := &campaign{config: cfg, ports: process.NewPorts(), out: out}
	if c.root, err = system.FindRoot(); err != nil {
		return err
	}
	if c.work, err = os.MkdirTemp("", "chaos-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.work)) }()
	if err := c.prepare(ctx); err != nil {
		return err
	}
	programs, err := c.build(ctx, "bin")
	if err != nil {
		return err
	}
	s := newSummary()
	if len(c.defects) == 0 {
		c.print("seeds: %v\n", c.seeds)
		for _, r := range c.play(ctx, programs, nil) {
			s.add(r)
		}
	}
	for _, d := range c.defects {
		if ctx.Err() == nil {
			s.Defects = append(s.Defects, c.find(ctx, d))
		}
	}
	c.print("%s\n", s)
	if c.report != "" {
		err = writeJSON(c.report, s)
	}
	if ctx.Err() != nil {
		err = errors.Join(err, errors.New("stopped"))
	}
	return errors.Join(err, s.err())
}

// prepare fails early if results can't be written, or if the MongoDB of MONGO_URI doesn't respond.
func (c *campaign) prepare(ctx context.Context) error {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return err
	}
	if c.report != "" {
		if err := writeJSON(c.report, struct{}{}); err != nil {
			return err
		}
	}
	if c.mongo != nil {
		if err := c.mongo.Check(ctx); err != nil {
			return fmt.Errorf("MONGO_URI: %w", err)
		}
	}
	return nil
}

// build builds the programs with the edits of a defect. Their clocks can be shifted.
func (c *campaign) build(ctx context.Context, name string, edits ...defects.Edit) (cluster.Programs, error) {
	skew, err := defects.Skew(c.root)
	if err != nil {
		return cluster.Programs{}, err
	}
	bin := filepath.Join(c.work, name)
	if err := os.Mkdir(bin, 0o700); err != nil {
		return cluster.Programs{}, err
	}
	overlay, err := defects.Overlay(c.root, bin, edits, skew)
	if err != nil {
		return cluster.Programs{}, err
	}
	return cluster.Build(ctx, c.root, bin, overlay)
}

// find runs rounds of services with a defect until one of them finds it.
func (c *campaign) find(ctx context.Context, d defects.Defect) search {
	s := search{Name: d.Name, Why: d.Why}
	c.print("%s: %s\n", d.Name, d.Why)
	programs, err := c.build(ctx, d.Name, d.Edits...)
	if err != nil {
		s.Error = err.Error()
		return s
	}
	defer os.RemoveAll(filepath.Join(c.work, d.Name))
	results := c.play(ctx, programs, &d)
	s.Rounds = len(results)
	for _, r := range results {
		if v := finds(r, d); v != nil {
			s.Seed, s.Found = r.seed, v.Promise+": "+v.What
			return s
		}
	}
	s.Error = "not found"
	return s
}

// finds is the first violation of a round that a defect explains, or nil.
func finds(r result, d defects.Defect) *check.Violation {
	i := slices.IndexFunc(r.violations, func(v check.Violation) bool { return slices.Contains(d.Promises, v.Promise) })
	if i < 0 {
		return nil
	}
	return &r.violations[i]
}

// selection is what may be done in a round. The faults that provoke a defect are enough to find it.
func (c *campaign) selection(d *defects.Defect) (s faults.Selection) {
	if len(c.only) > 0 || d == nil {
		return c.only
	}
	for _, p := range d.Provoke {
		if (faults.Selection{p}).Check(c.spared()...) == nil {
			s = append(s, p)
		}
	}
	return s
}

// play runs rounds side by side, until all are over, ctx ends or one has found the defect.
func (c *campaign) play(ctx context.Context, programs cluster.Programs, d *defects.Defect) (results []result) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	seeds := make(chan uint64, len(c.seeds))
	for _, seed := range c.seeds {
		seeds <- seed
	}
	close(seeds)
	var players sync.WaitGroup
	var mu sync.Mutex
	for range min(c.parallel, len(c.seeds)) {
		players.Go(func() {
			for seed := range seeds {
				r := c.round(ctx, seed, programs, d)
				if ctx.Err() != nil {
					return
				}
				mu.Lock()
				results = append(results, r)
				mu.Unlock()
				if d != nil && finds(r, *d) != nil {
					cancel()
				}
			}
		})
	}
	players.Wait()
	return results
}

// round runs one round, prints its result, and keeps its files if it failed.
func (c *campaign) round(ctx context.Context, seed uint64, programs cluster.Programs, d *defects.Defect) result {
	dir, err := os.MkdirTemp(c.work, fmt.Sprintf("round-%d-", seed)) // a seed may be given twice
	if err != nil {
		return result{seed: seed, err: err}
	}
	defer os.RemoveAll(dir)
	plan := faults.Draw(seed, c.load, c.selection(d), c.spared()...)
	r := newRound(c, seed, dir, programs, plan).run(ctx)
	if ctx.Err() != nil {
		return r
	}
	text := r.String()
	if r.err != nil || len(r.violations)+len(r.undecided) > 0 || c.keep {
		kept, err := c.keepRound(dir, r)
		r.err = errors.Join(r.err, err)
		text += fmt.Sprintf("  kept in %s\n  again:  %s\n", kept, c.again(seed, d))
	}
	c.print("%s", text)
	return r
}

// keepRound copies a round's logs, plan, history and violations to where they stay.
func (c *campaign) keepRound(dir string, r result) (string, error) {
	to, err := os.MkdirTemp(c.dir, fmt.Sprintf("%s-seed-%d-", time.Now().Format("20060102-150405"), r.seed))
	if err != nil {
		return "", err
	}
	return to, errors.Join(
		os.CopyFS(filepath.Join(to, "log"), os.DirFS(filepath.Join(dir, "log"))),
		writeJSON(filepath.Join(to, "plan.json"), r.plan),
		writeJSON(filepath.Join(to, "history.json"), r.history),
		os.WriteFile(filepath.Join(to, "violations.txt"), []byte(r.String()), 0o600),
	)
}

func (c *campaign) print(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.out, format, args...)
}

func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}
