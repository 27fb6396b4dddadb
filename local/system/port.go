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
	firstPort = 20000
	ports     = 10000
	tries     = 100
)

// portFinder gives each port once.
type portFinder struct {
	mu   sync.Mutex
	next int
}

func newPortFinder() *portFinder { return &portFinder{next: rand.N(ports)} }

// free finds a port on which nothing listens.
func (f *portFinder) free() (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var failed error
	for range tries {
		port := firstPort + f.next%ports
		f.next++
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
