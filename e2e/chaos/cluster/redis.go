package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"

	"ticketing.dev/common/process"
)

func (c *Cluster) FlushRedis(ctx context.Context) error {
	if err := process.Answers(c.addrs[Redis], "FLUSHALL SYNC\r\n", "+OK")(ctx); err != nil {
		return fmt.Errorf("flush Redis: %w", err)
	}
	return nil
}

// WipeRedis kills Redis and removes its files.
func (c *Cluster) WipeRedis() error {
	killed := c.processes[Redis].Kill()
	if killed != nil && !errors.Is(killed, process.ErrNotRunning) {
		return killed
	}
	dir := c.StoreDir(Redis)
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove Redis's files: %w", err)
	}
	return os.MkdirAll(dir, 0o700)
}
