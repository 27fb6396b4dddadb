package process

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Ports are taken from below the range for outgoing connections (Linux: from 32768,
// https://docs.kernel.org/networking/ip-sysctl.html), so nothing grabs a process's port while it restarts.
const (
	firstPort    = 20000
	portsInRange = 10000
	tries        = 100
)

// Ports hands out ports to listen on, each one once.
type Ports struct {
	mu   sync.Mutex
	next int
}

// NewPorts starts at a random port, so that several systems on one machine seldom collide.
func NewPorts() *Ports { return &Ports{next: rand.N(portsInRange)} }

// Free finds an unused port and returns its address, such as 127.0.0.1:20001.
func (p *Ports) Free() (addr string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var failed error
	for range tries {
		port := strconv.Itoa(firstPort + p.next%portsInRange)
		p.next++
		l, err := net.Listen("tcp", ":"+port) // services listen on every address
		if err != nil {
			failed = err
			continue
		}
		return net.JoinHostPort("127.0.0.1", port), l.Close()
	}
	return "", errors.Join(errors.New("no free port"), failed)
}
