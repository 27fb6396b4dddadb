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

// maxInflight is how many messages of a subscription are handled side by side.
const maxInflight = 64

// subscription is a membership in a group that outlives the sessions it is held on.
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

// Close hands out no more messages, waits for the handlers that run and for their acknowledgements,
// and leaves the group. The group itself stays, and keeps for its next member what is published
// meanwhile. An error says that the broker would not let it go.
func (s *subscription) Close() error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	// The membership ends after the handlers: without it nothing can be acknowledged any more.
	s.running.Wait()
	s.stop()
	<-s.left
	s.bus.forget(s)
	return s.err
}

// run is a member on one session after the other until ctx ends.
func (s *subscription) run(ctx context.Context) {
	defer close(s.left)
	for failures := 0; pause(ctx, failures) == nil; {
		select {
		case session := <-s.bus.sessions:
			if err := s.stay(ctx, session); err != nil {
				failures++
				s.log.Error("cannot join the group", "error", err)
				continue
			}
			failures = 0
		case <-ctx.Done():
		}
	}
}

// stay joins the group and returns when the session is lost or ctx ends. The error says that the
// group could not be joined though the session lives.
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
	// Each session has places of its own, so handlers left over from the last one, whose
	// acknowledgements are lost, take none away.
	places := make(chan struct{}, maxInflight)
	return session.QueueSubscribe(s.channel, s.group, func(m *stan.Msg) { s.deliver(m, places) },
		stan.DurableName(s.group),
		stan.DeliverAllAvailable(),
		stan.SetManualAckMode(),
		stan.AckWait(s.ackWait),
		stan.MaxInflight(maxInflight))
}

func (s *subscription) leave(membership stan.Subscription) error {
	err := membership.Close() // Unsubscribe would delete the group with its last member.
	switch {
	case err == nil, errors.Is(err, stan.ErrConnectionClosed):
		return nil // The membership is over, if only because the session is.
	case errors.Is(err, stan.ErrCloseReqTimeout):
		s.log.Warn("the broker has not said that the group is left; it finds out by itself")
		return nil // A slow broker is no reason for a service to end badly.
	}
	return fmt.Errorf("leave group %s of %s: %w", s.group, s.channel, err)
}

// deliver starts the handling of one message. The broker sends no more than there are places, unless
// handlers outlast their deadline and it gives their messages again: then it drops the message, to
// come once more later.
func (s *subscription) deliver(m *stan.Msg, places chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return
	}
	select {
	case places <- struct{}{}:
		s.running.Go(func() { s.attend(m, places) })
	default:
		s.log.Warn("handlers outlast their deadline, message put off")
	}
}

// attend handles one message and acknowledges it. The handler has four fifths of AckWait; the rest is
// for the way to it and back. Its place is free before the acknowledgement makes the broker send the
// next message.
func (s *subscription) attend(m *stan.Msg, places chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), s.ackWait*4/5)
	defer cancel()
	err := s.handle(ctx, m.Data)
	<-places
	if err != nil {
		return
	}
	if err := m.Ack(); err != nil {
		s.log.Warn("message not acknowledged, it will come again", "error", err)
	}
}
