package expiration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"ticketing.dev/common/outage"
)

const (
	// queue is separate from anything else in the same Redis.
	queue = "expiration"
	// taskType also matches every type that begins with it, so no other type may.
	taskType = "order:expire"

	// dueEvery and idleEvery are how often asynq checks for due tasks, and for tasks to run when it was idle.
	// Together they are most of the delay after a due second.
	dueEvery  = 500 * time.Millisecond
	idleEvery = 500 * time.Millisecond
	// workers publish concurrently: many orders may be due in the same second, and each publication waits for the
	// broker's disk.
	workers = 32
	// tryTimeout bounds one attempt to publish. It's longer than the bus's own timeout.
	tryTimeout = 10 * time.Second
	// retryDelay is short because a ticket is waiting, and long enough not to overload Redis during a bus outage.
	retryDelay = 2 * time.Second
	// drainTimeout bounds the last publications at shutdown. The next process repeats unfinished ones.
	drainTimeout = 6 * time.Second
	// pingEvery is how often Redis is checked.
	pingEvery = time.Second
)

// timers are tasks in an asynq queue, one per order, with the order's id.
type timers struct {
	redis     *redis.Client
	client    *asynq.Client
	inspector *asynq.Inspector
	outage    *outage.Outage
	log       *slog.Logger
}

func newTimers(r *redis.Client, log *slog.Logger) timers {
	return timers{
		redis:     r,
		client:    asynq.NewClientFromRedisClient(r),
		inspector: asynq.NewInspectorFromRedisClient(r),
		outage:    outage.New(log, "Redis unavailable, timers are stopped", "Redis available again, timers are running"),
		log:       log,
	}
}

func (ts timers) ping(ctx context.Context) error { return ts.redis.Ping(ctx).Err() }

// set stores a timer. An existing one stays as it is.
func (ts timers) set(ctx context.Context, t timer) error {
	payload, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode the timer of order %s: %w", t.OrderID, err)
	}
	_, err = ts.client.EnqueueContext(ctx, asynq.NewTask(taskType, payload),
		asynq.Queue(queue),
		asynq.TaskID(t.OrderID),
		asynq.ProcessAt(t.due()),
		asynq.Timeout(tryTimeout),
		asynq.MaxRetry(math.MaxInt32)) // asynq uses 32 bits; with retryDelay that's forever
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return fmt.Errorf("set the timer of order %s: %w", t.OrderID, err)
	}
	return nil
}

// stop removes an order's timer. A missing timer is not an error, nor is one that is firing: orders ignores the
// expiration of an order that has ended. asynq takes no context here; the Redis client's timeouts bound the call.
func (ts timers) stop(orderID string) error {
	err := ts.inspector.DeleteTask(queue, orderID)
	none := errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound)
	if err != nil && !none && !ts.firing(orderID) {
		return fmt.Errorf("stop the timer of order %s: %w", orderID, err)
	}
	return nil
}

// firing reports whether the order's task is running. asynq can't delete such a task, and its error for that isn't
// distinguishable from others.
func (ts timers) firing(orderID string) bool {
	task, err := ts.inspector.GetTaskInfo(queue, orderID)
	return err == nil && task.State == asynq.TaskStateActive
}

// run fires timers until ctx ends, and then waits for those that are firing. A timer whose fire fails is retried
// without limit.
func (ts timers) run(ctx context.Context, fire func(context.Context, timer) error) error {
	ts.outage.Report(ts.ping(ctx))
	server := asynq.NewServerFromRedisClient(ts.redis, asynq.Config{
		Queues:                   map[string]int{queue: 1},
		Concurrency:              workers,
		DelayedTaskCheckInterval: dueEvery,
		TaskCheckInterval:        idleEvery,
		RetryDelayFunc:           func(int, error, *asynq.Task) time.Duration { return retryDelay },
		ShutdownTimeout:          drainTimeout,
		HealthCheckInterval:      pingEvery,
		HealthCheckFunc:          ts.outage.Report,
		Logger:                   logger{ts.log, ts.outage},
		LogLevel:                 asynq.WarnLevel,
	})
	mux := asynq.NewServeMux()
	mux.HandleFunc(taskType, func(ctx context.Context, task *asynq.Task) error {
		var t timer
		if err := json.Unmarshal(task.Payload(), &t); err != nil {
			ts.log.Error("malformed timer archived", "payload", string(task.Payload()), "error", err)
			return fmt.Errorf("decode a timer: %w: %w", err, asynq.SkipRetry)
		}
		return fire(ctx, t)
	})
	if err := server.Start(mux); err != nil { // Run would handle signals, which is the program's job
		return fmt.Errorf("start asynq: %w", err)
	}
	<-ctx.Done()
	server.Shutdown()
	return nil
}
