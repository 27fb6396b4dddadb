// Package ferret is MongoDB's stand-in on one machine: FerretDB on SQLite
// files, with MongoDB's promise about single documents restored.
//
// MongoDB makes every write to one document atomic; conditional updates rest
// on it. FerretDB reads the document, changes it and writes it back without a
// lock, so two connections lose each other's updates. Therefore FerretDB
// listens on a private port, and clients talk to a proxy in front of it that
// runs the write commands on a collection one after another. The proxy reads
// of each message only which command it carries and for which collection.
//
// FerretDB is no MongoDB: transactions, change streams, partial and TTL
// indexes are missing, and a filter on anything but _id scans the collection.
package ferret

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"github.com/FerretDB/FerretDB/ferretdb"
)

// Options of a Server.
type Options struct {
	// Addr is where to listen, such as 127.0.0.1:27017. Port 0 takes a free one.
	Addr string

	// Dir holds one SQLite file for each database. It is made if missing, and
	// what is in it is there again after a restart.
	Dir string

	// Sync makes an acknowledged write survive a power cut, as MongoDB's journal
	// does. Without it a write survives the end of the process only, and is much
	// faster.
	Sync bool

	// Logger gets what FerretDB has to say; nil is silence.
	Logger *slog.Logger
}

// Server is a running stand-in.
type Server struct {
	uri     string
	stop    context.CancelFunc
	stopped chan struct{}
}

// Start runs a stand-in until ctx ends or Close is called. When it returns, the
// stand-in takes connections.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	storage, err := sqliteURL(o.Dir, o.Sync)
	if err != nil {
		return nil, fmt.Errorf("data directory of FerretDB: %w", err)
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for MongoDB clients: %w", err)
	}
	db, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    o.Logger,
		Handler:   "sqlite",
		SQLiteURL: storage,
	})
	if err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("open FerretDB in %s: %w", o.Dir, err)
	}

	ctx, stop := context.WithCancel(ctx)
	s := &Server{
		uri:     "mongodb://" + listener.Addr().String(),
		stop:    stop,
		stopped: make(chan struct{}),
	}
	go s.run(ctx, db, listener)
	return s, nil
}

// run serves clients until ctx ends. FerretDB outlives the proxy, so that the
// commands under way are still answered.
func (s *Server) run(ctx context.Context, db *ferretdb.FerretDB, clients net.Listener) {
	defer close(s.stopped)

	dbCtx, stopDB := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { _ = db.Run(dbCtx) }) // its error is always nil
	defer running.Wait()
	defer stopDB()

	p := &proxy{dial: func() (net.Conn, error) { return net.Dial("tcp", backendAddr(db)) }}
	p.serve(ctx, clients)
}

// URI is the address for a driver. It names no database and needs no options.
func (s *Server) URI() string { return s.uri }

// Close lets the commands under way finish, drops all connections and waits
// until the data directory is free for another server.
func (s *Server) Close() {
	s.stop()
	s.Wait()
}

// Wait returns when the server has ended.
func (s *Server) Wait() { <-s.stopped }

// sqliteURL makes the directory and names it in the form that FerretDB wants.
func sqliteURL(dir string, sync bool) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return "", err
	}
	u := url.URL{Scheme: "file", Path: abs + "/"}
	if !sync {
		u.RawQuery = url.Values{"_pragma": {"synchronous(off)"}}.Encode()
	}
	return u.String(), nil
}

// backendAddr is the private address on which FerretDB listens.
func backendAddr(db *ferretdb.FerretDB) string {
	u, err := url.Parse(db.MongoDBURI())
	if err != nil {
		panic("FerretDB names itself by an invalid URI: " + err.Error())
	}
	return u.Host
}
