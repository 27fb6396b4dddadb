package tickets

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/problem"
	"ticketing.dev/common/service"
	"ticketing.dev/common/web"
)

const (
	// beatEvery keeps a quiet stream open: ingress-nginx closes streams that are silent for 60 s.
	beatEvery = 15 * time.Second
	// streamPatience is how long a client may read nothing before its stream is closed, also at shutdown.
	streamPatience = 5 * time.Second
	// comeBackAfter is the reconnect delay that clients are asked for.
	comeBackAfter = 2 * time.Second
)

// The wire format (https://html.spec.whatwg.org/multipage/server-sent-events.html).
const (
	retryFrame  = "retry: %d\n\n"
	ticketFrame = "id: %d\nevent: ticket\ndata: %s\n\n"
	beatFrame   = ":\n\n"
)

// follow streams a ticket's current state and then its changes.
func (s *Service) follow(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		// net/http waits for the body before it responds, and it may never arrive.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(streamPatience))
		web.WriteError(w, r, problem.New(problem.Invalid, "A stream takes no body"))
		return
	}
	ticket, err := s.tickets.Get(r.Context(), chi.URLParam(r, "id"))
	if err != nil {
		web.WriteError(w, r, err)
		return
	}
	s.stream(w, r, show(ticket))
}

// stream sends the current state, unless the client already has it, and then the changes. It ends once the ticket
// is sold. The browser then reconnects, and a 204 tells it to stop.
//
// An open stream takes the connection from net/http, whose buffers, request and stack are four fifths of its memory.
func (s *Service) stream(w http.ResponseWriter, r *http.Request, now view) {
	w.Header().Set("Cache-Control", "no-store")
	known := r.Header.Get("Last-Event-ID") == strconv.FormatInt(now.Version, 10)
	if known && now.Status == Sold {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // or nginx would buffer events
	if r.Method == http.MethodHead {
		return
	}
	leave, err := s.streams.Take(s.proxies.Network(r))
	if err != nil {
		web.WriteError(w, r, err)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		leave()
		web.WriteError(w, r, fmt.Errorf("take a stream's connection: %w", err))
		return
	}
	out := &eventStream{conn: conn, gone: make(chan struct{})}
	updates, stop := s.watcher.watch(now.ID, now.Version)
	header, draining := w.Header(), service.Draining(r.Context())
	s.watcher.streams.Go(out.awaitClient)
	s.watcher.streams.Go(func() {
		defer leave()
		defer stop()
		defer out.conn.Close()
		if out.begin(header) == nil && (known || out.ticket(now) == nil) && now.Status != Sold {
			header = nil
			out.follow(updates, draining)
		}
	})
}

// eventStream writes Server-Sent Events.
type eventStream struct {
	conn net.Conn
	// gone is closed when the client disconnects.
	gone chan struct{}
}

// awaitClient notices when the client disconnects, or sends more than its request.
func (e *eventStream) awaitClient() {
	defer close(e.gone)
	_ = e.conn.SetReadDeadline(time.Time{})
	_, _ = e.conn.Read(make([]byte, 1))
}

// follow sends states until the ticket is sold, the client disconnects or stops reading, or the service shuts down.
func (e *eventStream) follow(updates <-chan view, draining <-chan struct{}) {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		var err error
		select {
		case now := <-updates:
			if err = e.ticket(now); now.Status == Sold {
				return
			}
		case <-beat.C:
			err = e.send(beatFrame)
		case <-e.gone:
			return
		case <-draining:
			return
		}
		if err != nil {
			return
		}
	}
}

// begin sends the response's header. The end of the connection is the end of the body.
func (e *eventStream) begin(header http.Header) error {
	header.Set("Connection", "close")
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	var text strings.Builder
	text.WriteString("HTTP/1.1 200 OK\r\n")
	_ = header.Write(&text) // a strings.Builder takes everything
	fmt.Fprintf(&text, "\r\n"+retryFrame, comeBackAfter.Milliseconds())
	return e.send(text.String())
}

func (e *eventStream) ticket(now view) error {
	data, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return e.send(fmt.Sprintf(ticketFrame, now.Version, data))
}

func (e *eventStream) send(frame string) error {
	_ = e.conn.SetWriteDeadline(time.Now().Add(streamPatience))
	_, err := io.WriteString(e.conn, frame)
	return err
}
