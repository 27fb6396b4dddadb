package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/metrics"
	"ticketing.dev/common/web"
)

// address is where this process serves its metrics.
var address string

func TestMain(m *testing.M) {
	var log strings.Builder
	stop, err := metrics.Serve(context.Background(), "127.0.0.1:0", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		panic(err)
	}
	_, address, _ = strings.Cut(strings.TrimSpace(log.String()), "address=")
	code := m.Run()
	stop()
	os.Exit(code)
}

// scrape reads the metrics as Prometheus does.
func scrape(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	res, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", res.Status, err)
	}
	return families
}

// value is a counter, a gauge or the number of a histogram's observations; 0 if it isn't there.
func value(families map[string]*dto.MetricFamily, name string, labels ...string) (total float64) {
	for _, m := range families[name].GetMetric() {
		if has(m, labels) {
			total += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return total
}

// exists reports whether a time series exists.
func exists(families map[string]*dto.MetricFamily, name string, labels ...string) bool {
	return slices.ContainsFunc(families[name].GetMetric(), func(m *dto.Metric) bool { return has(m, labels) })
}

// has reports whether a metric has the labels, which are names and values in turn.
func has(m *dto.Metric, labels []string) bool {
	found := 0
	for i := 0; i < len(labels); i += 2 {
		for _, l := range m.GetLabel() {
			if l.GetName() == labels[i] && l.GetValue() == labels[i+1] {
				found++
			}
		}
	}
	return found == len(labels)/2
}

func router() http.Handler {
	r := web.NewRouter(slog.New(slog.DiscardHandler), nil)
	r.Use(metrics.Requests)
	r.Get("/api/tickets/{id}", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") })
	r.Get("/api/panic", func(http.ResponseWriter, *http.Request) { panic("no") })
	return r
}

func send(t *testing.T, h http.Handler, method, path string) {
	t.Helper()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), method, path, nil))
}

func TestRequestsAreMeasuredByRouteAndStatus(t *testing.T) {
	r, before := router(), scrape(t)
	for range 3 {
		send(t, r, http.MethodGet, "/api/tickets/1")
	}
	send(t, r, http.MethodGet, "/api/panic")
	after := scrape(t)
	for _, c := range []struct {
		route, code string
		n           float64
	}{{"/api/tickets/{id}", "200", 3}, {"/api/panic", "500", 1}} {
		labels := []string{"method", "GET", "route", c.route, "code", c.code}
		if n := value(after, "http_request_duration_seconds", labels...) - value(before, "http_request_duration_seconds", labels...); n != c.n {
			t.Errorf("%s %s is counted %v times, not %v", c.route, c.code, n, c.n)
		}
	}
	if n := value(after, "http_requests_in_flight"); n != 0 {
		t.Errorf("%v requests are in flight", n)
	}
}

func TestVisitorsCannotAddTimeSeries(t *testing.T) {
	r := router()
	send(t, r, http.MethodGet, "/api/tickets/1")
	send(t, r, "PROPFIND", "/api/tickets/1")
	send(t, r, http.MethodGet, "/nowhere")
	send(t, r, "PROPFIND", "/nowhere")
	before := len(scrape(t)["http_request_duration_seconds"].GetMetric())
	for i := range 1000 {
		send(t, r, http.MethodGet, fmt.Sprintf("/api/tickets/%d", i))
		send(t, r, fmt.Sprintf("METHOD%d", i), "/api/tickets/1")
		send(t, r, fmt.Sprintf("METHOD%d", i), fmt.Sprintf("/%d", i))
	}
	if after := len(scrape(t)["http_request_duration_seconds"].GetMetric()); after != before {
		t.Errorf("3,000 made-up requests added %d time series", after-before)
	}
}

func TestMessagesAreMeasuredByOutcome(t *testing.T) {
	b, before := memory.New(memory.RetryAfter(10*time.Millisecond)), scrape(t)
	metrics.Listening("payment:failed")
	if families := scrape(t); !exists(families, "events_handle_duration_seconds", "channel", "payment:failed", "outcome", "dead") {
		t.Error("there's no time series to which a first dead letter could add")
	}
	failed := make(chan struct{}, 1)
	failed <- struct{}{}
	subscription, err := bus.Listen(b, "metrics", []bus.Listener{
		bus.On(func(_ context.Context, e events.PaymentStarted) error {
			switch e.OrderID {
			case "dead":
				return bus.Poison(errors.New("contradiction"))
			case "again":
				select {
				case <-failed:
					return errors.New("not yet")
				default:
				}
			}
			return nil
		}),
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range []string{"fine", "dead", "again"} {
		publish(t, b, events.PaymentStarted{Payment: events.Payment{ID: order, OrderID: order}}, time.Now().Add(-time.Hour))
	}
	count := func(name string, labels ...string) float64 {
		labels = append(labels, "channel", "payment:started")
		return value(scrape(t), name, labels...) - value(before, name, labels...)
	}
	for deadline := time.Now().Add(time.Minute); count("events_handle_duration_seconds") < 4; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the messages aren't handled")
		}
	}
	subscription.Close()
	for outcome, want := range map[string]float64{"handled": 2, "dead": 1, "failed": 1} {
		if n := count("events_handle_duration_seconds", "outcome", outcome); n != want {
			t.Errorf("%v messages are %s, not %v", n, outcome, want)
		}
	}
	if n := count("events_publish_duration_seconds", "outcome", "stored"); n != 3 {
		t.Errorf("%v messages are stored, not 3", n)
	}
	if sum := delaySum(scrape(t)); sum < 4*3600 {
		t.Errorf("messages of an hour ago are late by %v seconds in all", sum)
	}
}

func delaySum(families map[string]*dto.MetricFamily) (sum float64) {
	for _, m := range families["events_delay_seconds"].GetMetric() {
		sum += m.GetHistogram().GetSampleSum()
	}
	return sum
}

func publish(t *testing.T, b bus.Publisher, e events.Event, at time.Time) {
	t.Helper()
	if err := bus.Send(t.Context(), b, events.Owner(e.Subject()), e, at); err != nil {
		t.Fatal(err)
	}
}

func TestMoneyAndOrdersAddUp(t *testing.T) {
	b, before := memory.New(), scrape(t)
	ended := time.Now()
	order := events.Order{ID: "1", ExpiresAt: ended.Add(-2 * time.Second)}
	payment := events.Payment{ID: "1", OrderID: "1"}
	for _, e := range []events.Event{
		events.OrderCreated{Order: order}, events.OrderCreated{Order: order}, events.OrderCreated{Order: order},
		events.OrderCompleted{Order: order},
		events.OrderCancelled{Order: order, Reason: "expired"}, events.OrderCancelled{Order: order, Reason: "user"},
		events.PaymentCreated{Payment: payment, Amount: 1999}, events.PaymentCreated{Payment: payment, Amount: 1},
		events.PaymentFailed{Payment: payment}, events.PaymentRefunded{Payment: payment, Amount: 1999},
	} {
		publish(t, b, e, ended)
	}
	after := scrape(t)
	for _, c := range []struct {
		name, label, value string
		want               float64
	}{
		{"orders_created_total", "", "", 3},
		{"orders_ended_total", "how", "complete", 1},
		{"orders_ended_total", "how", "expired", 1},
		{"orders_ended_total", "how", "user", 1},
		{"payments_total", "outcome", "captured", 2},
		{"payments_total", "outcome", "failed", 1},
		{"payments_total", "outcome", "refunded", 1},
		{"payments_cents_total", "outcome", "captured", 2000},
		{"payments_cents_total", "outcome", "refunded", 1999},
	} {
		var labels []string
		if c.label != "" {
			labels = []string{c.label, c.value}
		}
		if n := value(after, c.name, labels...) - value(before, c.name, labels...); n != c.want {
			t.Errorf("%s of %s is %v, not %v", c.name, c.value, n, c.want)
		}
	}
	if late := after["order_expiry_delay_seconds"].GetMetric()[0].GetHistogram().GetSampleSum(); late < 1.9 || late > 2.1 {
		t.Errorf("the expired order is late by %v seconds, not 2", late)
	}
}

// BenchmarkRequest shows what measuring costs a request.
func BenchmarkRequest(b *testing.B) {
	measured := chi.NewRouter()
	measured.Use(metrics.Requests)
	bare := chi.NewRouter()
	for name, r := range map[string]chi.Router{"measured": measured, "bare": bare} {
		r.Get("/api/tickets/{id}", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") })
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			request := httptest.NewRequest(http.MethodGet, "/api/tickets/1", nil)
			for b.Loop() {
				r.ServeHTTP(httptest.NewRecorder(), request)
			}
		})
	}
}
