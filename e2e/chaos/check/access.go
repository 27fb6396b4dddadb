package check

import (
	"fmt"
	"net/http"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// access judges P6: users can reach their own objects and no others.
func (j *judge) access() {
	for _, op := range j.h.Ops {
		switch {
		case op.Kind == history.Pry:
			j.pried(op)
		case op.Kind == history.ComeBack:
			j.cameBack(op)
		case op.Status == http.StatusUnauthorized:
			j.broken(P6, fmt.Sprintf("user %s was refused their own object", op.User), op)
		default:
			j.shown(op)
		}
	}
}

// pried judges a request for another user's object, which must be refused or find nothing.
func (j *judge) pried(op history.Op) {
	empty := op.Outcome == history.OK && op.Tried == history.ReadCharge && len(op.ChargeStates) == 0 && op.ChargeState == nil
	denied := op.Outcome == history.Refused && (op.Status == http.StatusUnauthorized || op.Status == http.StatusNotFound)
	if op.Outcome != history.Unknown && !empty && !denied {
		j.broken(P6, fmt.Sprintf("user %s requested another user's object (%s) and got %d", op.User, op.Tried, op.Status), op)
	}
}

// cameBack judges the use of a session that ended long ago, which no service may accept.
func (j *judge) cameBack(op history.Op) {
	if j.h.Final.Quiet && op.Outcome != history.Unknown && op.Status != http.StatusUnauthorized {
		j.broken(P6, fmt.Sprintf("the session of user %s goes on after the sign-out (%s), and was answered %d", op.User, op.Tried, op.Status), op)
	}
}

func (j *judge) shown(op history.Op) {
	orders, charges := op.Orders(), op.Charges()
	op.OrderStates, op.ChargeStates = nil, nil
	for _, o := range orders {
		if o.UserID != op.User {
			op.OrderState = &o
			j.broken(P6, fmt.Sprintf("user %s was shown order %s of user %s", op.User, o.ID, o.UserID), op)
			return
		}
	}
	for _, c := range charges {
		op.ChargeState = &c
		owner := j.h.Final.Orders[c.OrderID].UserID
		switch {
		case owner != "" && owner != op.User, op.Order != "" && op.Order != c.OrderID:
			j.broken(P6, fmt.Sprintf("user %s was shown the charge of order %s, which belongs to another user or another order", op.User, c.OrderID), op)
			return
		case c.ClientSecret != "" && c.Status != api.Pending:
			j.broken(P6, fmt.Sprintf("the client secret of order %s was shown although the bank doesn't ask for it", c.OrderID), op)
			return
		}
	}
	for _, t := range op.TicketStates {
		if op.Kind == history.MyTickets && t.UserID != op.User {
			op.TicketStates, op.TicketState = nil, &t
			j.broken(P6, fmt.Sprintf("user %s was shown ticket %s of user %s as their own", op.User, t.ID, t.UserID), op)
			return
		}
	}
}
