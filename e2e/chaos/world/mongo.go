package world

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"

	"ticketing.dev/common/mongodb"
	"ticketing.dev/local/system"
)

// mongoPort is MongoDB's, where a URI names none.
const mongoPort = "27017"

// MongoServer is a MongoDB that runs already, in the place of the stand-in.
type MongoServer struct {
	addr          string
	user, options string // as they stand in its URI, with @ and ?
}

// ParseMongo reads the URI of a MongoDB. There are proxies before it, so it must be one server, whose name
// nobody checks.
func ParseMongo(uri string) (*MongoServer, error) {
	if strings.HasPrefix(uri, connstring.SchemeMongoDBSRV+":") {
		return nil, errors.New("it must name one host, as mongodb://host:port, and not have it looked up")
	}
	parsed, err := connstring.ParseAndValidate(uri)
	switch {
	case err != nil:
		return nil, err
	case len(parsed.Hosts) != 1 || strings.HasSuffix(parsed.Hosts[0], ".sock"):
		return nil, fmt.Errorf("it must name one host, as mongodb://host:port, and not %s", strings.Join(parsed.Hosts, ", "))
	case parsed.SSL:
		return nil, errors.New("it asks for TLS: the server's certificate would not be that of the proxies before it")
	}
	m := &MongoServer{addr: parsed.Hosts[0]}
	if _, _, err := net.SplitHostPort(m.addr); err != nil {
		m.addr = net.JoinHostPort(strings.Trim(m.addr, "[]"), mongoPort)
	}
	rest := strings.TrimPrefix(uri, connstring.SchemeMongoDB+"://")
	if user, after, ok := strings.Cut(rest, "@"); ok {
		m.user, rest = user+"@", after
	}
	_, options, _ := strings.Cut(rest, "?")
	// A driver would leave the proxy for the host by which the server knows itself.
	m.options = "?" + strings.TrimPrefix(options+"&directConnection=true", "&")
	if parsed.AuthSource != "" { // without it, it would be the database that is named
		m.options += "&authSource=" + url.QueryEscape(parsed.AuthSource)
	}
	_, err = connstring.ParseAndValidate(m.uri(m.addr, ""))
	return m, err
}

// uri leads to a database by an address.
func (m *MongoServer) uri(addr, database string) string {
	return "mongodb://" + m.user + addr + "/" + database + m.options
}

// checkTimeout is how long the server may take to answer at first, and dropTimeout how long all databases of
// a world may take to be dropped.
const (
	checkTimeout = 10 * time.Second
	dropTimeout  = 30 * time.Second
)

// Check asks whether the server answers.
func (m *MongoServer) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	db, err := mongodb.Connect(ctx, mongodb.Config{URI: m.uri(m.addr, "")}, "admin", slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return mongodb.Disconnect(db)
}

// Databases are those of one world on a MongoDB that runs already.
type Databases struct {
	server *MongoServer
	prefix string // of their names
}

// Databases names databases that nobody else has. The seed is in their names.
func (m *MongoServer) Databases(seed uint64) *Databases {
	return &Databases{m, fmt.Sprintf("chaos_%d_%s_", seed, strings.ToLower(rand.Text()[:8]))}
}

// uri leads to the database of a service by an address.
func (d *Databases) uri(addr, service string) string { return d.server.uri(addr, d.prefix+service) }

// Drop drops them all, as far as they are there. No service may run any more.
func (d *Databases) Drop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dropTimeout)
	defer cancel()
	db, err := mongodb.Connect(ctx, mongodb.Config{URI: d.server.uri(d.server.addr, "")}, "admin", slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	var errs []error
	for _, service := range system.Services {
		if !slices.Contains(ways[service], Mongo) {
			continue
		}
		if err := db.Client().Database(d.prefix + service).Drop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("drop %s: %w", d.prefix+service, err))
		}
	}
	return errors.Join(append(errs, mongodb.Disconnect(db))...)
}

// mongoURI leads a service to its database by an address. Without directConnection, the driver would leave the
// proxy for the address that the database announces.
func (w *World) mongoURI(addr, service string) string {
	if w.config.Mongo != nil {
		return w.config.Mongo.uri(addr, service)
	}
	return "mongodb://" + addr + "/?directConnection=true"
}
