package auth

import "sync"

// crowd bounds the sign-ins of one network that are worked on at the same time. Without it, a flood from one network
// fills the hasher's queue before its limit per minute is used up, and the service refuses all other sign-ins.
type crowd struct {
	most int // 0 is no bound
	mu   sync.Mutex
	of   map[string]int
}

// newCrowd lets one network have a quarter of the places in the hasher's queue.
func newCrowd(workers int, limited bool) *crowd {
	c := &crowd{of: make(map[string]int)}
	if limited {
		c.most = workers * queuePerWorker / 4
	}
	return c
}

// enter takes a place, which leave gives back. The only error is ErrBusy.
func (c *crowd) enter(network string) (leave func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.most > 0 && c.of[network] >= c.most {
		return nil, ErrBusy
	}
	c.of[network]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.of[network]--; c.of[network] == 0 {
			delete(c.of, network)
		}
	}, nil
}
