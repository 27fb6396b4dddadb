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
	// beatEvery keeps a quiet stream alive: ingress-nginx closes one that is silent for 60 s.
	beatEvery = 15 * time.Second
	// streamPatience is how long a client may take nothing of what is sent to it. A stopping service
	// waits no longer for such a client.
	streamPatience = 5 * time.Second
	// comeBackAfter is when a client whose stream broke is asked to come back.
	comeBackAfter = 2 * time.Second
)

// What goes over the wire (https://html.spec.whatwg.org/multipage/server-sent-events.html).
const (
	retryFrame  = "retry: %d\n\n"
	ticketFrame = "id: %d\nevent: ticket\ndata: %s\n\n"
	beatFrame   = ":\n\n"
)

// follow answers with a stream of the ticket as it is and then, at each change, as it has become.
func (s *Service) follow(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		// net/http waits for the body before it answers, and it may never come.
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

// stream begins with a state, unless the client says that it knows this one already. After the last
// state that a ticket can have it ends. A browser then comes back; 204 is what tells it not to.
func (s *Service) stream(w http.ResponseWriter, r *http.Request, now view) {
	w.Header().Set("Cache-Control", "no-store")
	known := r.Header.Get("Last-Event-ID") == strconv.FormatInt(now.Version, 10)
	if known && now.Status == Sold {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would collect events before it passes them on
	if r.Method == http.MethodHead {
		return
	}
	out := &eventStream{w, http.NewResponseController(w)}
	defer out.end()
	s.pass(r.Context(), out, now, known)
}

// pass sends a state, if it is not known, and those that follow it, until the ticket is sold, the client
// goes or takes nothing, or the service stops.
func (s *Service) pass(ctx context.Context, out *eventStream, now view, known bool) {
	news, stop := s.watcher.watch(now.ID, now.Version)
	defer stop()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	err := out.begin()
	if err == nil && !known {
		err = out.tell(now)
	}
	for err == nil && now.Status != Sold {
		select {
		case now = <-news:
			err = out.tell(now)
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

// begin sends the header as well, so that the client knows that it is connected.
func (e *eventStream) begin() error {
	return e.send(fmt.Sprintf(retryFrame, comeBackAfter.Milliseconds()))
}

func (e *eventStream) tell(now view) error {
	data, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return e.send(fmt.Sprintf(ticketFrame, now.Version, data))
}

func (e *eventStream) send(frame string) error {
	e.patience()
	if _, err := io.WriteString(e.w, frame); err != nil {
		return err
	}
	return e.rc.Flush()
}

// end is for what net/http writes after it.
func (e *eventStream) end() { e.patience() }

// patience limits what is written next. net/http lifts that before the connection's next request.
func (e *eventStream) patience() { _ = e.rc.SetWriteDeadline(time.Now().Add(streamPatience)) }
