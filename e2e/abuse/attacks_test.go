package main

import (
	"io"
	"log/slog"
	"testing"

	"ticketing.dev/local/system"
)

func TestAttacksGetLittle(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the gateway's, in this process
	s, err := open(t.Context(), t.TempDir(), system.NoClient, "1", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	if err := attackAll(t.Context(), s, short, t.Output()); err != nil {
		t.Error(err)
	}
}
