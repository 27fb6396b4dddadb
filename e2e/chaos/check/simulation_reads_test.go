package check

import (
	"net/http"

	"ticketing.dev/e2e/chaos/history"
)

func (s *simulation) readTicket(op *history.Op) {
	op.TicketState = copied(s.tickets[op.Ticket])
	done(op, http.StatusOK)
}

func (s *simulation) readOrder(op *history.Op) {
	op.OrderState = copied(s.orders[op.Order])
	done(op, http.StatusOK)
}

func (s *simulation) readCharge(op *history.Op) {
	op.ChargeState = copied(s.charges[op.Order])
	done(op, http.StatusOK)
}

func (s *simulation) myOrders(op *history.Op) {
	for _, id := range sorted(s.orders) {
		if s.orders[id].UserID == op.User {
			op.OrderStates = append(op.OrderStates, *s.orders[id])
		}
	}
	done(op, http.StatusOK)
}

func (s *simulation) myCharges(op *history.Op) {
	for _, id := range sorted(s.charges) {
		if s.orders[id].UserID == op.User {
			op.ChargeStates = append(op.ChargeStates, *s.charges[id])
		}
	}
	done(op, http.StatusOK)
}
