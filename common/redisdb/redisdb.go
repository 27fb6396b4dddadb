// Package redisdb reads how a service signs in to a Redis.
package redisdb

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// Login is for a Redis that asks for it, or that uses TLS.
type Login struct {
	// Username and Password are what Redis asks for. Without a Username, the user is Redis's default one.
	Username string `env:"REDIS_USERNAME"`
	Password string `env:"REDIS_PASSWORD"`
	// CA is a PEM file of certificate authorities. With it, connections use TLS, and one of them must have signed the
	// server's certificate.
	CA string `env:"REDIS_CA"`
}

// TLS is nil without a CA. It fails if the certificates can't be read.
func (l Login) TLS() (*tls.Config, error) {
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
