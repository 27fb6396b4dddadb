package tickets

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
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
	out := &eventStream{w: w, rc: http.NewResponseController(w)}
	defer out.end()
	s.send(r.Context(), out, now, known)
}

// send sends a state, unless it's known, and the following ones until the ticket is sold, the client disconnects or
// stops reading, or the service shuts down.
func (s *Service) send(ctx context.Context, out *eventStream, now view, known bool) {
	updates, stop := s.watcher.watch(now.ID, now.Version)
	defer stop()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	err := out.begin()
	if err == nil && !known {
		err = out.ticket(now)
	}
	for err == nil && now.Status != Sold {
		select {
		case now = <-updates:
			err = out.ticket(now)
		case <-beat.C:
			err = out.send(beatFrame)
		case <-ctx.Done():
			return
		case <-service.Draining(ctx):
			return
		}
	}
}

// eventStream writes Server-Sent Events.
type eventStream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// begin also flushes the header, so that the client knows it's connected.
func (e *eventStream) begin() error {
	return e.send(fmt.Sprintf(retryFrame, comeBackAfter.Milliseconds()))
}

func (e *eventStream) ticket(now view) error {
	data, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return e.send(fmt.Sprintf(ticketFrame, now.Version, data))
}

func (e *eventStream) send(frame string) error {
	e.extendDeadline()
	if _, err := io.WriteString(e.w, frame); err != nil {
		return err
	}
	return e.rc.Flush()
}

// end limits what net/http writes after the handler returns.
func (e *eventStream) end() { e.extendDeadline() }

// extendDeadline limits the next write. net/http resets the deadline before the connection's next request.
func (e *eventStream) extendDeadline() { _ = e.rc.SetWriteDeadline(time.Now().Add(streamPatience)) }
