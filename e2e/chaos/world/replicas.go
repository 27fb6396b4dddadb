package world

import (
	"context"
	"net"
	"path/filepath"

	"ticketing.dev/common/process"
	"ticketing.dev/e2e/chaos/defects"
	"ticketing.dev/local/system"
)

func (w *World) openLinks(context.Context) error {
	for _, replica := range AllReplicas() {
		for _, to := range ways[ServiceOf(replica)] {
			name := linkName(replica, to)
			addr, err := w.address(name)
			if err != nil {
				return err
			}
			if w.links[name], err = newLink(replica, to, addr, w.addrs[to]); err != nil {
				return err
			}
		}
	}
	return nil
}

// through are the settings of a replica, whose stores are at the ends of its links.
func (w *World) through(replica string) system.Settings {
	s := w.settings
	if addr, ok := w.addrs[linkName(replica, Mongo)]; ok {
		s.MongoURI = w.mongoURI(addr, ServiceOf(replica))
	}
	if addr, ok := w.addrs[linkName(replica, NATS)]; ok {
		s.NATSURL = "nats://" + addr
	}
	if addr, ok := w.addrs[linkName(replica, Redis)]; ok {
		s.RedisAddr = addr
	}
	if addr, ok := w.addrs[linkName(replica, Stripe)]; ok {
		s.Stripe.URL = "http://" + addr
	}
	return s
}

// cores makes every machine one of two cores to the services: how many passwords auth hashes at once, and so
// its memory, and how many connections to Redis there are grows with them, and the bounds for leaks are for two.
const cores = "GOMAXPROCS=2"

func (w *World) startServices(ctx context.Context) error {
	for _, replica := range AllReplicas() {
		addr, err := w.address(replica)
		if err != nil {
			return err
		}
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return err
		}
		env := append(w.through(replica).Environ(ServiceOf(replica), replica, port), cores)
		if skew := w.config.Skew[replica]; skew != 0 {
			env = append(env, defects.SkewVariable+"="+skew.String())
		}
		c := process.Command{Path: filepath.Join(w.config.Programs.Services, ServiceOf(replica)), Env: env}
		if err := w.start(replica, c, process.Ready(addr)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return w.AwaitReady(ctx)
}
