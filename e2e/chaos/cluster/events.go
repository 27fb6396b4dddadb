package cluster

import (
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

// Channels are those of the services' events.
var Channels = []string{
	events.TicketCreated{}.Subject(), events.TicketUpdated{}.Subject(),
	events.OrderCreated{}.Subject(), events.OrderCancelled{}.Subject(), events.OrderCompleted{}.Subject(),
	events.ExpirationComplete{}.Subject(),
	events.PaymentStarted{}.Subject(), events.PaymentCreated{}.Subject(), events.PaymentFailed{}.Subject(),
	events.PaymentRefunded{}.Subject(),
}

const (
	connectTimeout = 5 * time.Second
	connectPause   = 50 * time.Millisecond
	readTimeout    = 5 * time.Second // for one channel
)

// message is an event as it was published.
type message struct {
	channel string
	body    []byte
}

// Republish publishes up to count old events of each channel again, chosen at random, in random order, over a
// time. It returns how many. If the broker goes away after the first, that's not an error.
func (c *Cluster) Republish(ctx context.Context, random *rand.Rand, channels []string, count int, over time.Duration) (published int, err error) {
	b, err := stan.Open(stan.Config{URL: c.shared.NATSURL, ClusterID: c.shared.ClusterID, ClientID: "chaos"}, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, err
	}
	defer b.Close()
	for deadline := time.Now().Add(connectTimeout); !b.Connected(); time.Sleep(connectPause) {
		if ctx.Err() != nil || time.Now().After(deadline) {
			return 0, fmt.Errorf("republish: %w", stan.ErrNotConnected)
		}
	}
	old, err := readChannels(ctx, b, channels)
	if err != nil {
		return 0, fmt.Errorf("republish: %w", err)
	}
	random.Shuffle(len(old), func(i, j int) { old[i], old[j] = old[j], old[i] })
	taken := make(map[string]int)
	for _, m := range old {
		if taken[m.channel]++; taken[m.channel] > count {
			continue
		}
		if err := b.Publish(ctx, m.channel, m.body); err != nil && published == 0 {
			return 0, fmt.Errorf("republish: %w", err)
		} else if err != nil {
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

// readChannels reads all channels at once.
func readChannels(ctx context.Context, b *stan.Bus, channels []string) ([]message, error) {
	read := make([][]message, len(channels))
	errs := make([]error, len(channels))
	var reading sync.WaitGroup
	for i, channel := range channels {
		reading.Go(func() { read[i], errs[i] = readChannel(ctx, b, channel) })
	}
	reading.Wait()
	return slices.Concat(read...), errors.Join(errs...)
}

func readChannel(ctx context.Context, b *stan.Bus, channel string) (messages []message, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	err = b.Replay(ctx, channel, func(m []byte) { messages = append(messages, message{channel, slices.Clone(m)}) })
	if ctx.Err() != nil { // the channel was read as far as it goes
		err = nil
	}
	return messages, err
}
