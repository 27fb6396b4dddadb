package redis_test

import (
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"ticketing.dev/local/redis"
)

// BenchmarkTimer sets a timer as expiration does, for which asynq runs a script.
func BenchmarkTimer(b *testing.B) {
	s, err := redis.Start("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	client := asynq.NewClient(asynq.RedisClientOpt{Addr: s.Addr()})
	defer client.Close()
	later := asynq.ProcessIn(time.Hour)
	for b.Loop() {
		if _, err := client.Enqueue(asynq.NewTask("order:expire", nil), later); err != nil {
			b.Fatal(err)
		}
	}
}
