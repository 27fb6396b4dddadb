package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// restartDelay is how long a program that has ended by itself stays away: it may wait for a database.
const restartDelay = 2 * time.Second

// reloader keeps a program running that is built from sources.
type reloader struct {
	sources  []string // folders
	program  string   // where the program is built
	build    func(ctx context.Context, output string) error
	interval time.Duration // between two looks at the sources
	out      io.Writer     // its own words, and the program's
}

// run ends with ctx, once the program has ended.
func (r *reloader) run(ctx context.Context) error {
	seen, err := r.first(ctx)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		child, err := r.start()
		if err != nil {
			return err
		}
		if seen, err = r.untilNew(ctx, child, seen); err != nil {
			return err
		}
	}
	return nil
}

// first returns when the sources compile. The program of the image may be older than they are, so it
// never runs in their place.
func (r *reloader) first(ctx context.Context) (uint64, error) {
	var seen uint64
	for ctx.Err() == nil {
		now, err := r.look()
		if err != nil {
			return 0, err
		}
		if now != seen && r.settled(ctx, now) {
			seen = now
			if r.rebuild(ctx, r.program) {
				break
			}
			fmt.Fprintln(r.out, "reload: NOTHING RUNS: the sources don't compile, and the image's program may be older than they are")
		}
	}
	return seen, nil
}

// child is a program that was started.
type child struct {
	process *os.Process
	ended   chan struct{}
	err     error // once it has ended
}

func (r *reloader) start() (*child, error) {
	program := exec.Command(r.program)
	program.Stdout, program.Stderr = r.out, r.out
	if err := program.Start(); err != nil {
		return nil, err
	}
	c := &child{process: program.Process, ended: make(chan struct{})}
	go func() {
		c.err = program.Wait()
		close(c.ended)
	}()
	return c, nil
}

// untilNew returns when the program has ended and there is something to start in its place: a new one,
// or the same one after a pause.
func (r *reloader) untilNew(ctx context.Context, c *child, seen uint64) (uint64, error) {
	tick := time.NewTicker(r.interval)
	defer tick.Stop()
	ended := c.ended
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return seen, c.stop()
		case <-ended:
			fmt.Fprintln(r.out, "reload: the service has ended:", c.err)
			ended, again = nil, time.After(restartDelay)
		case <-again:
			return seen, nil
		case <-tick.C:
			now, err := r.look()
			if err != nil {
				return seen, err
			}
			if now == seen || !r.settled(ctx, now) {
				continue
			}
			seen = now
			if r.rebuild(ctx, r.next()) {
				return seen, errors.Join(c.stop(), os.Rename(r.next(), r.program))
			}
			fmt.Fprintln(r.out, "reload: the old program goes on")
		}
	}
}

// settled says whether the sources stay as they are for a moment: several files may be on their way.
func (r *reloader) settled(ctx context.Context, now uint64) bool {
	select {
	case <-time.After(r.interval):
	case <-ctx.Done():
		return false
	}
	again, err := r.look()
	return err == nil && again == now
}

func (r *reloader) next() string { return r.program + ".next" }

// rebuild reports whether there is a new program at output.
func (r *reloader) rebuild(ctx context.Context, output string) bool {
	begun := time.Now()
	fmt.Fprintln(r.out, "reload: building")
	if err := r.build(ctx, output); err != nil {
		fmt.Fprintln(r.out, "reload: build failed:", err)
		return false
	}
	fmt.Fprintln(r.out, "reload: built in", time.Since(begun).Round(time.Millisecond))
	return true
}

// stop lets the program drain. The pod's grace bounds it.
func (c *child) stop() error {
	if err := c.process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-c.ended
	return nil
}

// look sums up names, sizes and times of all source files.
func (r *reloader) look() (uint64, error) {
	sum := fnv.New64a()
	for _, dir := range r.sources {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return ignoreGone(err)
			}
			info, err := d.Info()
			if err != nil {
				return ignoreGone(err)
			}
			fmt.Fprintln(sum, path, info.Size(), info.ModTime().UnixNano())
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return sum.Sum64(), nil
}

// ignoreGone forgets about files that were removed while they were looked at.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
