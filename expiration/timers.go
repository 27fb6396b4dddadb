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
	// queue is apart from whatever else is in the same Redis.
	queue = "expiration"
	// taskType also matches every type that begins with it: no other may.
	taskType = "order:expire"

	// dueEvery and idleEvery are how often Redis is asked for tasks that have become due, and for tasks
	// to run when there were none. Together they are most of the delay after a due second.
	dueEvery  = 200 * time.Millisecond
	idleEvery = 100 * time.Millisecond
	// workers publish side by side: many orders may be due in the same second, and a publication waits
	// for the broker's disk.
	workers = 32
	// tryTimeout ends one try to publish. It is longer than the bus takes to give up.
	tryTimeout = 10 * time.Second
	// retryDelay is short, as a ticket waits, and long enough that an outage of the bus with many
	// orders due does not keep Redis busy.
	retryDelay = 2 * time.Second
	// drainTimeout is what the last publications have when the service stops. Those that do not end
	// in time start again with the next process.
	drainTimeout = 6 * time.Second
	// pingEvery is how soon an outage of Redis is noticed.
	pingEvery = time.Second
)

// timers are tasks in an asynq queue, one for each order, with the order's id.
type timers struct {
	redis     *redis.Client
	client    *asynq.Client
	inspector *asynq.Inspector
	away      *outage.Outage
	log       *slog.Logger
}

func newTimers(r *redis.Client, log *slog.Logger) timers {
	return timers{
		redis:     r,
		client:    asynq.NewClientFromRedisClient(r),
		inspector: asynq.NewInspectorFromRedisClient(r),
		away:      outage.New(log, "timers stand still: Redis does not answer", "timers run again: Redis answers"),
		log:       log,
	}
}

func (ts timers) ping(ctx context.Context) error { return ts.redis.Ping(ctx).Err() }

// set stores a timer. One that is there already stays as it is.
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
		asynq.MaxRetry(math.MaxInt32)) // asynq keeps 32 bits: with retryDelay that is for ever
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return fmt.Errorf("set the timer of order %s: %w", t.OrderID, err)
	}
	return nil
}

// stop removes the timer of an order. It is well if there is none, and if it is firing just now:
// orders ignores the expiration of an order that has ended. asynq takes no context here; the timeouts
// of the Redis client bound the call.
func (ts timers) stop(orderID string) error {
	err := ts.inspector.DeleteTask(queue, orderID)
	none := errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound)
	if err != nil && !none && !ts.firing(orderID) {
		return fmt.Errorf("stop the timer of order %s: %w", orderID, err)
	}
	return nil
}

// firing says whether the order's task is running. asynq deletes no such task, and its error for that
// cannot be told from others.
func (ts timers) firing(orderID string) bool {
	task, err := ts.inspector.GetTaskInfo(queue, orderID)
	return err == nil && task.State == asynq.TaskStateActive
}

// run fires timers until ctx ends, and then waits for those that are firing. A timer whose fire fails
// fires again, without limit.
func (ts timers) run(ctx context.Context, fire func(context.Context, timer) error) error {
	ts.away.Report(ts.ping(ctx))
	server := asynq.NewServerFromRedisClient(ts.redis, asynq.Config{
		Queues:                   map[string]int{queue: 1},
		Concurrency:              workers,
		DelayedTaskCheckInterval: dueEvery,
		TaskCheckInterval:        idleEvery,
		RetryDelayFunc:           func(int, error, *asynq.Task) time.Duration { return retryDelay },
		ShutdownTimeout:          drainTimeout,
		HealthCheckInterval:      pingEvery,
		HealthCheckFunc:          ts.away.Report,
		Logger:                   logger{ts.log, ts.away},
		LogLevel:                 asynq.WarnLevel,
	})
	mux := asynq.NewServeMux()
	mux.HandleFunc(taskType, func(ctx context.Context, task *asynq.Task) error {
		var t timer
		if err := json.Unmarshal(task.Payload(), &t); err != nil {
			ts.log.Error("timer cannot be read, archived", "payload", string(task.Payload()), "error", err)
			return fmt.Errorf("decode a timer: %w: %w", err, asynq.SkipRetry)
		}
		return fire(ctx, t)
	})
	if err := server.Start(mux); err != nil { // Run would wait for signals, which are not its to handle
		return fmt.Errorf("start asynq: %w", err)
	}
	<-ctx.Done()
	server.Shutdown()
	return nil
}
