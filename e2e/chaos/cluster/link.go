package cluster

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// Link is a replica's connection to one of its stores, through a proxy.
type Link struct {
	From, To string

	addr, upstream string
	server         *toxiproxy.ApiServer

	mu    sync.Mutex
	proxy *toxiproxy.Proxy // nil while the link is cut
	hurt  bool
}

type Direction string

// Directions in which a link may lose bytes.
const (
	There Direction = "there" // what the replica sends
	Back  Direction = "back"  // what the store answers
	Both  Direction = "both"
)

var streams = map[Direction][]string{
	There: {"upstream"}, Back: {"downstream"}, Both: {"upstream", "downstream"},
}

func newLink(from, to, addr, upstream string) (*Link, error) {
	l := &Link{
		From: from, To: to, addr: addr, upstream: upstream,
		server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()),
	}
	return l, l.open()
}

// Name is, for example, orders-1→mongo.
func (l *Link) Name() string { return l.From + "→" + l.To }

// openTimeout is how long another process may hold a link's address.
const openTimeout = 5 * time.Second

func (l *Link) open() error {
	deadline := time.Now().Add(openTimeout)
	for {
		proxy := toxiproxy.NewProxy(l.server, l.Name(), l.addr, l.upstream)
		err := proxy.Start()
		if err == nil {
			l.proxy = proxy
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("listen for %s: %w", l.Name(), err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (l *Link) close() {
	if l.proxy != nil {
		l.proxy.Stop()
		l.proxy = nil
	}
}

// Cut closes all connections, and refuses new ones.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hurt = true
	l.close()
}

// Swallow keeps connections open and loses what is sent.
func (l *Link) Swallow(d Direction) error {
	return l.add("timeout", d, map[string]int64{"timeout": 0})
}

// Slow delays each direction by latency ± jitter, and limits it to rate kilobytes a second unless that is 0.
func (l *Link) Slow(latency, jitter time.Duration, rate int64) error {
	err := l.add("latency", Both, map[string]int64{"latency": latency.Milliseconds(), "jitter": jitter.Milliseconds()})
	if err != nil || rate == 0 {
		return err
	}
	return l.add("bandwidth", Both, map[string]int64{"rate": rate})
}

func (l *Link) add(kind string, d Direction, attributes map[string]int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.proxy == nil {
		return fmt.Errorf("%s is cut already", l.Name())
	}
	l.hurt = true
	for _, s := range streams[d] {
		toxic, err := json.Marshal(map[string]any{"type": kind, "stream": s, "attributes": attributes})
		if err != nil {
			return err
		}
		if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(string(toxic))); err != nil {
			return fmt.Errorf("%s of %s: %w", kind, l.Name(), err)
		}
	}
	return nil
}

// Heal replaces the proxy. Connections end, because they may have lost bytes in the middle.
func (l *Link) Heal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.hurt {
		return nil
	}
	l.hurt = false
	l.close()
	return l.open()
}
