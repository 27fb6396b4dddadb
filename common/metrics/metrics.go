// Package metrics measures a process for Prometheus, on a port that the ingress doesn't route.
//
// Nothing is measured until Serve is called. Labels only have values from the code, such as routes and channels, so
// that visitors can't add time series.
package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	scrapeTimeout = 10 * time.Second
	// bucketFactor is the resolution of native histograms: neighboring buckets differ by a tenth.
	bucketFactor = 1.1
	// maxBuckets bounds the memory of a native histogram.
	maxBuckets = 100
)

// buckets are for servers without native histograms, from 1 ms to a request's timeout.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

var (
	registry = prometheus.NewRegistry()
	factory  = promauto.With(registry)
	enabled  atomic.Bool
)

func init() {
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
}

func histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	return factory.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: bucketFactor, NativeHistogramMaxBucketNumber: maxBuckets,
	}, labels)
}

// Serve starts measuring, and serves the results at http://addr/metrics until stop is called.
func Serve(ctx context.Context, addr string, log *slog.Logger) (stop func(), err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("METRICS_ADDR: %w", err)
	}
	enabled.Store(true)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: runtime.GOMAXPROCS(0),
		Timeout:             scrapeTimeout,
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}))
	server := &http.Server{Handler: mux, ReadTimeout: scrapeTimeout, WriteTimeout: 2 * scrapeTimeout}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l)
	}()
	log.Info("serving metrics", "address", l.Addr().String())
	return func() {
		_ = server.Close()
		<-served
	}, nil
}
