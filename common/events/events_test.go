package events_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/events"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	ticket  = events.Ticket{ID: "ticket-1", Version: 3, Title: "Concert", Price: 1999, UserID: "user-1", OrderID: "order-1"}
	payment = events.Payment{ID: "order-1", OrderID: "order-1"}
)

func order(status events.OrderStatus) events.Order {
	return events.Order{
		ID: "order-1", Version: 1, Status: status, UserID: "user-2",
		ExpiresAt: time.Date(2026, 11, 23, 12, 15, 0, 0, time.UTC),
		Ticket:    events.OrderedTicket{ID: "ticket-1", Title: "Concert", Price: 1999, Reservation: 2},
	}
}

// samples has one event of each type, with a value in every field.
var samples = []sample{
	of("tickets", events.TicketCreated{Ticket: ticket}),
	of("tickets", events.TicketUpdated{Ticket: ticket}),
	of("orders", events.OrderCreated{Order: order("created")}),
	of("orders", events.OrderCancelled{Order: order("cancelled"), Reason: "expired"}),
	of("orders", events.OrderCompleted{Order: order("complete")}),
	of("expiration", events.ExpirationComplete{OrderID: "order-1"}),
	of("payments", events.PaymentStarted{Payment: payment}),
	of("payments", events.PaymentCreated{Payment: payment, StripeID: "pi_1", Amount: 1999}),
	of("payments", events.PaymentFailed{Payment: payment, Reason: "Your card was declined."}),
	of("payments", events.PaymentRefunded{Payment: payment, StripeRefundID: "re_1", Amount: 1999}),
	of("auth", events.SessionEnded{UserID: "user-1", Version: 7, Last: 5, Live: []int64{2, 5}, Before: time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)}),
	of("auth", events.UserRenamed{UserID: "user-1", Version: 2, Name: "Ada"}),
}

type sample struct {
	source string
	event  events.Event
	decode func([]byte) (events.Event, error)
}

func of[E events.Event](source string, e E) sample {
	return sample{source, e, func(encoded []byte) (events.Event, error) { return events.Decode[E](encoded) }}
}

// golden is the file that pins the wire form: the channel with - for the colon.
func (s sample) golden() string { return golden(s.event.Subject()) }

func golden(channel string) string {
	return filepath.Join("testdata", strings.ReplaceAll(channel, ":", "-")+".json")
}

func (s sample) encoded(t *testing.T) []byte {
	t.Helper()
	m, err := events.NewMessage(s.source, s.event, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	m.ID = "message-1"
	encoded, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func TestWireForm(t *testing.T) {
	for _, s := range samples {
		t.Run(s.event.Subject(), func(t *testing.T) {
			var got bytes.Buffer
			if err := json.Indent(&got, s.encoded(t), "", "  "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			if *update {
				if err := os.WriteFile(s.golden(), got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(s.golden())
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("the wire form is\n%s\nbut was\n%s", got.Bytes(), want)
			}
			event, err := s.decode(want)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(event, s.event) {
				t.Errorf("decoded %+v, want %+v", event, s.event)
			}
		})
	}
}

// A type without a sample would not be pinned, and a file without a type pins nothing.
func TestEveryTypeIsPinned(t *testing.T) {
	declared := declaredEvents(t)
	sampled := make(map[string]string)
	for _, s := range samples {
		sampled[reflect.TypeOf(s.event).Name()] = s.event.Subject()
	}
	if !maps.Equal(sampled, declared) {
		t.Errorf("the samples are of %v, but declared are %v", sampled, declared)
	}

	files, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, channel := range declared {
		want = append(want, golden(channel))
	}
	slices.Sort(want)
	if !slices.Equal(files, want) {
		t.Errorf("the golden files are %v, want %v", files, want)
	}
}

// declaredEvents reads from the source which types have a Subject, and which one.
func declaredEvents(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := make(map[string]string)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "Subject" {
				continue
			}
			declared[f.Recv.List[0].Type.(*ast.Ident).Name] = returnedLiteral(t, f)
		}
	}
	return declared
}

// returnedLiteral is what a function of one return statement returns: wire names are literals.
func returnedLiteral(t *testing.T, f *ast.FuncDecl) string {
	t.Helper()
	literal, err := strconv.Unquote(f.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.BasicLit).Value)
	if err != nil {
		t.Fatal(err)
	}
	return literal
}

func TestMessage(t *testing.T) {
	at := time.Date(2026, 11, 23, 13, 0, 0, 0, time.FixedZone("CET", 3600))
	one, err := events.NewMessage("tickets", events.TicketCreated{Ticket: ticket}, at)
	if err != nil {
		t.Fatal(err)
	}
	other, err := events.NewMessage("tickets", events.TicketCreated{Ticket: ticket}, at)
	if err != nil {
		t.Fatal(err)
	}
	if one.ID == "" || one.ID == other.ID {
		t.Errorf("the ids of two messages are %q and %q", one.ID, other.ID)
	}
	if one.Time.Location() != time.UTC || !one.Time.Equal(at) {
		t.Errorf("the time is %v, not %v in UTC", one.Time, at)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := string(sample{source: "expiration", event: events.ExpirationComplete{OrderID: "order-1"}}.encoded(t))
	if _, err := events.Decode[events.ExpirationComplete]([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for problem, change := range map[string]struct{ from, to string }{
		"no JSON":            {good, "no JSON"},
		"nothing":            {good, ""},
		"cut off":            {good, good[:len(good)/2]},
		"specversion":        {`"1.0"`, `"0.3"`},
		"no specversion":     {`"specversion"`, `"version"`},
		"type":               {`"expiration:complete"`, `"order:created"`},
		"no data":            {`"data"`, `"other"`},
		"data of other type": {`"order-1"}`, `7}`},
		"no aggregate id":    {`"orderId"`, `"id"`},
	} {
		t.Run(problem, func(t *testing.T) {
			bad := strings.ReplaceAll(good, change.from, change.to)
			if bad == good {
				t.Fatal("the message has not been changed")
			}
			if e, err := events.Decode[events.ExpirationComplete]([]byte(bad)); err == nil {
				t.Errorf("decoded %s as %+v", bad, e)
			}
		})
	}
}
