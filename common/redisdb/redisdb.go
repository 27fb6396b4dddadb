// Package redisdb says how to connect to a Redis.
package redisdb

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// Login is for a Redis that asks for it, or that uses TLS.
type Login struct {
	// Username and Password are what Redis asks for. Without a Username, the user is Redis's default one.
	Username string `env:"REDIS_USERNAME"`
	Password string `env:"REDIS_PASSWORD"`
	// CA is a file with the certificates that the server's one is checked against. With it, connections use TLS.
	CA string `env:"REDIS_CA"`
}

// Open returns a client with these options and the login. Its server doesn't have to be up yet. It fails if the
// certificates can't be read.
func (l Login) Open(o redis.Options) (*redis.Client, error) {
	encryption, err := l.tls()
	if err != nil {
		return nil, err
	}
	logging.Disable() // go-redis also logs the errors that it returns
	o.Username, o.Password, o.TLSConfig = l.Username, l.Password, encryption
	return redis.NewClient(&o), nil
}

// tls is nil without a CA.
func (l Login) tls() (*tls.Config, error) {
	if l.CA == "" {
		return nil, nil
	}
	certificates, err := os.ReadFile(l.CA)
	if err != nil {
		return nil, fmt.Errorf("certificates of Redis: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(certificates) {
		return nil, fmt.Errorf("certificates of Redis: %s has none", l.CA)
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}
