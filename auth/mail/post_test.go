package mail

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/service/servicetest"
)

// server is a transport in the test. Before it's closed it gets every message; answer decides what it says.
type server struct {
	mu     sync.Mutex
	got    []Message
	answer func(Message) error
}

func (s *server) Send(_ context.Context, m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answer != nil {
		if err := s.answer(m); err != nil {
			return err
		}
	}
	s.got = append(s.got, m)
	return nil
}

func (s *server) messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.got...)
}

// clock is a time that the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func open(t *testing.T, db *mongo.Database, s Transport, c *clock) *Post {
	t.Helper()
	p, err := Open(t.Context(), Options{DB: db, Transport: s, Log: servicetest.Log(t), Now: c.now,
		Compose: func(_ context.Context, m *Mail) (Message, error) {
			if m.Kind == "pointless" {
				return Message{}, ErrUnneeded
			}
			return Message{ID: m.ID, To: m.To}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *Post) mustStore(t *testing.T, id string, kind Kind) {
	t.Helper()
	if err := p.Store(t.Context(), New(id, kind, "ada@example.com", nil, p.Now())); err != nil {
		t.Fatal(err)
	}
}

func (p *Post) mustSendDue(t *testing.T) {
	t.Helper()
	if err := p.sendDue(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func newClock() *clock { return &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func TestACauseThatIsHandledTwiceMakesOneMail(t *testing.T) {
	s := &server{}
	p := open(t, servicetest.Database(t), s, newClock())
	p.mustStore(t, "order-1", "x")
	p.mustSendDue(t)
	p.mustStore(t, "order-1", "x")
	p.mustSendDue(t)
	if n := len(s.messages()); n != 1 {
		t.Errorf("%d messages were sent, want 1", n)
	}
}

func TestTwoReplicasSendAMailOnce(t *testing.T) {
	s, c, db := &server{}, newClock(), servicetest.Database(t)
	one, two := open(t, db, s, c), open(t, db, s, c)
	for _, id := range strings.Fields("a b c d e f g h") {
		one.mustStore(t, id, "x")
	}
	var both sync.WaitGroup
	for _, p := range []*Post{one, two} {
		both.Go(func() { p.mustSendDue(t) })
	}
	both.Wait()
	if n := len(s.messages()); n != 8 {
		t.Errorf("%d messages were sent, want 8", n)
	}
}

func TestAProcessThatDiesWhileSendingLeavesTheMailToAnother(t *testing.T) {
	s, c, db := &server{}, newClock(), servicetest.Database(t)
	dying, other := open(t, db, s, c), open(t, db, s, c)
	dying.mustStore(t, "a", "x")
	if _, err := dying.mails.Update(t.Context(), "a", func(m *Mail) error { return m.take(c.now()) }); err != nil {
		t.Fatal(err)
	}
	other.mustSendDue(t)
	if len(s.messages()) != 0 {
		t.Fatal("another replica sends a mail that's being sent")
	}
	c.pass(lease + time.Second)
	other.mustSendDue(t)
	if got := s.messages(); len(got) != 1 || got[0].ID != "a" {
		t.Errorf("sent: %+v, want the mail under the id of its cause", got)
	}
}

func TestFailedAttemptsAreRepeatedWithGrowingPauses(t *testing.T) {
	tries := 0
	s, c := &server{answer: func(Message) error { tries++; return errors.New("no answer") }}, newClock()
	p := open(t, servicetest.Database(t), s, c)
	p.mustStore(t, "a", "x")
	for attempt, pause := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second} {
		p.mustSendDue(t)
		p.mustSendDue(t)
		if tries != attempt+1 {
			t.Fatalf("%d attempts before the pause of %s, want %d", tries, pause, attempt+1)
		}
		c.pass(pause)
	}
	s.answer = nil
	p.mustSendDue(t)
	if len(s.messages()) != 1 {
		t.Error("not sent although the server is back")
	}
}

func TestARefusedMailStaysOnTheListUntilAnOperatorSendsIt(t *testing.T) {
	s, c := &server{answer: func(Message) error { return errRefused }}, newClock()
	p := open(t, servicetest.Database(t), s, c)
	p.mustStore(t, "a", "x")
	p.mustSendDue(t)
	c.pass(48 * time.Hour)
	s.answer = nil
	p.mustSendDue(t)
	if len(s.messages()) != 0 {
		t.Fatal("a refused mail was sent again by itself")
	}
	var out strings.Builder
	if err := p.list(t.Context(), &out, false); err != nil || !strings.Contains(out.String(), "ada@example.com") {
		t.Fatalf("the list: %q, %v", out.String(), err)
	}
	if err := p.resendAll(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	p.mustSendDue(t)
	if len(s.messages()) != 1 {
		t.Error("the operator's command didn't send it")
	}
	out.Reset()
	if err := p.list(t.Context(), &out, false); err != nil || out.String() != "no dead mails\n" {
		t.Errorf("the list is %q, %v afterwards", out.String(), err)
	}
	if err := p.resend(t.Context(), &out, []string{"a"}); err == nil {
		t.Error("a mail that was sent can be sent again")
	}
}

func TestAMailThatFailsForADayGoesToTheList(t *testing.T) {
	c := newClock()
	p := open(t, servicetest.Database(t), &server{answer: func(Message) error { return errors.New("down") }}, c)
	p.mustStore(t, "a", "x")
	start := c.now()
	for dead := 0; dead == 0; {
		p.mustSendDue(t)
		c.pass(longestPause)
		all, err := p.dead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if dead = len(all); dead == 1 && all[0].Error != "down" {
			t.Errorf("the list gives %q as the cause", all[0].Error)
		}
		if c.now().Sub(start) > 48*time.Hour {
			t.Fatal("still tried after two days")
		}
	}
	if after := c.now().Sub(start); after < 20*time.Hour {
		t.Errorf("given up after %s", after)
	}
}

func TestAPointlessMailIsNotSent(t *testing.T) {
	s := &server{}
	p := open(t, servicetest.Database(t), s, newClock())
	p.mustStore(t, "a", "pointless")
	p.mustSendDue(t)
	if all, err := p.dead(t.Context()); len(s.messages()) != 0 || len(all) != 0 || err != nil {
		t.Errorf("sent %v, dead %v, %v", s.messages(), all, err)
	}
}

func TestWithoutAServerNothingIsStored(t *testing.T) {
	p := open(t, servicetest.Database(t), nil, newClock())
	p.mustStore(t, "a", "x")
	if n, err := p.mails.Count(t.Context(), nil, 10); n != 0 || err != nil {
		t.Errorf("%d mails are stored, %v", n, err)
	}
}
