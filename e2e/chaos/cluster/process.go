package cluster

import (
	"context"
	"os"
	"time"

	"ticketing.dev/common/process"
)

// longestPause is how soon a process that has died is restarted.
const longestPause = 500 * time.Millisecond

// Process is a process of the cluster.
type Process struct {
	process.Supervisor
	before int64 // its memory before the load
}

// start runs a program and appends its output to its log.
func (c *Cluster) start(name string, cmd process.Command, probe process.Probe) error {
	p := &Process{}
	p.Name, p.Probe, p.LongestPause = name, probe, longestPause
	p.Launch = func() (*process.Process, error) {
		log, err := os.OpenFile(c.Log(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return nil, err
		}
		defer log.Close() // the process has a copy
		cmd := cmd
		cmd.Stdout, cmd.Stderr = log, log
		return process.Start(cmd)
	}
	c.processes[name] = p
	return p.Start()
}

// AwaitReady waits until every process serves, or ctx ends.
func (c *Cluster) AwaitReady(ctx context.Context) error {
	return each(c.Processes(), func(p *Process) error { return p.AwaitReady(ctx) })
}
