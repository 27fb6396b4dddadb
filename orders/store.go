package orders

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
	"ticketing.dev/common/mongodb"
)

func openOrders(ctx context.Context, db *mongo.Database, relay *aggregate.Relay) (*aggregate.Store[*Order], error) {
	return aggregate.Open(ctx, db.Collection("orders"), "orders", relay, func() *Order { return new(Order) },
		mongo.IndexModel{Keys: bson.D{{Key: "slot", Value: 1}}, Options: options.Index().SetUnique(true)},
		mongo.IndexModel{Keys: bson.D{{Key: "hold", Value: 1}}, Options: options.Index().SetUnique(true).SetSparse(true)},
		mongo.IndexModel{Keys: bson.D{{Key: "userId", Value: 1}, {Key: "_id", Value: -1}}},
		mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "expiresAt", Value: 1}}})
}

// update changes an order and, if it's cancelled, makes its ticket reservable again.
func (s *Service) update(ctx context.Context, id string, change func(*Order) error) error {
	o, err := s.orders.Update(ctx, id, change)
	if err != nil {
		return err
	}
	if o.Status != Cancelled {
		return nil
	}
	return s.tickets.release(ctx, o.Ticket.ID, o.Ticket.Reservation)
}

// tickets holds copies of the tickets service's tickets.
type tickets struct{ docs *mongo.Collection }

func (t tickets) get(ctx context.Context, id string) (*Ticket, error) {
	return mongodb.GetCopy[Ticket](ctx, t.docs, id)
}

// upsertCopy stores a ticket unless the copy is as new.
func (t tickets) upsertCopy(ctx context.Context, e events.Ticket) error {
	return mongodb.SetIfNewer(ctx, t.docs, e.ID, e.Version,
		bson.M{"title": e.Title, "price": e.Price, "details": e.Details, "withdrawn": e.Withdrawn}, bson.M{"released": int64(0)})
}

// release counts a cancelled reservation, after the cancellation is stored. It can be called repeatedly, since it
// sets the count only if the reservation is the next one.
func (t tickets) release(ctx context.Context, id string, reservation int64) error {
	_, err := t.docs.UpdateOne(ctx,
		bson.M{"_id": id, "released": reservation - 1},
		bson.M{"$set": bson.M{"released": reservation}})
	if err != nil {
		return fmt.Errorf("release reservation %d of ticket %s: %w", reservation, id, err)
	}
	return nil
}
