package cluster

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

const mongoPort = "27017"

// MongoServer is an external MongoDB, used instead of the embedded database.
type MongoServer struct {
	addr          string
	user, options string // as they stand in its URI, with @ and ?
}

// ParseMongo reads a URI. It must name one host without TLS, because proxies stand in front of it.
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
	// Otherwise the driver would leave the proxy for the address that the server announces.
	m.options = "?" + strings.TrimPrefix(options+"&directConnection=true", "&")
	if parsed.AuthSource != "" { // without it, it would be the database that is named
		m.options += "&authSource=" + url.QueryEscape(parsed.AuthSource)
	}
	_, err = connstring.ParseAndValidate(m.uri(m.addr, ""))
	return m, err
}

func (m *MongoServer) uri(addr, database string) string {
	return "mongodb://" + m.user + addr + "/" + database + m.options
}

// checkTimeout bounds the server's first response, and dropTimeout dropping all databases of a round.
const (
	checkTimeout = 10 * time.Second
	dropTimeout  = 30 * time.Second
)

func (m *MongoServer) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	db, err := mongodb.Connect(ctx, mongodb.Config{URI: m.uri(m.addr, "")}, "admin", slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return mongodb.Disconnect(db)
}

// Databases are those of one round.
type Databases struct {
	server *MongoServer
	prefix string // of their names
}

// Databases has names of its own for each call, with the seed in them.
func (m *MongoServer) Databases(seed uint64) *Databases {
	return &Databases{m, fmt.Sprintf("chaos_%d_%s_", seed, strings.ToLower(rand.Text()[:8]))}
}

func (d *Databases) uri(addr, service string) string { return d.server.uri(addr, d.prefix+service) }

// Drop drops all databases. All services must have stopped.
func (d *Databases) Drop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dropTimeout)
	defer cancel()
	db, err := mongodb.Connect(ctx, mongodb.Config{URI: d.server.uri(d.server.addr, "")}, "admin", slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	var errs []error
	for _, service := range system.Services {
		if !slices.Contains(stores(service), Mongo) {
			continue
		}
		if err := db.Client().Database(d.prefix + service).Drop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("drop %s: %w", d.prefix+service, err))
		}
	}
	return errors.Join(append(errs, mongodb.Disconnect(db))...)
}

// mongoURI is a service's database at an address. Without directConnection, the driver would leave the proxy
// for the address that the database announces.
func (c *Cluster) mongoURI(addr, service string) string {
	if c.config.Mongo != nil {
		return c.config.Mongo.uri(addr, service)
	}
	return "mongodb://" + addr + "/?directConnection=true"
}
