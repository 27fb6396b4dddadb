package cluster

import (
	"context"
	"net"
	"path/filepath"

	"ticketing.dev/common/process"
	"ticketing.dev/e2e/chaos/defects"
	"ticketing.dev/local/system"
)

func (c *Cluster) openLinks(context.Context) error {
	for _, replica := range AllReplicas() {
		for _, to := range stores(ServiceOf(replica)) {
			name := linkName(replica, to)
			addr, err := c.address(name)
			if err != nil {
				return err
			}
			if c.links[name], err = newLink(replica, to, addr, c.addrs[to]); err != nil {
				return err
			}
		}
	}
	return nil
}

// through are the settings of a replica, whose stores are at the ends of its links.
func (c *Cluster) through(replica string) system.Settings {
	s := c.settings
	if addr, ok := c.addrs[linkName(replica, Mongo)]; ok {
		s.MongoURI = c.mongoURI(addr, ServiceOf(replica))
	}
	if addr, ok := c.addrs[linkName(replica, NATS)]; ok {
		s.NATSURL = "nats://" + addr
	}
	if addr, ok := c.addrs[linkName(replica, Redis)]; ok {
		s.RedisAddr = addr
	}
	if addr, ok := c.addrs[linkName(replica, Stripe)]; ok {
		s.Stripe.URL = "http://" + addr
	}
	return s
}

// cores gives services two cores on every machine. The memory of auth and the connections to Redis grow with the
// cores, and the bounds for leaks are for two.
const cores = "GOMAXPROCS=2"

func (c *Cluster) startServices(ctx context.Context) error {
	for _, replica := range AllReplicas() {
		addr, err := c.address(replica)
		if err != nil {
			return err
		}
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return err
		}
		env := append(c.through(replica).Environ(ServiceOf(replica), replica, port), cores)
		if skew := c.config.Skew[replica]; skew != 0 {
			env = append(env, defects.SkewVariable+"="+skew.String())
		}
		cmd := process.Command{Path: filepath.Join(c.config.Programs.Services, ServiceOf(replica)), Env: env}
		if err := c.start(replica, cmd, process.Ready(addr)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return c.AwaitReady(ctx)
}
