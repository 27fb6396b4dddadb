package expiration

import (
	"context"
	"fmt"
	"log/slog"

	"ticketing.dev/common/outage"
)

// logger passes on what asynq logs. While Redis is away asynq complains several times a second of what
// has been said already: that is for debugging only.
type logger struct {
	log  *slog.Logger
	away *outage.Outage
}

func (l logger) Debug(args ...any) { l.write(slog.LevelDebug, args) }
func (l logger) Info(args ...any)  { l.write(slog.LevelInfo, args) }
func (l logger) Warn(args ...any)  { l.write(slog.LevelWarn, args) }
func (l logger) Error(args ...any) { l.write(slog.LevelError, args) }

// Fatal does not end the process: that is for its owner to decide. asynq does not call it.
func (l logger) Fatal(args ...any) { l.write(slog.LevelError, args) }

func (l logger) write(level slog.Level, args []any) {
	if l.away.On() {
		level = slog.LevelDebug
	}
	l.log.Log(context.Background(), level, "asynq: "+fmt.Sprint(args...))
}
