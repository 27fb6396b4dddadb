package payments

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
)

// seen counts how often charges are checked.
type seen struct {
	sync.Mutex
	times map[string]int
}

func (s *seen) check(_ context.Context, c *Charge) (*Charge, error) {
	s.Lock()
	defer s.Unlock()
	s.times[c.ID]++
	return c, nil
}

// pendingCharges inserts charges that were opened at the given age.
func (s *system) pendingCharges(n int, age time.Duration) []*Charge {
	s.t.Helper()
	all := make([]*Charge, n)
	for i := range all {
		o := &Order{ID: aggregate.NewID(), UserID: ada.ID, Price: 1999, ExpiresAt: time.Now().Add(time.Hour)}
		all[i] = Open(o, time.Now().Add(-age))
	}
	if err := s.service.charges.InsertAll(s.t.Context(), all); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// chargeOf inserts a charge whose order has a status.
func (s *system) chargeOf(status events.OrderStatus) *Charge {
	s.t.Helper()
	c := s.pendingCharges(1, 10*time.Minute)[0]
	o := events.Order{ID: c.ID, Version: 1, Status: status, UserID: ada.ID, ExpiresAt: c.ExpiresAt, Ticket: events.OrderedTicket{Price: c.Amount}}
	if err := s.service.orders.upsertCopy(s.t.Context(), o); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// scheduled is a service whose tasks don't run, and a check that counts.
func scheduled(t *testing.T) (*system, *seen, check) {
	s := prepare(t)
	s.service = s.open(nil)
	counted := &seen{times: map[string]int{}}
	return s, counted, check{Pending, patience, counted.check}
}

func (s *system) checkDue(p *Service, due check) {
	s.t.Helper()
	if err := p.checkDue(s.t.Context(), due); err != nil {
		s.t.Error(err)
	}
}

func TestUnansweredBankQuestionsDoNotHideNewerCharges(t *testing.T) {
	s, counted, due := scheduled(t)
	s.pendingCharges(1200, 10*time.Minute)
	newest := s.pendingCharges(1, 2*time.Minute)[0]
	s.checkDue(s.service, due)
	if counted.times[newest.ID] != 1 || len(counted.times) != 1201 {
		t.Errorf("the round checked %d charges, the newest %d times", len(counted.times), counted.times[newest.ID])
	}
}

func TestTwoReplicasShareTheChecks(t *testing.T) {
	s, counted, due := scheduled(t)
	s.pendingCharges(200, 10*time.Minute)
	var both sync.WaitGroup
	for _, replica := range []*Service{s.service, s.open(nil)} {
		both.Go(func() { s.checkDue(replica, due) })
	}
	both.Wait()
	for id, times := range counted.times {
		if times != 1 {
			t.Errorf("%s was checked %d times", id, times)
		}
	}
	if len(counted.times) != 200 {
		t.Errorf("%d charges were checked", len(counted.times))
	}
	s.checkDue(s.service, due) // nothing is due so soon
	s.later(longestPause + time.Second)
	s.checkDue(s.service, due)
	for id, times := range counted.times {
		if times != 2 {
			t.Fatalf("%s was checked %d times after its pause", id, times)
		}
	}
}

func TestAChargeOfADeadReplicaIsTakenAfterItsLease(t *testing.T) {
	s, counted, due := scheduled(t)
	c := s.pendingCharges(1, 10*time.Minute)[0]
	taken, err := s.service.schedule.take(t.Context(), due, s.service.now())
	if err != nil || taken == nil || taken.ID != c.ID || taken.Version != c.Version {
		t.Fatalf("took %+v, %v", taken, err)
	}
	other := s.open(nil)
	s.later(checkLease - time.Second)
	if s.checkDue(other, due); counted.times[c.ID] != 0 {
		t.Error("another replica took a leased charge")
	}
	s.later(checkLease + time.Second)
	if s.checkDue(other, due); counted.times[c.ID] != 1 {
		t.Error("another replica didn't take the charge after its lease")
	}
	// The first replica was only slow. It doesn't change the other one's schedule.
	now, err := s.service.charges.Get(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.service.schedule.put(t.Context(), taken, time.Now().Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if after, err := s.service.charges.Get(t.Context(), c.ID); err != nil || !after.CheckAt.Equal(now.CheckAt) {
		t.Errorf("the next check moved from %v to %v, %v", now.CheckAt, after.CheckAt, err)
	}
}

// Programs before this field know nothing of it, and drop it when they change a charge.
func TestChargesOfOlderProgramsAreCheckedByAge(t *testing.T) {
	s, counted, due := scheduled(t)
	old, young := s.pendingCharges(1, patience+time.Second)[0], s.pendingCharges(1, patience/2)[0]
	docs := s.db.Collection("charges")
	if _, err := docs.UpdateMany(t.Context(), bson.M{}, bson.M{"$unset": bson.M{"checkAt": ""}}); err != nil {
		t.Fatal(err)
	}
	s.checkDue(s.service, due)
	if counted.times[old.ID] != 1 || counted.times[young.ID] != 0 {
		t.Errorf("the old charge was checked %d times, the young one %d times", counted.times[old.ID], counted.times[young.ID])
	}
	if next, err := s.service.charges.Get(t.Context(), old.ID); err != nil || !next.CheckAt.After(time.Now()) {
		t.Errorf("the old charge's next check is at %v, %v", next.CheckAt, err)
	}
}

func TestASlowStripeKeepsNoOtherChargeWaiting(t *testing.T) {
	s, _, due := scheduled(t)
	s.pendingCharges(3*checkers, 10*time.Minute)
	working, release := make(chan struct{}, 3*checkers), make(chan struct{})
	due.do = func(_ context.Context, c *Charge) (*Charge, error) {
		working <- struct{}{}
		<-release
		return c, nil
	}
	var slow sync.WaitGroup
	slow.Go(func() { s.checkDue(s.service, due) })
	for range checkers {
		<-working // all of them at once
	}

	charge := s.chargeOf(events.StatusComplete)
	if _, err := s.service.update(t.Context(), charge, (*Charge).Succeed); err != nil {
		t.Fatal(err)
	}
	if err := s.service.settleSucceeded(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c, err := s.service.charges.Get(t.Context(), charge.ID); err != nil || !c.Settled {
		t.Errorf("while Stripe is slow, a charge of a complete order is %+v, %v", c, err)
	}
	close(release)
	slow.Wait()
}

func TestAChargeThatCannotBeCheckedIsTriedAgainAndKeepsNoneFromIt(t *testing.T) {
	s, counted, due := scheduled(t)
	all := s.pendingCharges(20, 5*time.Minute)
	broken := all[0].ID
	due.do = func(ctx context.Context, c *Charge) (*Charge, error) {
		c, err := counted.check(ctx, c)
		if c.ID == broken {
			err = errors.New("no answer")
		}
		return c, err
	}
	for round := range 3 {
		s.later(time.Duration(round) * (shortestPause + time.Second))
		if err := s.service.checkDue(t.Context(), due); err == nil {
			t.Errorf("round %d reports no error", round)
		}
	}
	if counted.times[broken] != 3 || len(counted.times) != 20 {
		t.Errorf("checked %v", counted.times)
	}
}

// A change that makes a charge due is stronger than the schedule of the check that it overtook.
func TestACaptureDuringACheckIsSettledAtTheNextRound(t *testing.T) {
	s, _, due := scheduled(t)
	c := s.pendingCharges(1, 10*time.Minute)[0]
	due.do = func(ctx context.Context, c *Charge) (*Charge, error) {
		_, err := s.service.update(ctx, c, (*Charge).Succeed) // by a webhook, say
		return c, err
	}
	s.checkDue(s.service, due)
	if taken, err := s.service.schedule.take(t.Context(), check{status: Succeeded, age: settleAfter}, time.Now()); err != nil || taken == nil || taken.ID != c.ID {
		t.Errorf("settling takes %+v, %v", taken, err)
	}
}

func TestPausesGrowWithTheAgeOfACharge(t *testing.T) {
	opened := time.Now()
	for _, when := range []struct {
		age    time.Duration
		failed bool
		paused bool
		status Status
		next   time.Duration
	}{
		{time.Minute, false, false, Pending, 10 * time.Second},
		{6 * time.Minute, false, false, Pending, time.Minute},
		{12 * time.Minute, false, false, Pending, 2 * time.Minute},
		{15 * time.Minute, false, false, Pending, time.Minute}, // the bank's time ends
		{14 * time.Minute, false, true, Pending, time.Minute},  // the paused payment ends
		{17 * time.Minute, false, false, Pending, 2 * time.Minute},
		{14 * time.Minute, false, false, Succeeded, 2 * time.Minute},
		{15 * time.Minute, true, false, Pending, 15 * time.Second},
		{time.Hour, true, false, Pending, time.Minute},
		{100 * time.Hour, true, false, Pending, 10 * time.Minute},
	} {
		c := &Charge{Status: when.status, Paused: when.paused, OpenedAt: opened, ExpiresAt: opened.Add(15 * time.Minute)}
		now := opened.Add(when.age)
		if next := c.nextCheck(now, when.failed).Sub(now); next != when.next {
			t.Errorf("%+v: the next check is in %v", when, next)
		}
	}
}
