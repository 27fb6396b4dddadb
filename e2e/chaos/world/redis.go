package world

import (
	"context"
	"errors"
	"fmt"
	"os"
)

func (w *World) FlushRedis(ctx context.Context) error {
	if err := talk(ctx, w.addrs[Redis], "FLUSHALL SYNC\r\n", "+OK"); err != nil {
		return fmt.Errorf("flush Redis: %w", err)
	}
	return nil
}

// WipeRedis kills Redis and removes its files.
func (w *World) WipeRedis() error {
	killed := w.processes[Redis].Kill()
	if killed != nil && !errors.Is(killed, errRunsNot) {
		return killed
	}
	dir := w.StoreDir(Redis)
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove Redis's files: %w", err)
	}
	return os.MkdirAll(dir, 0o700)
}
