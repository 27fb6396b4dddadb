package stan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/stan.go"

	"ticketing.dev/common/bus"
)

// maxInflight is how many messages of a subscription are handled concurrently.
const maxInflight = 64

// subscription is a group membership that survives sessions.
type subscription struct {
	bus            *Bus
	group, channel string
	ackWait        time.Duration
	handle         bus.Handler
	log            *slog.Logger

	stop context.CancelFunc
	left chan struct{} // closed when the group has been left, after err is set
	err  error

	mu      sync.Mutex
	closing bool
	running sync.WaitGroup // handlers; none is added once closing is set
}

func subscribe(b *Bus, group, channel string, handle bus.Handler) *subscription {
	ctx, stop := context.WithCancel(context.Background())
	s := &subscription{
		bus:     b,
		group:   group,
		channel: channel,
		ackWait: b.config.AckWait,
		handle:  handle,
		log:     b.log.With("group", group, "channel", channel),
		stop:    stop,
		left:    make(chan struct{}),
	}
	go s.run(ctx)
	return s
}

// Close stops delivery, waits for running handlers and their acknowledgements, and leaves the group. The durable group
// keeps new messages for its next member. It fails if the broker refuses.
func (s *subscription) Close() error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	// Leave last, since acknowledging needs the membership.
	s.running.Wait()
	s.stop()
	<-s.left
	s.bus.forget(s)
	return s.err
}

// run joins the group on every session until ctx ends.
func (s *subscription) run(ctx context.Context) {
	defer close(s.left)
	for failures := 0; pause(ctx, failures) == nil; {
		select {
		case session := <-s.bus.sessions:
			if err := s.stay(ctx, session); err != nil {
				failures++
				s.log.Error("subscribing failed", "error", err)
				continue
			}
			failures = 0
		case <-ctx.Done():
		}
	}
}

// stay joins the group and returns when the session is lost or ctx ends. It fails if joining fails on a live session.
func (s *subscription) stay(ctx context.Context, session *session) error {
	membership, err := s.join(session)
	switch {
	case errors.Is(err, stan.ErrConnectionClosed):
		return nil
	case err != nil:
		return err
	}
	select {
	case <-session.lost:
	case <-ctx.Done():
		s.err = s.leave(membership)
	}
	return nil
}

func (s *subscription) join(session *session) (stan.Subscription, error) {
	// Each session has its own semaphore, so that handlers of the previous session don't count.
	semaphore := make(chan struct{}, maxInflight)
	return session.QueueSubscribe(s.channel, s.group, func(m *stan.Msg) { s.deliver(m, semaphore) },
		stan.DurableName(s.group),
		stan.DeliverAllAvailable(),
		stan.SetManualAckMode(),
		stan.AckWait(s.ackWait),
		stan.MaxInflight(maxInflight))
}

func (s *subscription) leave(membership stan.Subscription) error {
	err := membership.Close() // Unsubscribe would delete the group with its last member
	switch {
	case err == nil, errors.Is(err, stan.ErrConnectionClosed):
		return nil // the membership ended, if only with the session
	case errors.Is(err, stan.ErrCloseReqTimeout):
		s.log.Warn("unsubscribing not confirmed by the broker")
		return nil // a slow broker shouldn't fail the shutdown
	}
	return fmt.Errorf("leave group %s of %s: %w", s.group, s.channel, err)
}

// deliver starts handling a message. The semaphore is full only if handlers exceed their deadline and the broker
// redelivers their messages; deliver then drops the message, which will be redelivered.
func (s *subscription) deliver(m *stan.Msg, semaphore chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return
	}
	select {
	case semaphore <- struct{}{}:
		s.running.Go(func() { s.attend(m, semaphore) })
	default:
		s.log.Warn("handlers exceed their deadline, message deferred")
	}
}

// attend handles one message and acknowledges it. The handler has four fifths of AckWait; the rest is
// for the way to it and back. Its place is free before the acknowledgement makes the broker send the
// next message.
func (s *subscription) attend(m *stan.Msg, semaphore chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), s.ackWait*4/5)
	defer cancel()
	err := s.handle(ctx, m.Data)
	<-semaphore
	if err != nil {
		return
	}
	if err := m.Ack(); err != nil {
		s.log.Warn("acknowledging failed, message will be redelivered", "error", err)
	}
}
