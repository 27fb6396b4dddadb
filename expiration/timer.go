package expiration

import "time"

// timer says when an order expires. Its JSON is the payload of the order's task in Redis.
type timer struct {
	OrderID   string    `json:"orderId"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// due is the first whole second at or after the expiry. asynq truncates due times to seconds, which could otherwise
// fire a timer up to a second early.
func (t timer) due() time.Time {
	return t.ExpiresAt.Add(time.Second - time.Nanosecond).Truncate(time.Second)
}
