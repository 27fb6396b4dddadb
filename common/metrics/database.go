package metrics

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/event"
)

var commands = histogram("mongodb_command_duration_seconds", "Time of MongoDB's commands, as the driver sees it.",
	"command", "outcome")

// Commands measures a client of MongoDB.
func Commands() *event.CommandMonitor {
	return &event.CommandMonitor{
		Succeeded: func(_ context.Context, e *event.CommandSucceededEvent) {
			observeCommand(e.CommandName, "succeeded", e.Duration)
		},
		Failed: func(_ context.Context, e *event.CommandFailedEvent) {
			observeCommand(e.CommandName, "failed", e.Duration)
		},
	}
}

func observeCommand(name, outcome string, took time.Duration) {
	if enabled.Load() {
		commands.WithLabelValues(name, outcome).Observe(took.Seconds())
	}
}
