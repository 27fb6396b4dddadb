package service

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/bus/memory"
)

// endless is a service with an answer that ends when the service does.
type endless struct{ station }

func (e *endless) Routes(r chi.Router) {
	r.Get("/endless", func(w http.ResponseWriter, r *http.Request) {
		e.entered <- struct{}{}
		<-Draining(r.Context())
		io.WriteString(w, "the end")
	})
}
