package system

import (
	"context"
	"net"
	"net/url"
	"path/filepath"
)

// apart starts parts in processes of their own.
type apart struct {
	bin            string // the directory of the services' programs
	standinProgram string
	logs           *logs
	ports          *Ports
	changed        func() // is called whenever a process has been replaced
}

// service runs a service's own program, configured by nothing but its environment.
func (a *apart) service(ctx context.Context, name string, s Settings) (*unit, error) {
	port, err := a.ports.Free()
	if err != nil {
		return nil, err
	}
	at := &url.URL{Scheme: "http", Host: local(port)}
	return a.run(ctx, command{name: name, path: filepath.Join(a.bin, name), env: s.Environ(name, port)}, at, answersReadyz(at))
}

// schemes are those of the stand-ins' addresses.
var schemes = map[string]string{"mongo": "mongodb", "nats": "nats", "redis": "redis", "stripe": "http"}

// standin runs a stand-in as local/cmd/standin.
func (a *apart) standin(ctx context.Context, o standin) (*unit, error) {
	port, err := a.ports.Free()
	if err != nil {
		return nil, err
	}
	at := &url.URL{Scheme: schemes[o.kind], Host: local(port)}
	args := []string{o.kind, "-addr", at.Host, "-dir", o.dir, "-sync",
		"-webhook-url", o.webhookURL, "-webhook-secret", o.webhookSecret}
	return a.run(ctx, command{name: o.kind, path: a.standinProgram, args: args}, at, takesConnections(at))
}

func (a *apart) run(ctx context.Context, c command, at *url.URL, ready func(context.Context) error) (*unit, error) {
	j, err := a.logs.journal(c.name)
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, c, j, a.changed)
	if err != nil {
		return nil, err
	}
	return &unit{url: at, pid: p.number, ready: ready, stop: p.stop}, nil
}

// takesConnections asks a stand-in whether it is there. What it needs after that to be of use, its
// clients wait for.
func takesConnections(at *url.URL) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", at.Host)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}
