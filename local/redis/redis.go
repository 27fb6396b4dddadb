// Package redis is Redis's stand-in on one machine: miniredis, which keeps its
// keys in memory.
//
// What is in it is lost when it ends, timers included. Nothing depends on them
// surviving: Redis holds only when an order's time is up, and orders finds by
// itself, in its own database, the unpaid orders whose timer never came. Key
// expiry stands still, too, as miniredis advances it on command only.
package redis

import (
	"fmt"

	"github.com/alicebob/miniredis/v2"
)

// Server is a running stand-in.
type Server struct {
	mini *miniredis.Miniredis
	addr string
}

// Start runs a stand-in at the address, such as 127.0.0.1:6379, until Close is
// called. Port 0 takes a free one. users are the passwords of the clients by name;
// without any, nobody needs one.
func Start(addr string, users map[string]string) (*Server, error) {
	mini := miniredis.NewMiniRedis()
	for name, password := range users {
		mini.RequireUserAuth(name, password)
	}
	if err := mini.StartAddr(addr); err != nil {
		return nil, fmt.Errorf("listen for Redis clients: %w", err)
	}
	return &Server{mini: mini, addr: mini.Addr()}, nil
}

// Addr is the address for a client, such as 127.0.0.1:6379.
func (s *Server) Addr() string { return s.addr }

// Close drops all clients and forgets the keys.
func (s *Server) Close() { s.mini.Close() }
