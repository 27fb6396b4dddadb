package tickets_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/service"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/standin"
	"ticketing.dev/tickets"
)

// stream is what a test follows.
type stream struct {
	t    *testing.T
	http *http.Response
	body *bufio.Reader
}

// told is one event of a stream.
type told struct{ id, name, data string }

// ask sends a request for the stream of a ticket, which ends with the test.
func ask(t *testing.T, c *servicetest.Client, id, lastEventID string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), servicetest.Patience)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+"/api/tickets/"+id+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return &stream{t, response, bufio.NewReader(response.Body)}
}

// follow begins a stream, which has to tell a state first.
func follow(t *testing.T, c *servicetest.Client, first ticket) *stream {
	t.Helper()
	st := ask(t, c, first.ID, "")
	st.tells(first)
	return st
}

// next waits for the next event.
func (st *stream) next() (told, error) {
	var e told
	for {
		line, err := st.body.ReadString('\n')
		if err != nil {
			return e, err
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if e != (told{}) {
				return e, nil
			}
		}
	}
}

// tells checks that the next event is this state.
func (st *stream) tells(want ticket) {
	st.t.Helper()
	e, err := st.next()
	if err != nil {
		st.t.Fatal(err)
	}
	var got ticket
	if err := json.Unmarshal([]byte(e.data), &got); err != nil {
		st.t.Fatalf("%v in %q", err, e.data)
	}
	if got != want || e.id != fmt.Sprint(want.Version) || e.name != "ticket" {
		st.t.Errorf("told %+v, want %+v", e, want)
	}
}

// ends checks that the stream tells nothing more and ends in order.
func (st *stream) ends() {
	st.t.Helper()
	if e, err := st.next(); err != io.EOF {
		st.t.Errorf("told %+v (%v), want the end", e, err)
	}
}

// What a stream is made of is a promise to clients, as the shown form of a ticket is.
func TestAStreamBeginsWithTheTicketAsItIs(t *testing.T) {
	s := start(t)
	for _, status := range []string{"available", "reserved", "sold"} {
		stored := s.store(status)
		st := ask(t, s.Client, stored["_id"].(string), "")
		if st.http.StatusCode != http.StatusOK {
			t.Errorf("status %d", st.http.StatusCode)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Length": "",
		} {
			if got := st.http.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", status, name, got, want)
			}
		}
		want := fmt.Sprintf("retry: 2000\n\nid: %d\nevent: ticket\ndata: %s\n\n", stored["version"], strings.TrimSpace(string(file(t, status+".json"))))
		got := make([]byte, len(want))
		if _, err := io.ReadFull(st.body, got); err != nil || string(got) != want {
			t.Errorf("%s: %q (%v), want %q", status, got, err, want)
		}
		if status == "sold" {
			st.ends()
		}
	}
}

func TestAStreamTellsEachChange(t *testing.T) {
	s := start(t)
	now := s.list(ada, "Concert", "19.99")
	st := follow(t, s.Client, now)
	for _, e := range []events.Event{
		events.OrderCreated{Order: order(now, 1)}, events.OrderCancelled{Order: order(now, 1)},
		events.OrderCreated{Order: order(now, 2)}, events.OrderCompleted{Order: order(now, 2)},
	} {
		s.deliver(e)
		st.tells(s.get(now.ID))
	}
	st.ends()
}

func TestAReturningClientGetsMissedChanges(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	s.deliver(events.OrderCreated{Order: order(listed, 1)})
	reserved := s.get(listed.ID)
	for _, unknown := range []string{"0", "2", "01", "x", "-1"} {
		ask(t, s.Client, listed.ID, unknown).tells(reserved)
	}
	knows := ask(t, s.Client, listed.ID, "1")
	s.deliver(events.OrderCompleted{Order: order(listed, 1)})
	knows.tells(s.get(listed.ID))
	knows.ends()
	if st := ask(t, s.Client, listed.ID, "2"); st.http.StatusCode != http.StatusNoContent {
		t.Errorf("status %d for who knows the end, want 204, which ends a browser's attempts", st.http.StatusCode)
	}
	follow(t, s.Client, s.get(listed.ID)).ends()
}

func TestFiftyFollowOnTwoReplicas(t *testing.T) {
	s := start(t)
	second := servicetest.Run(t, "tickets", s.bus, s.open())
	listed := s.list(ada, "Concert", "19.99")
	var streams []*stream
	for range 25 {
		streams = append(streams, follow(t, s.Client, listed), follow(t, second, listed))
	}
	for _, c := range []*servicetest.Client{second, s.Client} {
		put := c.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer("By "+c.URL, "20"))
		edited := servicetest.Decode[ticket](t, put, http.StatusOK)
		for _, st := range streams {
			st.tells(edited)
		}
	}
}

func TestHeadReturnsOnlyTheHeadersOfAStream(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	a := s.Do(servicetest.SignedOut, http.MethodHead, "/api/tickets/"+listed.ID+"/events", "")
	if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "text/event-stream" || a.Body != "" {
		t.Errorf("%+v", a)
	}
	if a := s.Do(servicetest.SignedOut, http.MethodHead, "/api/tickets/"+missing+"/events", ""); a.Status != http.StatusNotFound {
		t.Errorf("status %d for a ticket that is not there", a.Status)
	}
}

// deaf is an instance that never asks the database for changes.
type deaf struct{ *tickets.Service }

func (deaf) Tasks() []service.Task { return nil }

func TestOwnChangesReachWatchersWithoutAPoll(t *testing.T) {
	s := &system{t: t, db: servicetest.Database(t), bus: memory.New()}
	s.Client = servicetest.Run(t, "tickets", s.bus, deaf{s.open()})
	listed := s.list(ada, "Concert", "19.99")
	st := follow(t, s.Client, listed)
	put := s.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer("Opera", "20"))
	st.tells(servicetest.Decode[ticket](t, put, http.StatusOK))
	s.deliver(events.OrderCreated{Order: order(listed, 1)})
	st.tells(s.get(listed.ID))
}

func TestStreamsThatAreRefused(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	for _, id := range []string{missing, "no-id", "%00", "$ne"} {
		s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets/"+id+"/events", "").Refused(t, 404, "", "Not found")
	}
	s.Do(servicetest.SignedOut, http.MethodGet, "/api/tickets/"+listed.ID+"/events", "{}").Refused(t, 400, "", "A stream takes no body")
	s.Do(ada, http.MethodPost, "/api/tickets/"+listed.ID+"/events", "{}").Refused(t, 405, "", "")
}

// A body that is announced and never sent does not hold the service up.
func TestAStreamWaitsForNoBody(t *testing.T) {
	t.Parallel()
	s := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(servicetest.Patience))
	fmt.Fprintf(conn, "GET /api/tickets/%s/events HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\n", missing)
	if answer, err := io.ReadAll(conn); err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 400 ")) {
		t.Errorf("answered %q (%v)", answer, err)
	}
}

func TestStreamsEndWithTheService(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	var streams []*stream
	for range 10 {
		streams = append(streams, follow(t, s.Client, listed))
	}
	begun := time.Now()
	s.Stop()
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %s to stop", took)
	}
	for _, st := range streams {
		st.ends()
	}
	leavesNothing(t)
}

func TestDisconnectedClientsLeaveNothing(t *testing.T) {
	s := start(t)
	listed := s.list(ada, "Concert", "19.99")
	for range 10 {
		_ = follow(t, s.Client, listed).http.Body.Close()
	}
	leavesNothing(t)
}

// leavesNothing waits until no goroutine streams.
func leavesNothing(t *testing.T) {
	t.Helper()
	servicetest.Eventually(t, "the end of all streams", func() bool {
		stacks := make([]byte, 1<<22)
		return !bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte(".(*Service).stream("))
	})
}

func TestAStreamOutlivesTheDatabase(t *testing.T) {
	t.Parallel()
	mongo := standin.Start(t, "mongo")
	logged := new(journal)
	log := slog.New(slog.NewTextHandler(io.MultiWriter(logged, t.Output()), nil))
	db, err := mongodb.Connect(t.Context(), mongodb.Config{URI: mongo.URL}, "tickets", log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mongodb.Disconnect(db) })
	s := &system{t: t, db: db, bus: memory.New()}
	open := func() *servicetest.Client {
		opened, err := tickets.New(t.Context(), tickets.Options{DB: db, Bus: s.bus, Sessions: servicetest.Sessions(t), Keys: keys(t), Log: log})
		if err != nil {
			t.Fatal(err)
		}
		return servicetest.Run(t, "tickets", s.bus, opened)
	}
	s.Client = open()
	second := open()
	listed := s.list(ada, "Concert", "19.99")
	st := follow(t, s.Client, listed)

	mongo.Kill()
	servicetest.Eventually(t, "an alarm", func() bool { return logged.has("ticket watcher: database unavailable") })
	mongo.Restart()
	var edited ticket
	servicetest.Eventually(t, "an edit", func() bool {
		a := second.Do(ada, http.MethodPut, "/api/tickets/"+listed.ID, offer("Opera", "20"))
		return a.Status == http.StatusOK && json.Unmarshal([]byte(a.Body), &edited) == nil
	})
	st.tells(edited)
	servicetest.Eventually(t, "the end of the alarm", func() bool { return logged.has("ticket watcher: database available again") })
}

// journal remembers what was logged.
type journal struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.Write(p)
}

func (j *journal) has(message string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(j.all.String(), message)
}
