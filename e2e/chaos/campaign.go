package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/e2e/chaos/defects"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/e2e/chaos/world"
	"ticketing.dev/local/system"
)

var (
	errBroken        = errors.New("promises were broken")
	errUndecided     = errors.New("it is undecided whether P1 holds")
	errNotCarriedOut = errors.New("could not be carried out")
	errNotFound      = errors.New("the defect was not found")
	errInterrupted   = errors.New("stopped")
)

// campaign is what all rounds share.
type campaign struct {
	config   config
	root     string
	work     string // a temporary directory, removed at the end
	kept     string // the directory of the rounds that are kept
	programs world.Programs
	ports    *process.Ports
	out      io.Writer
	progress *progress
}

// run does what the command line says.
func run(ctx context.Context, c config, out io.Writer) (err error) {
	root, err := system.FindRoot()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "chaos-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	camp := &campaign{config: c, root: root, work: work, kept: c.dir, ports: process.NewPorts(), out: out}
	if camp.kept == "" {
		camp.kept = filepath.Join(os.TempDir(), "ticketing-chaos")
	}
	if err := camp.writable(); err != nil {
		return err
	}
	if c.mongo != nil {
		if err := c.mongo.Check(ctx); err != nil {
			return fmt.Errorf("MONGO_URI: %w", err)
		}
	}
	if err := camp.build(ctx); err != nil {
		return err
	}
	switch {
	case c.recovery:
		return camp.recovery(ctx)
	case len(c.defects) > 0:
		return camp.findAll(ctx)
	}
	return camp.rounds(ctx)
}

// writable finds out before the rounds whether what comes of them can be written.
func (c *campaign) writable() error {
	if err := os.MkdirAll(c.kept, 0o700); err != nil {
		return err
	}
	if c.config.report == "" {
		return nil
	}
	report, err := os.OpenFile(c.config.report, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return report.Close()
}

// build builds the programs, whose clocks can be off.
func (c *campaign) build(ctx context.Context) (err error) {
	overlay, err := c.overlay(ctx)
	if err != nil {
		return err
	}
	c.programs, err = world.Build(ctx, c.root, filepath.Join(c.work, "bin"), overlay, c.out)
	return err
}

// overlay writes what differs from the repository in the services.
func (c *campaign) overlay(ctx context.Context, edits ...defects.Edit) (string, error) {
	skew, err := defects.Skew(ctx, c.root)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(c.work, "overlay-")
	if err != nil {
		return "", err
	}
	return defects.Overlay(c.root, dir, append(skew, edits...)...)
}

// rounds runs all rounds, and reports. The error says that promises were broken, or what failed.
func (c *campaign) rounds(ctx context.Context) error {
	fmt.Fprintln(c.out, "seeds:", strings.Trim(fmt.Sprint(c.config.seeds), "[]"))
	results := c.play(ctx, c.config.seeds, c.config.only, c.programs, never)
	s := summarise(results)
	fmt.Fprint(c.out, s.text())
	var errs []error
	if c.config.report != "" {
		errs = append(errs, os.WriteFile(c.config.report, []byte(s.markdown()), 0o644))
	}
	if ctx.Err() != nil {
		errs = append(errs, errInterrupted)
	}
	return errors.Join(append(errs, s.err())...)
}

// never stops a play early.
func never(result) bool { return false }

// play runs rounds side by side until all are over, ctx ends, or one is enough.
func (c *campaign) play(ctx context.Context, seeds []uint64, only faults.Selection, programs world.Programs, enough func(result) bool) []result {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.progress = startProgress(c.out, len(seeds))
	defer c.progress.stop()
	next := make(chan uint64)
	go func() {
		defer close(next)
		for _, seed := range seeds {
			select {
			case next <- seed:
			case <-ctx.Done():
				return
			}
		}
	}()
	var mu sync.Mutex
	var results []result
	var players sync.WaitGroup
	for range min(c.config.parallel, len(seeds)) {
		players.Go(func() {
			for seed := range next {
				res := c.one(ctx, seed, only, programs)
				if ctx.Err() != nil {
					return // it was not carried out to its end
				}
				mu.Lock()
				results = append(results, res)
				mu.Unlock()
				if enough(res) {
					cancel()
				}
			}
		})
	}
	players.Wait()
	return results
}

// one runs a round, tells of it, and keeps what is to be kept.
func (c *campaign) one(ctx context.Context, seed uint64, only faults.Selection, programs world.Programs) result {
	dir, err := os.MkdirTemp(c.work, fmt.Sprintf("round-%d-", seed)) // a seed may be there twice
	if err != nil {
		return result{seed: seed, err: err}
	}
	r := &round{
		seed: seed, dir: dir, root: c.root, programs: programs,
		ports: c.ports, mongo: c.config.mongo, load: c.config.load, quiet: c.config.quiet,
		plan: faults.Draw(seed, c.config.load, only, c.config.spared()...), record: history.NewRecorder(),
		counted: func(faults.Fault) { c.progress.fault() }, tell: c.progress.tell,
	}
	c.progress.begin(r)
	res := r.run(ctx)
	if ctx.Err() == nil {
		if err := c.keep(r.dir, &res); err != nil {
			res.err = errors.Join(res.err, err)
		}
		c.progress.tell(res.line() + res.findings(c.config))
	}
	c.progress.end(r, res)
	_ = os.RemoveAll(r.dir) // what is left of it goes with the work directory at the latest
	return res
}

// keep copies a round that has failed from its directory to where it can be looked at, with its plan and its
// history.
func (c *campaign) keep(dir string, res *result) error {
	if res.err == nil && len(res.violations) == 0 && len(res.undecided) == 0 && !c.config.keep {
		return nil
	}
	to, err := os.MkdirTemp(c.kept, fmt.Sprintf("%s-seed-%d-", time.Now().Format("20060102-150405"), res.seed))
	if err != nil {
		return err
	}
	res.kept = to
	return errors.Join(
		os.CopyFS(filepath.Join(to, "log"), os.DirFS(filepath.Join(dir, "log"))),
		writeJSON(filepath.Join(to, "plan.json"), res.plan),
		writeJSON(filepath.Join(to, "history.json"), res.history),
		os.WriteFile(filepath.Join(to, "violations.txt"), []byte(res.line()+res.findings(c.config)), 0o600),
	)
}
