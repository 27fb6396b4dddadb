package tickets

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
)

// sale is a sold ticket and what was refunded of its price.
type sale struct {
	*Ticket
	refunded money.Cents
}

// owed is what the seller gets.
func (s sale) owed() money.Cents { return s.Price - s.refunded }

// sum is the total of several sales.
type sum struct {
	Sales    int           `json:"sales"`
	Amount   money.Dollars `json:"amount"`
	Refunded money.Dollars `json:"refunded"`
	Owed     money.Dollars `json:"owed"`
}

func (t *sum) add(s sale) {
	t.Sales++
	t.Amount.Cents += s.Price
	t.Refunded.Cents += s.refunded
	t.Owed.Cents += s.owed()
}

// salesAtOnce bounds the sales that are in memory.
const salesAtOnce = 1000

// eachSale reads the sold tickets that a filter selects, newest first, a batch at a time.
func (s *Service) eachSale(ctx context.Context, filter bson.M, do func(sale)) error {
	for after := ""; ; {
		sold, err := s.tickets.Newest(ctx, filter, after, salesAtOnce)
		if err != nil {
			return err
		}
		sales, err := s.refunds.of(ctx, sold)
		if err != nil {
			return err
		}
		for _, one := range sales {
			do(one)
		}
		if len(sold) < salesAtOnce {
			return nil
		}
		after = sold[len(sold)-1].ID
	}
}

// soldBy selects the sold tickets of a user.
func soldBy(user string) bson.M { return bson.M{"userId": user, "status": Sold} }

// refunds are the orders whose payments were refunded in full, as payments publishes them. An order can be refunded
// before tickets hears that it's complete, or without ever completing, so they're stored apart from the tickets.
type refunds struct{ docs *mongo.Collection }

type refund struct {
	OrderID string      `bson:"_id"`
	Amount  money.Cents `bson:"amount"`
}

// record stores a refund. An order is refunded once, so a repeated event changes nothing.
func (r refunds) record(ctx context.Context, e events.PaymentRefunded) error {
	_, err := r.docs.UpdateOne(ctx, bson.M{"_id": e.OrderID}, bson.M{"$setOnInsert": bson.M{"amount": e.Amount}}, options.Update().SetUpsert(true))
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("record the refund of order %s: %w", e.OrderID, err)
	}
	return nil
}

// of adds to tickets what was refunded of them. Tickets that aren't sold have nothing refunded.
func (r refunds) of(ctx context.Context, all []*Ticket) ([]sale, error) {
	sales := make([]sale, len(all))
	orders := []string{}
	for i, t := range all {
		sales[i].Ticket = t
		if t.Status == Sold {
			orders = append(orders, t.OrderID)
		}
	}
	amounts := make(map[string]money.Cents)
	cursor, err := r.docs.Find(ctx, among(orders))
	if err != nil {
		return nil, fmt.Errorf("find refunds: %w", err)
	}
	var found []refund
	if err := cursor.All(ctx, &found); err != nil {
		return nil, fmt.Errorf("read refunds: %w", err)
	}
	for _, f := range found {
		amounts[f.OrderID] = f.Amount
	}
	for i, s := range sales {
		if s.Status == Sold {
			sales[i].refunded = min(amounts[s.OrderID], s.Price)
		}
	}
	return sales, nil
}

// debt is what the operator owes a seller.
type debt struct {
	Seller string `json:"seller"`
	sum
}

// owed sums up the sales of each seller, in the order of their ids. Sales of earlier releases have no time, and count
// only without since.
func (s *Service) owed(ctx context.Context, since time.Time) ([]debt, error) {
	filter := bson.M{"status": Sold}
	if !since.IsZero() {
		filter["soldAt"] = bson.M{"$gte": since}
	}
	bySeller := make(map[string]sum)
	err := s.eachSale(ctx, filter, func(one sale) {
		total := bySeller[one.UserID]
		total.add(one)
		bySeller[one.UserID] = total
	})
	if err != nil {
		return nil, err
	}
	debts := []debt{}
	for _, seller := range slices.Sorted(maps.Keys(bySeller)) {
		debts = append(debts, debt{seller, bySeller[seller]})
	}
	return debts, nil
}
