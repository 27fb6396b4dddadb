// Package broker runs NATS Streaming inside the process, with its file store:
// the real server, embedded, so that one machine needs nothing but Go.
//
// A publish is acknowledged when it is on the disk, and nothing is ever thrown
// away: the limits by which NATS Streaming drops old messages are lifted, since
// they would take from a service that lags what it has not read yet.
package broker

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"
	streaming "github.com/nats-io/nats-streaming-server/server"
	"github.com/nats-io/nats-streaming-server/stores"
)

// A client that has crashed is noticed within about five seconds, and its share
// of the messages goes to the other members of its queue group. With the server's
// own values that takes more than five minutes.
const (
	heartbeatInterval = time.Second
	heartbeatTimeout  = time.Second
	heartbeatFailures = 3
)

// Options of a Server.
type Options struct {
	// Addr is where to listen, such as 127.0.0.1:4222. Port 0 takes a free one.
	Addr string

	// Dir holds the channels. It is made if missing, and what is in it is there
	// again after a restart.
	Dir string

	// ClusterID is the name by which clients ask for the server.
	ClusterID string

	// Users are the passwords of the clients by name. A service's name is a user that may publish only that service's
	// channels; Operator may do everything. Without users, everyone may.
	Users map[string]string

	// Logger gets what the server has to say; nil is silence.
	Logger *slog.Logger
}

// Server is a running broker.
type Server struct {
	stan *streaming.StanServer
}

// Start runs a broker until Close is called. When it returns, the broker takes
// clients. On a busy machine the server sometimes runs into its own timeouts
// while it starts, so a failed start is tried once more.
func Start(o Options) (*Server, error) {
	host, port, err := listenable(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for NATS clients: %w", err)
	}
	stanOptions := o.streaming()
	natsOptions := &nats.Options{Host: host, Port: port, NoSigs: true}
	if len(o.Users) > 0 {
		stanOptions.Username, stanOptions.Password = server, rand.Text()
		natsOptions.Users = append(users(o.Users), &nats.User{Username: stanOptions.Username, Password: stanOptions.Password})
	}

	stan, err := streaming.RunServerWithOpts(stanOptions, natsOptions)
	if err != nil {
		stan, err = streaming.RunServerWithOpts(stanOptions, natsOptions)
	}
	if err != nil {
		return nil, fmt.Errorf("start NATS Streaming in %s: %w", o.Dir, err)
	}
	return &Server{stan: stan}, nil
}

// URL is the address for a client, such as nats://127.0.0.1:4222.
func (s *Server) URL() string { return s.stan.ClientURL() }

// Close drops all clients and waits until the directory is free for another
// server.
func (s *Server) Close() { s.stan.Shutdown() }

func (o Options) streaming() *streaming.Options {
	s := streaming.GetDefaultOptions()
	s.ID = o.ClusterID
	s.StoreType = stores.TypeFile
	s.FilestoreDir = o.Dir
	s.StoreLimits = stores.StoreLimits{} // zero is without limit
	s.ClientHBInterval = heartbeatInterval
	s.ClientHBTimeout = heartbeatTimeout
	s.ClientHBFailCount = heartbeatFailures
	if o.Logger != nil {
		s.CustomLogger = logger{o.Logger}
	}
	return s
}

// listenable splits the address into what NATS wants. It listens there for a
// moment, because NATS takes ten seconds to say that an address is taken.
func listenable(addr string) (host string, port int, err error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", 0, err
	}
	if err := l.Close(); err != nil {
		return "", 0, err
	}
	host, name, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(name)
	if port == 0 {
		port = nats.RANDOM_PORT
	}
	return host, port, err
}
