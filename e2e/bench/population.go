package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/local/seed"
)

// copied is how many documents one write copies.
const copied = 500

// population is how much there is of everything. Streams are open ones.
type population struct {
	Tickets int `json:"tickets"`
	Orders  int `json:"orders"`
	Users   int `json:"users"`
	Streams int `json:"streams"`
}

func (p population) times(n int) population {
	return population{p.Tickets * n, p.Orders * n, p.Users * n, p.Streams * n}
}

func (p population) String() string {
	return fmt.Sprintf("%d tickets, %d orders, %d users", p.Tickets, p.Orders, p.Users)
}

// filler makes a site larger. Tickets are listed as make seed does. Users, and paid orders with their payments, are
// copies of real documents with ids of their own: making them by requests would take hours at the largest size, and
// no request's cost depends on how a document came to be.
type filler struct {
	*stage
	user, order, charge, orderCopy bson.M // to copy
	orders, users                  int    // copied already
}

// newFiller makes one purchase to copy.
func newFiller(ctx context.Context, st *stage) (*filler, error) {
	c := &client{http: &http.Client{Timeout: requestTimeout}}
	for _, step := range []request{st.list, st.order, st.pay} {
		if err := st.known(ctx); err != nil {
			return nil, err
		}
		if more, err := step(ctx, c); err != nil || !more {
			return nil, fmt.Errorf("make a purchase to copy: %v, %w", more, err)
		}
	}
	f := &filler{stage: st}
	if err := st.quiet(ctx); err != nil {
		return nil, err
	}
	for _, d := range []struct {
		service, name string
		to            *bson.M
	}{{"auth", "users", &f.user}, {"orders", "orders", &f.order}, {"payments", "charges", &f.charge}, {"payments", "orders", &f.orderCopy}} {
		if err := st.collection(d.service, d.name).FindOne(ctx, bson.M{}).Decode(d.to); err != nil {
			return nil, fmt.Errorf("copy one of the %s of %s: %w", d.name, d.service, err)
		}
		delete(*d.to, "outbox")
		delete(*d.to, "request")
	}
	return f, nil
}

// known waits until what was done is known to all services.
func (st *stage) known(ctx context.Context) error {
	pause(ctx, 2*quietPoll)
	return st.quiet(ctx)
}

// fill makes the site as large as a population.
func (f *filler) fill(ctx context.Context, want population) error {
	listed, err := f.collection("tickets", "tickets").EstimatedDocumentCount(ctx)
	if err != nil {
		return err
	}
	if missing := want.Tickets - int(listed); missing > 0 {
		if err := seed.Fill(ctx, f.Run, missing, io.Discard); err != nil {
			return err
		}
	}
	if err := f.copyUsers(ctx, want.Users-f.users); err != nil {
		return err
	}
	if err := f.copyOrders(ctx, want.Orders-f.orders); err != nil {
		return err
	}
	f.users, f.orders = max(f.users, want.Users), max(f.orders, want.Orders)
	return f.quiet(ctx)
}

func (f *filler) copyUsers(ctx context.Context, n int) error {
	return multiply(n, func(n int) error {
		return insert(ctx, f.collection("auth", "users"), n, func(int) bson.M {
			id := aggregate.NewID()
			return with(f.user, bson.M{"_id": id, "email": id + "@example.com"})
		})
	})
}

// copyOrders gives the users about as many orders each as there are of both.
func (f *filler) copyOrders(ctx context.Context, n int) error {
	return multiply(n, func(n int) error {
		ids, buyers := make([]string, n), make([]string, n)
		for i := range ids {
			ids[i], buyers[i] = aggregate.NewID(), f.people[i%len(f.people)].ID
			if i%2 == 0 { // half of them belong to those who ask for theirs
				buyers[i] = aggregate.NewID()
			}
		}
		ticket, _ := f.order["ticket"].(bson.M)
		err := insert(ctx, f.collection("orders", "orders"), n, func(i int) bson.M {
			id := aggregate.NewID()
			return with(f.order, bson.M{"_id": ids[i], "userId": buyers[i], "slot": id + "/1", "ticket": with(ticket, bson.M{"id": id})})
		})
		if err != nil {
			return err
		}
		err = insert(ctx, f.collection("payments", "orders"), n, func(i int) bson.M {
			return with(f.orderCopy, bson.M{"_id": ids[i], "userId": buyers[i]})
		})
		if err != nil {
			return err
		}
		return insert(ctx, f.collection("payments", "charges"), n, func(i int) bson.M {
			return with(f.charge, bson.M{"_id": ids[i], "userId": buyers[i], "stripeId": "pi_" + ids[i], "openedAt": time.Now()})
		})
	})
}

// multiply calls do with numbers that add up to n.
func multiply(n int, do func(n int) error) error {
	for ; n > 0; n -= copied {
		if err := do(min(n, copied)); err != nil {
			return err
		}
	}
	return nil
}

// insert inserts n documents with one write.
func insert(ctx context.Context, into *mongo.Collection, n int, document func(i int) bson.M) error {
	all := make([]any, n)
	for i := range all {
		all[i] = document(i)
	}
	if _, err := into.InsertMany(ctx, all); err != nil {
		return fmt.Errorf("copy into %s: %w", into.Name(), err)
	}
	return nil
}

// with is a copy of a document with other fields.
func with(document, fields bson.M) bson.M {
	d := maps.Clone(document)
	maps.Copy(d, fields)
	return d
}
