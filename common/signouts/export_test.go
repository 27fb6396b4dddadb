package signouts

import (
	"context"
	"time"
)

// CleanAt reads and removes entries as at a time.
func (c *Copy) CleanAt(ctx context.Context, at time.Time) error {
	if err := c.read(ctx); err != nil {
		return err
	}
	c.now = func() time.Time { return at }
	defer func() { c.now = time.Now }()
	return c.clean(ctx)
}
