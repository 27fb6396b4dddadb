package world

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/events"
)

// Channels are those on which services tell each other of changes.
var Channels = []string{
	events.TicketCreated{}.Subject(), events.TicketUpdated{}.Subject(),
	events.OrderCreated{}.Subject(), events.OrderCancelled{}.Subject(), events.OrderCompleted{}.Subject(),
	events.ExpirationComplete{}.Subject(),
	events.PaymentStarted{}.Subject(), events.PaymentCreated{}.Subject(), events.PaymentFailed{}.Subject(),
	events.PaymentRefunded{}.Subject(),
}

const (
	readTime       = 5 * time.Second // per channel
	connectTimeout = 5 * time.Second
	connectPause   = 50 * time.Millisecond
)

// Republish reads channels from their first message, and publishes up to count of each anew, chosen
// by chance, in any order, spread over a time. It returns how many these were. That the broker goes away
// meanwhile is no error, once the first has been published.
func (w *World) Republish(ctx context.Context, chance *rand.Rand, channels []string, count int, over time.Duration) (published int, err error) {
	b, err := stan.Open(stan.Config{URL: w.settings.NATS.URL, ClusterID: clusterID, ClientID: "chaos"}, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, err
	}
	defer b.Close()
	if err := awaitConnected(ctx, b); err != nil {
		return 0, fmt.Errorf("republish: %w", err)
	}
	old, err := readChannels(ctx, b, channels)
	if err != nil {
		return 0, fmt.Errorf("republish: %w", err)
	}
	chance.Shuffle(len(old), func(i, j int) { old[i], old[j] = old[j], old[i] })
	for _, m := range choose(old, count) {
		if err := b.Publish(ctx, m.channel, m.body); err != nil {
			if published == 0 {
				return 0, fmt.Errorf("republish: %w", err)
			}
			break
		}
		published++
		select {
		case <-time.After(over / time.Duration(count*len(channels))):
		case <-ctx.Done():
			return published, nil
		}
	}
	return published, nil
}

// old is a message as it was published once.
type old struct {
	channel string
	body    []byte
}

// choose takes the first messages of each channel.
func choose(all []old, count int) (some []old) {
	taken := make(map[string]int)
	for _, m := range all {
		if taken[m.channel] < count {
			taken[m.channel]++
			some = append(some, m)
		}
	}
	return some
}

func awaitConnected(ctx context.Context, b *stan.Bus) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	for !b.Connected() {
		select {
		case <-time.After(connectPause):
		case <-ctx.Done():
			return stan.ErrNotConnected
		}
	}
	return nil
}

// readChannels reads all channels at once, in the order in which they are named.
func readChannels(ctx context.Context, b *stan.Bus, channels []string) (all []old, err error) {
	read := make([][]old, len(channels))
	errs := make([]error, len(channels))
	var reading sync.WaitGroup
	for i, channel := range channels {
		reading.Go(func() { read[i], errs[i] = readChannel(ctx, b, channel) })
	}
	reading.Wait()
	return slices.Concat(read...), errors.Join(errs...)
}

func readChannel(ctx context.Context, b *stan.Bus, channel string) (messages []old, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	err = b.Replay(ctx, channel, func(m []byte) { messages = append(messages, old{channel, bytes.Clone(m)}) })
	if ctx.Err() != nil { // what was read in time is enough
		err = nil
	}
	return messages, err
}
