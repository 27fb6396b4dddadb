package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

// incoming is the body of a visitor's request. It knows whether it was broken, such as a chunk without a length:
// then it's not the service that failed.
type incoming struct {
	io.ReadCloser
	broken atomic.Bool
}

func (b *incoming) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.broken.Store(true)
	}
	return n, err
}

type incomingKey struct{}

// watchBody makes bodyBroken work for a request.
func watchBody(r *http.Request) *http.Request {
	if r.Body == nil || r.Body == http.NoBody {
		return r
	}
	body := &incoming{ReadCloser: r.Body}
	r = r.WithContext(context.WithValue(r.Context(), incomingKey{}, body))
	r.Body = body
	return r
}

// bodyBroken reports whether the request's body couldn't be read.
func bodyBroken(r *http.Request) bool {
	body, ok := r.Context().Value(incomingKey{}).(*incoming)
	return ok && body.broken.Load()
}
