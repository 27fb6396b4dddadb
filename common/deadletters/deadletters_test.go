package deadletters

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/service"
	"ticketing.dev/common/service/servicetest"
)

const channel = "order:created"

var (
	errContradiction = errors.New("there is no such ticket")
	errTrouble       = errors.New("the database does not answer")
)

// station is a service that answers messages as the test tells it to. Those that are not named it
// handles.
type station struct {
	mu      sync.Mutex
	answers map[string]error
	handled []string
}

func (s *station) Routes(chi.Router)           {}
func (s *station) Tasks() []service.Task       { return nil }
func (s *station) Ready(context.Context) error { return nil }
func (s *station) Listeners() []bus.Listener {
	return []bus.Listener{{Channel: channel, Handle: s.handle}}
}

func (s *station) handle(_ context.Context, message []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.answers[string(message)]; err != nil {
		return err
	}
	s.handled = append(s.handled, string(message))
	return nil
}

// answer sets how messages are answered from now on.
func (s *station) answer(err error, messages ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		s.answers[m] = err
	}
}

// world is a service that runs, with its bus and the operator of both.
type world struct {
	*station
	t   *testing.T
	bus *memory.Bus
}

func newWorld(t *testing.T) *world {
	w := &world{&station{answers: make(map[string]error)}, t, memory.New()}
	s, err := bus.Listen(w.bus, "orders", w.Listeners(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return w
}

// publish publishes messages, in their order, and waits until they have been handled or dead-lettered.
func (w *world) publish(messages ...string) {
	w.t.Helper()
	for _, m := range messages {
		if err := w.bus.Publish(w.t.Context(), channel, []byte(m)); err != nil {
			w.t.Fatal(err)
		}
		servicetest.Settled(w.t, w.bus)
	}
}

// poison makes dead letters of messages.
func (w *world) poison(messages ...string) {
	w.t.Helper()
	w.answer(bus.Poison(errContradiction), messages...)
	w.publish(messages...)
}

// do carries out a command and returns what it printed.
func (w *world) do(args ...string) (string, error) {
	w.t.Helper()
	return carryOut(w.t, w.bus, w.station, args...)
}

func carryOut(t *testing.T, b bus.Bus, s *station, args ...string) (string, error) {
	t.Helper()
	for _, c := range Commands("orders") {
		if c.Name != "deadletters "+args[0] {
			continue
		}
		action, err := c.Parse(args[1:])
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err = action(t.Context(), &out, b, s)
		return out.String(), err
	}
	t.Fatalf("there is no command %s", args[0])
	panic("unreachable")
}

// done carries out a command that has to work.
func (w *world) done(args ...string) string {
	w.t.Helper()
	out, err := w.do(args...)
	if err != nil {
		w.t.Fatalf("%s: %v", args, err)
	}
	return out
}

// list is what is open, as a script reads it.
func (w *world) list() (letters []Letter) {
	w.t.Helper()
	if err := json.Unmarshal([]byte(w.done("list", "-json")), &letters); err != nil {
		w.t.Fatal(err)
	}
	return letters
}

// expect checks which messages are open, and returns their letters' ids.
func (w *world) expect(messages ...string) (ids []string) {
	w.t.Helper()
	var open []string
	for _, l := range w.list() {
		content := bytes.NewBuffer(nil)
		if json.Compact(content, l.Content()) != nil {
			content = bytes.NewBuffer(l.Raw)
		}
		open, ids = append(open, content.String()), append(ids, l.ID)
	}
	if !slices.Equal(open, messages) {
		w.t.Fatalf("open are %q, want %q", open, messages)
	}
	return ids
}

func TestUnhandledMessagesAreListed(t *testing.T) {
	w := newWorld(t)
	if out := w.done("list"); out != "no dead letters\n" {
		t.Errorf("nothing is listed as %q", out)
	}
	w.publish(`"good"`)
	w.poison(`"one"`, "no JSON", `{ "is": "<spaced>" }`)
	letters := w.list()
	w.expect(`"one"`, "no JSON", `{"is":"\u003cspaced\u003e"}`)
	l := letters[0]
	if l.Group != "orders" || l.Channel != channel || l.Cause != errContradiction.Error() || time.Since(l.Time) > time.Minute || l.Decision != nil {
		t.Errorf("listed is %+v", l)
	}
	lines := strings.Split(w.done("list"), "\n")
	if want := strings.Join([]string{l.ID, l.Time.Format(time.RFC3339), channel, l.Cause}, "   "); len(lines) != 5 || lines[1] != want {
		t.Errorf("the table is %q, its second line should be %q", lines, want)
	}
}

// A replica that dies between publishing a letter and acknowledging the message leaves two letters.
func TestALetterThatIsThereTwiceIsOne(t *testing.T) {
	w := newWorld(t)
	w.poison(`"one"`, `"two"`, `"one"`)
	if n := len(w.bus.Messages(bus.DeadLetters("orders"))); n != 3 {
		t.Fatalf("%d letters were published", n)
	}
	ids := w.expect(`"one"`, `"two"`)
	w.done("drop", ids[0])
	w.expect(`"two"`)
}

func TestTheLogNamesTheLetter(t *testing.T) {
	w := newWorld(t)
	var lines bytes.Buffer
	s, err := bus.Listen(w.bus, "payments", []bus.Listener{{Channel: channel, Handle: func(context.Context, []byte) error {
		return bus.Poison(errContradiction)
	}}}, slog.New(slog.NewTextHandler(&lines, nil)))
	if err != nil {
		t.Fatal(err)
	}
	w.publish(`{ "is": "<spaced>" }`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	letters, err := log{w.bus, "payments", "a test"}.read(t.Context())
	if err != nil || len(letters) != 1 || !strings.Contains(lines.String(), "letter="+letters[0].ID) {
		t.Errorf("%d letters (%v), logged as %s", len(letters), err, &lines)
	}
}

func TestALetterIsShownAsItCame(t *testing.T) {
	w := newWorld(t)
	w.poison(`{"type":"order:created","data":{"id":"7"}}`, "no JSON\x1b[2J", "\"\u009b\"")
	ids := w.expect(`{"type":"order:created","data":{"id":"7"}}`, "no JSON\x1b[2J", "\"\u009b\"")
	out := w.done("show", ids[0])
	for _, want := range []string{ids[0], channel, errContradiction.Error(), "\n  \"type\": \"order:created\",\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %s", want, out)
		}
	}
	for _, id := range ids[1:] {
		if out := w.done("show", id); strings.ContainsAny(out, "\x1b\u009b") {
			t.Errorf("a terminal would obey %q", out)
		}
	}
	var letter Letter
	if err := json.Unmarshal([]byte(w.done("show", "-json", ids[1])), &letter); err != nil || string(letter.Raw) != "no JSON\x1b[2J" {
		t.Errorf("to a script it is %+v, %v", letter, err)
	}
	if _, err := w.do("show", "f00"); err == nil || !strings.Contains(err.Error(), `"f00"`) {
		t.Errorf("a letter that is not there: %v", err)
	}
}

func TestDroppedIsOffTheListButNotGone(t *testing.T) {
	w := newWorld(t)
	w.poison(`"one"`, `"two"`)
	ids := w.expect(`"one"`, `"two"`)
	if _, err := w.do("drop", ids[0], "f00"); err == nil {
		t.Error("a letter that is not there was dropped")
	}
	w.expect(`"one"`, `"two"`)
	if out := w.done("drop", ids[0]); out != ids[0]+" dropped\n" {
		t.Errorf("it printed %q", out)
	}
	w.expect(`"two"`)
	written := len(w.bus.Messages(bus.DeadLetters("orders")))
	if out := w.done("drop", ids[0]); !strings.Contains(out, "was dropped at") {
		t.Errorf("the second time it printed %q", out)
	}
	if n := len(w.bus.Messages(bus.DeadLetters("orders"))); n != written {
		t.Errorf("the second time wrote %d messages, want none", n-written)
	}
	w.answer(nil, `"one"`)
	w.done("redrive", ids[0])
	if !slices.Equal(w.handled, []string{`"one"`}) {
		t.Errorf("handled was %q", w.handled)
	}
}

func TestAReturningDeadLetterIsOpenAgain(t *testing.T) {
	w := newWorld(t)
	w.poison(`"one"`)
	w.done("drop", w.expect(`"one"`)[0])
	w.expect()
	w.publish(`"one"`)
	w.expect(`"one"`)
}

func (d dying) Publish(ctx context.Context, channel string, message []byte) error {
	if bytes.Contains(message, []byte("decision")) {
		return memory.ErrStopped
	}
	return d.Bus.Publish(ctx, channel, message)
}

func TestCommandsWaitForTheBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.poison(`"one"`)
		w.bus.Stop()
		begun := time.Now()
		if _, err := w.do("list"); !errors.Is(err, memory.ErrStopped) {
			t.Errorf("it ended with %v", err)
		}
		if took := time.Since(begun); took < brokerWait || took > brokerWait+time.Second {
			t.Errorf("it gave up after %s", took)
		}
		time.AfterFunc(brokerWait/2, w.bus.Start)
		w.expect(`"one"`)
	})
}

func TestMalformedDeadLettersAreListed(t *testing.T) {
	w := newWorld(t)
	for _, junk := range []string{"no JSON", `{"some":"thing"}`, "7"} {
		if err := w.bus.Publish(t.Context(), bus.DeadLetters("orders"), []byte(junk)); err != nil {
			t.Fatal(err)
		}
	}
	ids := w.expect("no JSON", `{"some":"thing"}`, "7")
	w.done("drop", ids[1])
	w.expect("no JSON", "7")
}

func TestWrongArguments(t *testing.T) {
	right := map[string]bool{
		"list": true, "list -json": true, "show a": true, "show -json a": true,
		"redrive a": true, "redrive a b": true, "redrive -all": true, "drop a": true, "drop a b": true,
	}
	for _, args := range []string{
		"list", "list -json", "list a", "list -all",
		"show", "show a", "show -json a", "show a b", "show -json",
		"redrive", "redrive a", "redrive a b", "redrive -all", "redrive -all a", "redrive -x a",
		"drop", "drop a", "drop a b", "drop -all",
	} {
		words := strings.Fields(args)
		i := slices.IndexFunc(Commands("orders"), func(c service.Command) bool { return c.Name == "deadletters "+words[0] })
		action, err := Commands("orders")[i].Parse(words[1:])
		if (err == nil) != right[args] || (action == nil) == right[args] {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// Letters and decisions of older versions stay in the channel for good.
func TestWireForm(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 1, 0, time.UTC)
	for file, want := range map[string]entry{
		"letter":   {DeadLetter: bus.DeadLetter{Group: "orders", Channel: channel, Cause: "there is no such ticket", Time: at, Message: json.RawMessage(`{"id":"message-1"}`)}},
		"raw":      {DeadLetter: bus.DeadLetter{Group: "orders", Channel: channel, Cause: "no JSON", Time: at, Raw: []byte("\x00\x01")}},
		"decision": {note: note{Decision: &Decision{Letter: "f77e66a382593d77", Outcome: Redriven, Time: at, By: "ada@pod-1"}}},
		"mark":     {note: note{Mark: "mark-1"}},
	} {
		golden, err := os.ReadFile("testdata/" + file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		golden = bytes.TrimSpace(golden)
		var published any = want.note
		if want.Channel != "" {
			published = want.DeadLetter
		}
		if encoded, err := json.Marshal(published); err != nil || !bytes.Equal(encoded, golden) {
			t.Errorf("%s is encoded as %s (%v), want %s", file, encoded, err, golden)
		}
		read := log{group: "orders"}.decode(golden)
		if got, want := fmt.Sprintf("%+v", read), fmt.Sprintf("%+v", want); read.Decision == nil && got != want {
			t.Errorf("%s is decoded as %s, want %s", file, got, want)
		}
		if d := want.Decision; d != nil && (read.Decision == nil || *read.Decision != *d) {
			t.Errorf("%s is decoded as %+v", file, read)
		}
		if id := read.ID(); file == "letter" && id != "f77e66a382593d77" {
			t.Errorf("the id of the letter is %s", id)
		}
	}
}
