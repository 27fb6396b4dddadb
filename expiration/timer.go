package expiration

import "time"

// timer is when an order expires. Its JSON is the payload of the order's task in Redis.
type timer struct {
	OrderID   string    `json:"orderId"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// due is the first whole second at or after the expiry. asynq drops the fraction of a due time, so the
// expiry itself would come up to a second early.
func (t timer) due() time.Time {
	return t.ExpiresAt.Add(time.Second - time.Nanosecond).Truncate(time.Second)
}
