package service

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"time"
)

// Operator names the user and host, or pod, that runs the program.
func Operator() string {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	return cmp.Or(os.Getenv("USER"), "somebody") + "@" + host
}

// harmless are arguments that may be logged: ids, flags and numbers, but no email.
var harmless = regexp.MustCompile(`^[A-Za-z0-9_:=,.-]+$`)

// audit appends a command to the security log before it's carried out, so that a crash can't hide it.
func (p *Program) audit(ctx context.Context, args []string) error {
	if p.config.SecurityLog == "" {
		return nil
	}
	shown := make([]string, len(args))
	for i, arg := range args {
		if shown[i] = arg; !harmless.MatchString(arg) {
			shown[i] = "…"
		}
	}
	file, err := os.OpenFile(p.config.SecurityLog, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	line := slog.NewRecord(time.Now(), slog.LevelInfo, "security", 0)
	line.AddAttrs(slog.String("service", p.name), slog.Group("security", "event", "operator-command",
		"command", strings.Join(shown, " "), "operator", Operator()))
	return slog.NewJSONHandler(file, nil).Handle(ctx, line)
}
