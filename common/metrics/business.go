package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"ticketing.dev/common/events"
)

var (
	ordersEnded = factory.NewCounterVec(prometheus.CounterOpts{
		Name: "orders_ended_total",
		Help: "Orders that ended, by how: complete, or the reason of the cancellation. A repeated publication counts again.",
	}, []string{"how"})
	ordersCreated = factory.NewCounter(prometheus.CounterOpts{
		Name: "orders_created_total", Help: "Reservations.",
	})
	expiryDelay = histogram("order_expiry_delay_seconds", "How long after its time an unpaid order was cancelled.")
	payments    = factory.NewCounterVec(prometheus.CounterOpts{
		Name: "payments_total", Help: "Payments by outcome: captured, failed or refunded.",
	}, []string{"outcome"})
	cents = factory.NewCounterVec(prometheus.CounterOpts{
		Name: "payments_cents_total", Help: "US cents captured and refunded. The difference was kept.",
	}, []string{"outcome"})
)

// countBusiness counts what a published event says about orders and money.
func countBusiness(channel string, message []byte) {
	switch channel {
	case "order:created":
		ordersCreated.Inc()
	case "order:completed":
		ordersEnded.WithLabelValues("complete").Inc()
	case "order:cancelled":
		countCancelled(message)
	case "payment:failed":
		payments.WithLabelValues("failed").Inc()
	case "payment:created":
		if e, err := events.Decode[events.PaymentCreated](message); err == nil {
			payments.WithLabelValues("captured").Inc()
			cents.WithLabelValues("captured").Add(float64(e.Amount))
		}
	case "payment:refunded":
		if e, err := events.Decode[events.PaymentRefunded](message); err == nil {
			payments.WithLabelValues("refunded").Inc()
			cents.WithLabelValues("refunded").Add(float64(e.Amount))
		}
	}
}

func countCancelled(message []byte) {
	e, at, err := events.DecodeAt[events.OrderCancelled](message)
	if err != nil {
		return
	}
	ordersEnded.WithLabelValues(e.Reason).Inc()
	if e.Reason == "expired" {
		expiryDelay.WithLabelValues().Observe(max(0, at.Sub(e.ExpiresAt).Seconds()))
	}
}
