package workload

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
)

const (
	requestTimeout = 7 * time.Second
	payTimeout     = 30 * time.Second // a payment may take 25 seconds
	// pageSize is the most that a list shows at once.
	pageSize = 1000
	// retryPause is the wait before a request is sent again. It doubles up to longestPause.
	retryPause   = 100 * time.Millisecond
	longestPause = time.Second
	// unknownTimeout is how long clients retry after a 404: the object's event may be on its way.
	unknownTimeout = 5 * time.Second
	// attempts is how often clients send a request without a response.
	attempts = 5
)

// client is one user. Each request it sends is recorded as one Op.
type client struct {
	email  string
	round  context.Context // see Workload
	user   api.User
	http   *api.Client
	record *history.Recorder
	stripe remote.Sandbox
}

// statusNoter is a transport that stores a response's status where the request's context asks for it.
type statusNoter struct{ next http.RoundTripper }

type statusKey struct{}

func (s statusNoter) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := s.next.RoundTrip(r)
	if status, wanted := r.Context().Value(statusKey{}).(*int); wanted && err == nil {
		*status = response.StatusCode
	}
	return response, err
}

// withTimeout is the context of one request. It outlives ctx, so that the load ends with a response to each
// request, but not the round.
func (c *client) withTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	stop := context.AfterFunc(c.round, cancel)
	return ctx, func() { stop(); cancel() }
}

// send sends a request and records its outcome. It fills Op with the response.
func (c *client) send(ctx context.Context, op history.Op) history.Op {
	op.User = c.user.ID
	timeout := requestTimeout
	if op.Kind == history.Pay {
		timeout = payTimeout
	}
	return c.record.Do(op, func(op *history.Op) {
		ctx, cancel := c.withTimeout(ctx, timeout)
		defer cancel()
		asked := *op
		method, path, body, answer := request(op)
		err := c.http.Do(context.WithValue(ctx, statusKey{}, &op.Status), method, path, body, answer)
		if err != nil { // which may have decoded half a response
			asked.Status = op.Status
			*op = asked
		}
		note(op, err)
		if err == nil {
			complete(op)
		}
	})
}

// request is the HTTP request of an Op, and where its response goes.
func request(op *history.Op) (method, path string, body, answer any) {
	kind := op.Kind
	if kind == history.Pry || kind == history.ComeBack {
		kind = op.Tried
	}
	type offer struct {
		Title string        `json:"title"`
		Price money.Dollars `json:"price"`
	}
	page := fmt.Sprintf("limit=%d", pageSize)
	if op.After != "" {
		page += "&after=" + op.After
	}
	switch kind {
	case history.List:
		return http.MethodPost, "/api/tickets", offer{op.Title, money.Cents(op.Price).Dollars()}, &op.TicketState
	case history.Edit:
		return http.MethodPut, "/api/tickets/" + op.Ticket, offer{op.Title, money.Cents(op.Price).Dollars()}, &op.TicketState
	case history.Withdraw:
		return http.MethodDelete, "/api/tickets/" + op.Ticket, nil, nil
	case history.Place:
		return http.MethodPost, "/api/orders", map[string]string{"ticketId": op.Ticket}, &op.OrderState
	case history.Cancel:
		return http.MethodDelete, "/api/orders/" + op.Order, nil, nil
	case history.Pay:
		return http.MethodPost, "/api/payments", map[string]string{"orderId": op.Order, "token": op.Token}, &op.ChargeState
	case history.ReadTicket:
		return http.MethodGet, "/api/tickets/" + op.Ticket, nil, &op.TicketState
	case history.ReadOrder:
		return http.MethodGet, "/api/orders/" + op.Order, nil, &op.OrderState
	case history.ReadCharge:
		return http.MethodGet, "/api/payments?orderId=" + op.Order, nil, &op.ChargeStates
	case history.MyTickets:
		return http.MethodGet, "/api/tickets?seller=me&" + page, nil, &op.TicketStates
	case history.MyOrders:
		return http.MethodGet, "/api/orders?" + page, nil, &op.OrderStates
	case history.MyCharges:
		return http.MethodGet, "/api/payments?" + page, nil, &op.ChargeStates
	}
	return http.MethodGet, "/api/tickets", nil, &op.TicketStates
}

// complete takes the id of a created object from the response, and the charge from its list.
func complete(op *history.Op) {
	switch {
	case op.Kind == history.List:
		op.Ticket = op.TicketState.ID
	case op.Kind == history.Place:
		op.Order = op.OrderState.ID
	case op.Kind == history.ReadCharge && len(op.ChargeStates) > 0:
		op.ChargeState, op.ChargeStates = &op.ChargeStates[0], nil
	}
}

// note records the outcome of a request.
func note(op *history.Op, err error) {
	problem, answered := errors.AsType[*api.Problem](err)
	switch {
	case err == nil:
		op.Outcome = history.OK
	case answered && problem.Status < http.StatusInternalServerError:
		op.Outcome, op.Message = history.Refused, problem.Message()
	default:
		op.Outcome, op.Message = history.Unknown, err.Error()
	}
}

func (c *client) place(ctx context.Context, ticket string) history.Op {
	return c.send(ctx, history.Op{Kind: history.Place, Ticket: ticket})
}

func (c *client) cancel(ctx context.Context, order string) history.Op {
	return c.send(ctx, history.Op{Kind: history.Cancel, Order: order})
}

func (c *client) pay(ctx context.Context, order, token string) history.Op {
	return c.send(ctx, history.Op{Kind: history.Pay, Order: order, Token: token})
}

func (c *client) readTicket(ctx context.Context, ticket string) history.Op {
	return c.send(ctx, history.Op{Kind: history.ReadTicket, Ticket: ticket})
}

func (c *client) readOrder(ctx context.Context, order string) history.Op {
	return c.send(ctx, history.Op{Kind: history.ReadOrder, Order: order})
}

func (c *client) readCharge(ctx context.Context, order string) history.Op {
	return c.send(ctx, history.Op{Kind: history.ReadCharge, Order: order})
}

// decide sends the payer's decision to the bank: remote.Approve or remote.Refuse.
func (c *client) decide(ctx context.Context, charge api.Charge, decision string) history.Op {
	op := history.Op{Kind: history.Decide, User: c.user.ID, Order: charge.OrderID, Decision: decision}
	return c.record.Do(op, func(op *history.Op) {
		ctx, cancel := c.withTimeout(ctx, requestTimeout)
		defer cancel()
		err := c.stripe.Decide(ctx, charge.StripeID, charge.ClientSecret, decision)
		note(op, err)
		if refusal, ok := errors.AsType[*remote.Refusal](err); ok {
			op.Status = refusal.Status
			if refusal.Status < http.StatusInternalServerError {
				op.Outcome = history.Refused
			}
		}
	})
}

func (c *client) signUp(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	c.user, err = c.http.SignUp(ctx, c.email, password)
	return err
}

// retry sends a request as clients do: again a few times without a response, and for some seconds after a 404. It
// returns the last attempt.
func retry(ctx context.Context, send func() history.Op) history.Op {
	began := time.Now()
	for unanswered, wait := 0, retryPause; ; wait = min(2*wait, longestPause) {
		op := send()
		if op.Outcome == history.Unknown {
			unanswered++
		}
		again := op.Outcome == history.Unknown && unanswered < attempts ||
			op.Status == http.StatusNotFound && time.Since(began) < unknownTimeout
		if !again || !sleep(ctx, wait) {
			return op
		}
	}
}
