package service

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/bus/memory"
)

// endless is a service whose answer ends when the service does.
type endless struct{ *station }

func (e endless) Routes(r chi.Router) {
	r.Get("/endless", func(w http.ResponseWriter, r *http.Request) {
		e.entered <- struct{}{}
		<-Draining(r.Context())
		io.WriteString(w, "the end")
	})
}

func TestAnEndlessResponseLearnsOfTheShutdown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &station{entered: make(chan struct{}), task: func(ctx context.Context) error { <-ctx.Done(); return nil }}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, "endless", l, memory.New(), slog.New(slog.DiscardHandler), endless{s}) }()
	answer := make(chan string, 1)
	go func() { _, body := get(t, "http://"+l.Addr().String()+"/endless"); answer <- body }()
	<-s.entered
	begun := time.Now()
	stop()
	if got := <-answer; got != "the end" {
		t.Errorf("answered %q", got)
	}
	if err := <-ended; err != nil || time.Since(begun) > drainTimeout/2 {
		t.Errorf("ended with %v after %s", err, time.Since(begun))
	}
	if Draining(t.Context()) != nil {
		t.Error("outside of Run something is to be closed")
	}
}
