package main

import (
	"context"
	"fmt"
	"log/slog"

	"ticketing.dev/local/mailbox"
)

func startMail(_ context.Context, c *config, log *slog.Logger) (string, func(), error) {
	b, err := mailbox.Open(c.addr, log)
	if err != nil {
		return "", nil, err
	}
	_, stop, err := serve(c.httpAddr, b)
	if err != nil {
		_ = b.Close()
		return "", nil, fmt.Errorf("show the mails: %w", err)
	}
	return "smtp://" + b.Addr(), func() {
		stop()
		if err := b.Close(); err != nil {
			log.Error("close the mailbox", "error", err)
		}
	}, nil
}
