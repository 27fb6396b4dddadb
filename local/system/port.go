package system

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// The ports of processes are below those that operating systems give to outgoing connections (Linux
// from 32768, https://docs.kernel.org/networking/ip-sysctl.html): while a process is away, nothing else
// on the machine gets its port by chance.
const (
	firstPort    = 20000
	portsInRange = 10000
	tries        = 100
)

// Ports are where processes may listen. Each is given once.
type Ports struct {
	mu   sync.Mutex
	next int
}

// NewPorts begins somewhere, so that several systems on one machine seldom meet.
func NewPorts() *Ports { return &Ports{next: rand.N(portsInRange)} }

// Free finds a port on which nothing listens.
func (p *Ports) Free() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var failed error
	for range tries {
		port := firstPort + p.next%portsInRange
		p.next++
		l, err := net.Listen("tcp", ":"+strconv.Itoa(port)) // as a service does
		if err != nil {
			failed = err
			continue
		}
		return port, l.Close()
	}
	return 0, errors.Join(errors.New("no free port"), failed)
}

func local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
