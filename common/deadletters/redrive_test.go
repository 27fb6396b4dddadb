package deadletters

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/standin"
)

func TestRedriveRemovesWhatTheServiceHandles(t *testing.T) {
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
	// It was published to no other group.
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

func TestErrorsStopARedrive(t *testing.T) {
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

func TestAPanicStopsARedrive(t *testing.T) {
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

func TestDeadLettersWithoutAListenerStay(t *testing.T) {
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

// dying is a bus on which no decision can be written, as for a process that dies before it has.
type dying struct{ *memory.Bus }

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
