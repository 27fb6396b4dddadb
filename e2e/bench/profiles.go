package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// profiling is where the services serve their profiles (PPROF_ADDR), by name.
type profiling map[string]string

// findProfiling reads the addresses from the services' logs.
func findProfiling(logs string, services []string) (profiling, error) {
	found := make(profiling)
	for _, name := range services {
		text, err := os.ReadFile(filepath.Join(logs, name+".log"))
		if err != nil {
			return nil, err
		}
		for line := range bytes.Lines(text) {
			var entry struct{ Msg, Address string }
			if json.Unmarshal(line, &entry) == nil && entry.Msg == "serving profiles" {
				found[name] = entry.Address
			}
		}
		if found[name] == "" {
			return nil, fmt.Errorf("%s serves no profiles", name)
		}
	}
	return found, nil
}

func (p profiling) get(ctx context.Context, service, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p[service]+"/debug/pprof/"+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// The lines of runtime.MemStats in a heap profile.
var (
	mallocs = regexp.MustCompile(`(?m)^# Mallocs = (\d+)$`)
	heap    = regexp.MustCompile(`(?m)^# HeapAlloc = (\d+)$`)
	stacks  = regexp.MustCompile(`(?m)^# Stack = (\d+) /`)
)

// stat reads one of them from a heap profile.
func (p profiling) stat(ctx context.Context, service, query string, lines ...*regexp.Regexp) (sum int64, err error) {
	text, err := p.get(ctx, service, "heap?debug=1"+query)
	if err != nil {
		return 0, err
	}
	for _, line := range lines {
		found := line.FindSubmatch(text)
		if found == nil {
			return 0, fmt.Errorf("the heap profile of %s has no %v", service, line)
		}
		n, err := strconv.ParseInt(string(found[1]), 10, 64)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// live is the memory that a service can't do without: its heap after a collection, and its stacks.
func (p profiling) live(ctx context.Context, service string) (int64, error) {
	return p.stat(ctx, service, "&gc=1", heap, stacks)
}

// allocated is how many objects each service has allocated since its start.
func (p profiling) allocated(ctx context.Context) (all map[string]int64, err error) {
	all = make(map[string]int64)
	for name := range p {
		if all[name], err = p.stat(ctx, name, "", mallocs); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// allocations counts what the services allocate from now until it's called, without what counting itself allocates.
func (p profiling) allocations(ctx context.Context) (func() (map[string]int64, error), error) {
	first, err := p.allocated(ctx)
	if err != nil {
		return nil, err
	}
	start, err := p.allocated(ctx)
	if err != nil {
		return nil, err
	}
	return func() (map[string]int64, error) {
		end, err := p.allocated(ctx)
		for name := range end {
			end[name] = max(0, end[name]-start[name]-(start[name]-first[name]))
		}
		return end, err
	}, nil
}

// save stores a processor profile of each service, of the time that follows, as <dir>/<scenario>-<service>.pprof.
func (p profiling) save(ctx context.Context, dir, scenario string, services []string, each time.Duration) error {
	file := strings.Trim(regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(scenario, "-"), "-")
	saving, ctx := errgroup.WithContext(ctx)
	for _, name := range services {
		saving.Go(func() error {
			text, err := p.get(ctx, name, fmt.Sprintf("profile?seconds=%d", max(1, int(each.Seconds()))))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, file+"-"+name+".pprof"), text, 0o644)
		})
	}
	return saving.Wait()
}
