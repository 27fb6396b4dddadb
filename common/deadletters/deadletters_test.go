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
	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/service"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/standin"
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

func TestWhatCannotBeHandledIsListed(t *testing.T) {
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

func TestRedrivenIsWhatTheServiceHandles(t *testing.T) {
	w := newWorld(t)
	w.poison(`"mended"`, `"not mended"`, `"mended, too"`)
	ids := w.expect(`"mended"`, `"not mended"`, `"mended, too"`)
	w.answer(nil, `"mended"`, `"mended, too"`)

	out, err := w.do("redrive", "-all")
	if err == nil || err.Error() != "1 of 3 dead letters cannot be handled" {
		t.Errorf("it ended with %v", err)
	}
	if want := fmt.Sprintf("%s redriven\n%s stays: %s\n%s redriven\n", ids[0], ids[1], errContradiction, ids[2]); out != want {
		t.Errorf("it printed %q, want %q", out, want)
	}
	if want := []string{`"mended"`, `"mended, too"`}; !slices.Equal(w.handled, want) {
		t.Errorf("handled were %q", w.handled)
	}
	w.expect(`"not mended"`)
	if out := w.done("show", ids[0]); !strings.Contains(out, "redriven at") || !strings.Contains(out, operator()) {
		t.Errorf("what became of it is not in %s", out)
	}
	// Nobody else has heard of it.
	if n := len(w.bus.Messages(channel)); n != 3 {
		t.Errorf("%d messages were published, want the 3 of the beginning", n)
	}
	w.answer(nil, `"not mended"`)
	w.done("redrive", ids[1])
	w.expect()
	if out := w.done("redrive", "-all"); out != "no dead letters\n" {
		t.Errorf("with nothing to do it printed %q", out)
	}
}

func TestTroubleStopsARedrive(t *testing.T) {
	w := newWorld(t)
	w.poison(`"one"`, `"two"`, `"three"`)
	w.answer(nil, `"one"`, `"three"`)
	for _, trouble := range []error{errTrouble, context.DeadlineExceeded} {
		w.answer(trouble, `"two"`)
		if _, err := w.do("redrive", "-all"); !errors.Is(err, trouble) {
			t.Errorf("it ended with %v", err)
		}
		w.expect(`"two"`, `"three"`)
	}
}

func TestAPanicIsTrouble(t *testing.T) {
	w := newWorld(t)
	w.poison(`"one"`)
	letters, err := log{w.bus, "orders", ""}.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := admin{log{w.bus, "orders", ""}, []bus.Listener{{Channel: channel, Handle: func(context.Context, []byte) error { panic("broken") }}}, &bytes.Buffer{}}
	if err := c.redriveEach(t.Context(), letters); err == nil || !strings.Contains(err.Error(), "panic: broken") {
		t.Errorf("it ended with %v", err)
	}
	w.expect(`"one"`)
}

func TestAMessageThatNobodyListensToAnyMoreStays(t *testing.T) {
	w := newWorld(t)
	old, err := bus.Listen(w.bus, "orders", []bus.Listener{{Channel: "order:moved", Handle: func(context.Context, []byte) error {
		return bus.Poison(errContradiction)
	}}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := w.bus.Publish(t.Context(), "order:moved", []byte(`"one"`)); err != nil {
		t.Fatal(err)
	}
	servicetest.Settled(t, w.bus)
	if out, err := w.do("redrive", "-all"); err == nil || !strings.Contains(out, "order:moved") {
		t.Errorf("it printed %q and ended with %v", out, err)
	}
	w.done("drop", w.expect(`"one"`)[0])
	w.expect()
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

func TestAMessageThatComesBackIsOpenAgain(t *testing.T) {
	w := newWorld(t)
	w.poison(`"one"`)
	w.done("drop", w.expect(`"one"`)[0])
	w.expect()
	w.publish(`"one"`)
	w.expect(`"one"`)
}

// dying is a bus on which no decision can be written, as for a process that dies before it has.
type dying struct{ *memory.Bus }

func (d dying) Publish(ctx context.Context, channel string, message []byte) error {
	if bytes.Contains(message, []byte("decision")) {
		return memory.ErrStopped
	}
	return d.Bus.Publish(ctx, channel, message)
}

func TestACrashBeforeTheDecisionOnlyMeansOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.poison(`"one"`)
		id := w.expect(`"one"`)[0]
		w.answer(nil, `"one"`)
		if _, err := carryOut(t, dying{w.bus}, w.station, "redrive", id); !errors.Is(err, memory.ErrStopped) || !strings.Contains(err.Error(), "it was handled") {
			t.Errorf("it ended with %v", err)
		}
		w.expect(`"one"`)
		w.done("redrive", id)
		w.expect()
		if !slices.Equal(w.handled, []string{`"one"`, `"one"`}) {
			t.Errorf("handled were %q, want the same one twice", w.handled)
		}
	})
}

func TestTwoOperatorsAtOnce(t *testing.T) {
	w := newWorld(t)
	var all []string
	for i := range 20 {
		all = append(all, fmt.Sprint(i))
	}
	w.poison(all...)
	ids := w.expect(all...)
	w.answer(nil, all...)
	var operators sync.WaitGroup
	for _, args := range [][]string{{"redrive", "-all"}, {"redrive", "-all"}, append([]string{"drop"}, ids[:10]...)} {
		operators.Go(func() {
			if _, err := w.do(args...); err != nil {
				t.Error(err)
			}
		})
	}
	operators.Wait()
	w.expect()
}

func TestABrokerThatIsAwayIsWaitedForAWhile(t *testing.T) {
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

func TestWhatIsNoLetterIsShownAsOne(t *testing.T) {
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

// The same with a real broker, and more letters than it hands out at once.
func TestThousandsOfLetters(t *testing.T) {
	const letters = 3000
	b, err := stan.Open(stan.Config{URL: standin.NATS(t).URL, ClusterID: "ticketing", ClientID: "test"}, servicetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	w := &station{answers: make(map[string]error)}
	servicetest.Eventually(t, "the broker", b.Connected)
	var publishers sync.WaitGroup
	for p := range 30 {
		publishers.Go(func() {
			for n := range letters / 30 {
				letter, err := json.Marshal(bus.DeadLetter{Group: "orders", Channel: channel, Cause: "none", Message: json.RawMessage(fmt.Sprint(p*1000 + n))})
				if err != nil {
					t.Error(err)
				}
				if err := b.Publish(t.Context(), bus.DeadLetters("orders"), letter); err != nil {
					t.Error(err)
				}
			}
		})
	}
	publishers.Wait()
	begun := time.Now()
	out, err := carryOut(t, b, w, "list")
	if n := strings.Count(out, "\n") - 1; err != nil || n != letters {
		t.Fatalf("%d are listed, want %d: %v", n, letters, err)
	}
	t.Logf("%d letters listed in %s", letters, time.Since(begun))
	begun = time.Now()
	if _, err := carryOut(t, b, w, "redrive", "-all"); err != nil {
		t.Error(err)
	}
	t.Logf("redriven in %s", time.Since(begun))
	if out, err := carryOut(t, b, w, "list"); err != nil || out != "no dead letters\n" {
		t.Errorf("left are %.200q, %v", out, err)
	}
	if len(w.handled) != letters {
		t.Errorf("%d were handled", len(w.handled))
	}
}
