// Command clustertest deploys the whole system with skaffold on the cluster of KUBECONFIG and uses it through the
// ingress while pods are added, replaced and deleted:
//
//	make test-cluster
//	make test-cluster ARGS=-standin   # without the images of the stores
//
// Run it at the root of the repository. It needs Go, kubectl, skaffold, Docker, and an ingress controller of the
// class nginx in the cluster. It creates the namespace `ticketing` and deletes it at the end. If the namespace
// exists already, the test doesn't start.
//
// It reads the ingress's address from the Ingress, unless INGRESS_URL and INGRESS_TLS_URL name another, such as
// http://127.0.0.1:8080 and https://127.0.0.1:8443.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	standin := flag.Bool("standin", false, "stand-ins for MongoDB, and images of our own for Redis and NATS Streaming")
	keep := flag.Bool("keep", false, "leave everything as it is at the end")
	timeout := flag.Duration("timeout", 45*time.Minute, "for all of it")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "clustertest takes flags only, not %q\n", flag.Arg(0))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()

	r := newRun(*standin, os.Stdout)
	err := errors.Join(r.test(ctx), r.end(*keep))
	r.report.print(err)
	if err != nil {
		os.Exit(1)
	}
}

// test runs all steps in order.
func (r *run) test(ctx context.Context) error {
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"A namespace and its secrets", r.prepare},
		{"Images", r.build},
		{"Everything comes up", r.deploy},
		{"The way in", r.findIngress},
		{"The landing page", r.landingPage},
		{"Plain HTTP", r.toHTTPS},
		{"The end-to-end tests of purchases", r.suite},
		{"An unpaid order", r.expiry},
		{"Memory at rest", r.measure("at rest")},
		{"The autoscalers", r.autoscalers},
		{"Scaling under load", r.scale},
		{"A rolling update of every service under load", r.update},
		{"Every pod is deleted", r.deletePods},
		{"The whole system is taken down and comes back", r.restart},
		{"The money", r.audit},
	} {
		begun := time.Now()
		r.report.begin(step.name)
		if err := step.do(ctx); err != nil {
			r.report.say("FAILED: %v", err)
			return fmt.Errorf("%s: %w", step.name, err)
		}
		r.report.done(step.name, time.Since(begun))
	}
	return nil
}
