package ferret

import (
	"bufio"
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/x/mongo/driver/wiremessage"
)

const (
	acceptPause = 50 * time.Millisecond // after a failed accept, such as too many open files
	drainPeriod = 2 * time.Second       // for a client to take its last reply
)

// proxy passes messages between clients and FerretDB. Each client has a
// connection of its own to FerretDB, and one command under way on it.
type proxy struct {
	dial  func() (net.Conn, error) // to FerretDB
	locks sync.Map                 // from the namespace of a collection to its *sync.Mutex
}

// serve takes clients until ctx ends, and returns when the last is gone.
func (p *proxy) serve(ctx context.Context, l net.Listener) {
	var clients sync.WaitGroup
	defer clients.Wait()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()

	for {
		client, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(acceptPause)
		default:
			clients.Go(func() { p.relay(ctx, client) })
		}
	}
}

// relay serves one client until either side hangs up or ctx ends. Its errors
// are all of one kind, a connection that is gone, and the driver sees that.
func (p *proxy) relay(ctx context.Context, client net.Conn) {
	defer func() { _ = client.Close() }()
	backend, err := p.dial()
	if err != nil {
		return
	}
	defer func() { _ = backend.Close() }()

	// The end of ctx interrupts the wait for a request, not the command under way.
	defer context.AfterFunc(ctx, func() {
		_ = client.SetReadDeadline(time.Now())
		_ = client.SetWriteDeadline(time.Now().Add(drainPeriod))
	})()

	requests, replies := bufio.NewReader(client), bufio.NewReader(backend)
	for {
		request, err := readMessage(requests)
		if err != nil {
			return
		}
		reply, err := p.run(request, func() (message, error) {
			if _, err := backend.Write(request); err != nil {
				return nil, err
			}
			return readMessage(replies)
		})
		if err != nil {
			return
		}
		if wiremessage.IsMsgMoreToCome(request) {
			continue // FerretDB answers unacknowledged writes, and nobody reads the answer
		}
		if _, err := client.Write(reply); err != nil {
			return
		}
	}
}

// run sends a request by way of exchange. If it writes to a collection, no other
// write to that collection runs meanwhile.
func (p *proxy) run(request message, exchange func() (message, error)) (message, error) {
	namespace, ok := request.writesTo()
	if !ok {
		return exchange()
	}
	lock := p.lock(namespace)
	lock.Lock()
	defer lock.Unlock()

	reply, err := exchange()
	if err != nil {
		return nil, err
	}
	return correctDuplicateKey(reply, namespace), nil
}

func (p *proxy) lock(namespace string) *sync.Mutex {
	lock, _ := p.locks.LoadOrStore(namespace, new(sync.Mutex))
	return lock.(*sync.Mutex)
}
