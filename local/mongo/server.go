package mongo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Options of a Server.
type Options struct {
	// Addr is where to listen, such as 127.0.0.1:27017. Port 0 takes a free one.
	Addr string

	// Dir holds the data. It's made if missing, and what is in it is there again
	// after a restart.
	Dir string

	// Sync makes an acknowledged write survive a power cut. Without it a write
	// survives the end of the process only, and is faster.
	Sync bool

	// Log gets warnings, such as of queries without an index; nil is silence.
	Log *slog.Logger
}

// Server is a running server.
type Server struct {
	log      *slog.Logger
	store    *store
	listener net.Listener
	ctx      context.Context
	stop     context.CancelFunc
	serving  sync.WaitGroup
	started  time.Time

	mu          sync.Mutex
	connections map[*connection]bool
	lastID      int64

	cursors  cursors
	scans    scans
	failures failPoint
	known    map[string]command
	answered atomic.Int64
}

// maxConnections bounds what clients can take of the machine.
const maxConnections = 10_000

// connection is one client's.
type connection struct {
	net.Conn
	id      int64
	appName string
	scratch []byte // where answers with documents are built, one after another
}

// Open starts a server. When it returns, the server takes connections.
func Open(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	store, err := openStore(o.Dir, o.Sync)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for MongoDB clients: %w", err), store.close())
	}
	s := &Server{log: o.Log, store: store, listener: listener, started: time.Now(), known: allCommands(), connections: map[*connection]bool{},
		cursors: cursors{byID: map[int64]*cursor{}}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.serving.Go(s.accept)
	s.serving.Go(s.tidy)
	return s, nil
}

// URI is the address for a driver. It names no database and needs no options.
func (s *Server) URI() string { return "mongodb://" + s.listener.Addr().String() }

// Close drops all connections, commits the writes under way, and leaves the data
// directory to the next server.
func (s *Server) Close() error {
	s.mu.Lock()
	s.stop()
	err := s.listener.Close()
	for c := range s.connections {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
	if errors.Is(err, net.ErrClosed) {
		err = nil // closed before
	}
	return errors.Join(err, s.store.close())
}

// tidyEvery is how often cursors and answers that nobody asks for are removed.
const tidyEvery = time.Minute

func (s *Server) tidy() {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case now := <-ticker.C:
			s.cursors.removeIf(func(c *cursor) bool { return now.Sub(c.used) > cursorPatience })
			if err := caught(func() { s.forgetAnswers(now) }); err != nil {
				s.log.Error("remove old answers to retryable writes", "error", err)
			}
		}
	}
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if s.ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.Error("accept a connection", "error", err)
			time.Sleep(10 * time.Millisecond) // out of file descriptors, which come back
			continue
		}
		s.welcome(&connection{Conn: conn})
	}
}

func (s *Server) welcome(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil || len(s.connections) >= maxConnections {
		_ = c.Close()
		return
	}
	s.lastID++
	c.id = s.lastID
	s.connections[c] = true
	s.serving.Go(func() { s.serve(c) })
}

// serve answers the commands of a connection, one after another.
func (s *Server) serve(c *connection) {
	defer func() {
		_ = c.Close()
		s.mu.Lock()
		delete(s.connections, c)
		s.mu.Unlock()
	}()
	reader := bufio.NewReader(c)
	var in bytes.Buffer
	var out []byte
	for {
		m, err := readMessage(reader, &in)
		if err != nil {
			if errors.Is(err, errMalformed) {
				s.log.Warn("connection closed", "client", c.RemoteAddr().String(), "error", err)
			}
			return
		}
		reply, hangUp := s.answer(c, m)
		if hangUp {
			return
		}
		if m.noAnswer {
			continue
		}
		if out = m.appendReply(out[:0], reply); writeAll(c, out) != nil {
			return
		}
		if cap(out) > kept {
			out = nil
		}
	}
}

// writePatience is how long a client may take to read an answer.
const writePatience = time.Minute

func writeAll(c net.Conn, data []byte) error {
	if err := c.SetWriteDeadline(time.Now().Add(writePatience)); err != nil {
		return err
	}
	_, err := c.Write(data)
	return err
}

// answer runs a command. hangUp is what a fail point asks for.
func (s *Server) answer(c *connection, m *message) (reply document, hangUp bool) {
	s.answered.Add(1)
	r := &request{message: m, conn: c, txn: -1}
	err := caught(func() {
		m.validate()
		r.parse()
		reply, hangUp = s.dispatch(r)
	})
	if bug, ok := errors.AsType[*panicked](err); ok {
		s.log.Error("panic in a command", "panic", bug.value, "stack", string(bug.stack))
	}
	if err != nil {
		return asCommandError(err).reply(r.txn >= 0), false
	}
	return reply, hangUp
}
