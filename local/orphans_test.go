package main

import (
	"fmt"
	"testing"
)

func TestProcessesEndWithTheirParent(t *testing.T) {
	p := launch(t, t.TempDir())
	children := pids(p.where(t))
	kill(t, p.cmd.Process.Pid)
	p.end(t)
	for _, pid := range children {
		eventually(t, fmt.Sprintf("process %d has ended", pid), func() bool { return !alive(pid) })
	}
}
