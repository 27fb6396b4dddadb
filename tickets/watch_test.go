package tickets

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/service"
)

// world is a service that has no database but streams, at a time that the test lets pass: run by
// synctest, over pipes that hold nothing.
type world struct {
	t       *testing.T
	service *Service
	logged  bytes.Buffer
	conns   pipes
	stop    func()

	mu    sync.Mutex
	store map[string]*Ticket
	away  error
	asked []map[string]int64
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, conns: make(pipes), store: map[string]*Ticket{}}
	w.service = &Service{watcher: newWatcher(w.newer, slog.New(slog.NewTextHandler(&w.logged, nil)))}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx, "tickets", w.conns, memory.New(), slog.New(slog.DiscardHandler), w) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if n := w.watching(); n > 0 {
			t.Errorf("%d still watch", n)
		}
	})
	t.Cleanup(w.stop)
	return w
}

func (w *world) Routes(r chi.Router) {
	r.Get("/{id}", func(rw http.ResponseWriter, r *http.Request) {
		w.service.stream(rw, r, show(w.get(chi.URLParam(r, "id"))))
	})
}
func (w *world) Tasks() []service.Task       { return []service.Task{w.service.watcher.run} }
func (w *world) Listeners() []bus.Listener   { return nil }
func (w *world) Ready(context.Context) error { return nil }

// newer stands for the database.
func (w *world) newer(_ context.Context, known map[string]int64) ([]*Ticket, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, maps.Clone(known))
	var changed []*Ticket
	for id, version := range known {
		if t := w.store[id]; t.Version > version && w.away == nil {
			changed = append(changed, t)
		}
	}
	return changed, w.away
}

// put is a change that another replica makes.
func (w *world) put(id string, version int64, status Status) *Ticket {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.store[id] = &Ticket{Root: aggregate.Root{ID: id, Version: version}, State: State{Status: status}}
	return w.store[id]
}

func (w *world) get(id string) *Ticket {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.store[id]
}

func (w *world) answers(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away = err
}

// questions takes what the database has been asked.
func (w *world) questions() []map[string]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	return asked
}

// watching counts the streams.
func (w *world) watching() int {
	w.service.watcher.mu.Lock()
	defer w.service.watcher.mu.Unlock()
	n := 0
	for _, all := range w.service.watcher.watches {
		n += len(all)
	}
	return n
}

// open asks for a stream and reads its header and no more.
func (w *world) open(id string) (*bufio.Reader, io.Closer) {
	w.t.Helper()
	client, server := net.Pipe()
	w.conns <- server
	fmt.Fprintf(client, "GET /%s HTTP/1.1\r\nHost: test\r\n\r\n", id)
	response, err := http.ReadResponse(bufio.NewReader(client), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return bufio.NewReader(response.Body), client
}

// reader reads a stream as it comes.
type reader struct {
	io.Closer
	mu    sync.Mutex
	lines []string
	ended error
}

func (w *world) read(id string) *reader {
	body, closer := w.open(id)
	r := &reader{Closer: closer}
	go func() {
		for {
			line, err := body.ReadString('\n')
			r.mu.Lock()
			if err != nil {
				r.ended = err
				r.mu.Unlock()
				return
			}
			if line = strings.TrimSpace(line); line == ":" || strings.HasPrefix(line, "id:") {
				r.lines = append(r.lines, line)
			}
			r.mu.Unlock()
		}
	}()
	return r
}

// told checks the ids and the heartbeats that have come since the last time.
func (r *reader) told(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if fmt.Sprint(r.lines) != fmt.Sprint(want) {
		t.Errorf("told %q, want %q", r.lines, want)
	}
	r.lines = nil
}

// ends checks that the stream has ended in order.
func (r *reader) ends(t *testing.T) {
	t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != io.EOF {
		t.Errorf("ended with %v", r.ended)
	}
}

// pipes is a listener to which these connections come.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (p pipes) Close() error { close(p); return nil }
func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

func TestAQuietStreamBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put("a", 3, Available)
		r := w.read("a")
		defer r.Close()
		r.told(t, "id: 3")
		time.Sleep(beatEvery - time.Nanosecond)
		r.told(t)
		time.Sleep(time.Nanosecond)
		r.told(t, ":")
		time.Sleep(time.Hour) // longer than any deadline that a request or a write has
		synctest.Wait()
		w.put("a", 4, Reserved)
		time.Sleep(pollEvery)
		synctest.Wait()
		r.mu.Lock()
		if want := 1 + int(time.Hour/beatEvery); len(r.lines) != want || r.lines[want-1] != "id: 4" {
			t.Errorf("%d lines, the last is %q, want %d", len(r.lines), r.lines[len(r.lines)-1], want)
		}
		r.mu.Unlock()
	})
}

func TestManyWatchersShareOneQuery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put("a", 0, Available)
		w.put("b", 7, Available)
		time.Sleep(time.Minute + pollEvery/2) // from here on, between two polls
		if asked := w.questions(); len(asked) > 0 {
			t.Errorf("queries without a watcher: %v", asked)
		}
		var readers []*reader
		for range 50 {
			r := w.read("a")
			r.told(t, "id: 0")
			readers = append(readers, r)
		}
		other := w.read("b")
		other.told(t, "id: 7")

		time.Sleep(pollEvery)
		synctest.Wait()
		if asked := w.questions(); fmt.Sprint(asked) != "[map[a:0 b:7]]" {
			t.Errorf("asked %v", asked)
		}
		w.put("a", 1, Reserved)
		time.Sleep(pollEvery)
		for _, r := range readers {
			r.told(t, "id: 1")
		}
		other.told(t)
		w.service.watcher.notify(show(w.put("a", 2, Available))) // a change by this process is sent at once
		for _, r := range readers {
			r.told(t, "id: 2")
			r.Close()
		}
		other.Close()
		synctest.Wait()
		if n := w.watching(); n != 0 {
			t.Errorf("all have gone, %d are kept", n)
		}
		w.questions()
		time.Sleep(time.Minute)
		if asked := w.questions(); len(asked) > 0 {
			t.Errorf("all have gone, and the database is asked: %v", asked)
		}
	})
}

func TestIdleReadersAreDisconnectedAndBlockNoOtherReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put("a", 0, Available)
		_, slow := w.open("a")
		defer slow.Close()
		r := w.read("a")
		defer r.Close()
		r.told(t, "id: 0")
		for version := int64(1); version <= 3; version++ {
			w.put("a", version, Available)
			time.Sleep(pollEvery)
			r.told(t, fmt.Sprintf("id: %d", version))
		}
		if n := w.watching(); n != 2 {
			t.Errorf("%d watch, want the slow one and the other", n)
		}
		time.Sleep(streamPatience)
		synctest.Wait()
		if n := w.watching(); n != 1 {
			t.Errorf("%d watch, want the one that reads", n)
		}
	})
}

// A client that reads slowly gets only the newest state.
func TestOnlyTheNewestStateIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put("a", 0, Available)
		slow, conn := w.open("a")
		defer conn.Close()
		synctest.Wait()
		for _, version := range []int64{1, 2, 5, 3, 5, 4} {
			w.service.watcher.notify(view{ID: "a", Version: version})
		}
		var ids []string
		for len(ids) < 2 {
			line, err := slow.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if id, ok := strings.CutPrefix(line, "id: "); ok {
				ids = append(ids, strings.TrimSpace(id))
			}
		}
		if fmt.Sprint(ids) != "[0 5]" {
			t.Errorf("told versions %v, want 0 and 5", ids)
		}
	})
}

func TestStreamsOutliveTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put("a", 0, Available)
		r := w.read("a")
		defer r.Close()
		r.told(t, "id: 0")
		w.answers(errors.New("away"))
		w.put("a", 2, Reserved)
		time.Sleep(2 * beatEvery)
		r.told(t, ":", ":")
		w.answers(nil)
		time.Sleep(pollEvery)
		r.told(t, "id: 2")
		if n := strings.Count(w.logged.String(), "\n"); n != 2 {
			t.Errorf("logged %d lines, want one for the beginning and one for the end:\n%s", n, w.logged.String())
		}
	})
}

// A watcher with an older state gets the news, even if another watcher already has it.
func TestEachWatcherGetsWhatItHasNotSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.put("a", 5, Available)
		for range 20 { // maps have no order
			behind, stop := w.service.watcher.watch("a", 3)
			abreast, stopToo := w.service.watcher.watch("a", 5)
			time.Sleep(pollEvery)
			synctest.Wait()
			if len(behind) != 1 || len(abreast) != 0 {
				t.Fatalf("told %d and %d states, want 1 and none", len(behind), len(abreast))
			}
			stop()
			stopToo()
		}
	})
}
