package gateway

import (
	"context"
	"io"
	"mime"
	"net/http"
)

// stream is the body of a response that has no end of its own: Server-Sent Events.
type stream struct {
	io.ReadCloser
	ending context.Context
}

// Read ends the stream as if it had come to its end, once streams are to end.
func (s stream) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err != nil && s.ending.Err() != nil {
		err = io.EOF
	}
	return n, err
}

// endable lets EndStreams end a response that is a stream.
func (g *Gateway) endable(r *http.Response) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "text/event-stream" {
		return nil
	}
	body := r.Body
	stop := context.AfterFunc(g.ending, func() { _ = body.Close() })
	context.AfterFunc(r.Request.Context(), func() { stop() })
	r.Body = stream{body, g.ending}
	return nil
}

// EndStreams ends all Server-Sent Events, which would keep a server from shutting down.
// Browsers come back by themselves.
func (g *Gateway) EndStreams() { g.end() }
