package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"
)

// opening is how many streams are opened at once.
const opening = 32

// streamPoint is what a number of open streams costs the tickets service.
type streamPoint struct {
	Of      string `json:"of"` // "one ticket" or "a ticket each"
	Streams int    `json:"streams"`
	Rest    int64  `json:"rest"`  // processor time in a second in which nothing changes
	Bytes   int64  `json:"bytes"` // of memory per stream
	Read    int64  `json:"read"`  // processor time of GET /api/tickets/{id} meanwhile
}

// streams measures ever more streams, of one ticket and then of different ones.
func (g growth) streams(ctx context.Context, st *stage) (points []streamPoint, err error) {
	ids, err := st.ids(ctx, g.base.times(g.factors[len(g.factors)-1]).Streams)
	if err != nil {
		return nil, err
	}
	for _, kind := range []string{"one ticket", "a ticket each"} {
		open, closeAll := context.WithCancel(ctx)
		empty := memory(st.Run)["tickets"]
		opened := 0
		for _, factor := range g.factors {
			want := g.base.times(factor).Streams
			fmt.Fprintf(g.progress, "%d streams of %s\n", want, kind)
			missing := make([]string, 0, want-opened)
			for ; opened < want; opened++ {
				if kind == "one ticket" {
					missing = append(missing, ids[0])
				} else {
					missing = append(missing, ids[opened%len(ids)])
				}
			}
			if err = each(open, opening, missing, func(_ context.Context, id string) error { return st.follow(open, id) }); err != nil {
				break
			}
			p := streamPoint{Of: kind, Streams: want}
			if err = g.rest(ctx, st, &p, empty); err != nil {
				break
			}
			points = append(points, p)
		}
		closeAll()
		if err != nil {
			return nil, err
		}
		if err := st.quiet(ctx); err != nil {
			return nil, err
		}
	}
	return points, nil
}

// rest measures the tickets service with the streams that are open.
func (g growth) rest(ctx context.Context, st *stage, p *streamPoint, empty int64) error {
	if err := st.quiet(ctx); err != nil {
		return err
	}
	p.Bytes = max(0, memory(st.Run)["tickets"]-empty) / int64(p.Streams)
	before, began := processor(st.Run), time.Now()
	pause(ctx, g.each)
	took := processor(st.Run).since(before)["tickets"]
	p.Rest = int64(float64(took.Microseconds()) / time.Since(began).Seconds())
	for _, sc := range st.scenarios() {
		if sc.name == "GET /api/tickets/{id}" {
			s, err := st.measure(ctx, sc, measuring{warm: g.warm, each: g.each})
			if err != nil {
				return err
			}
			p.Read = sc.cost(s).Services
		}
	}
	return nil
}

// follow opens a stream until ctx ends, and returns when it has told the ticket's state.
func (st *stage) follow(ctx context.Context, id string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, st.url("tickets", "/api/tickets/"+id+"/events"), nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("a stream of ticket %s was answered %s", id, response.Status)
	}
	lines := bufio.NewReaderSize(response.Body, 512)
	if _, err := lines.ReadString('\n'); err != nil {
		return fmt.Errorf("a stream of ticket %s: %w", id, err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		_ = response.Body.Close()
	}()
	return nil
}

// ids are up to n tickets.
func (st *stage) ids(ctx context.Context, n int) (ids []string, err error) {
	cursor, err := st.collection("tickets", "tickets").Find(ctx, bson.M{}, options.Find().SetProjection(bson.M{"_id": 1}).SetLimit(int64(n)))
	if err != nil {
		return nil, err
	}
	var found []struct {
		ID string `bson:"_id"`
	}
	err = cursor.All(ctx, &found)
	for _, t := range found {
		ids = append(ids, t.ID)
	}
	return ids, err
}
