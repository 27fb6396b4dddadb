package load

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
)

const (
	// requestTimeout and payTimeout are the client's own patience. A payment may take 25 seconds.
	requestTimeout = 7 * time.Second
	payTimeout     = 30 * time.Second
	// pageSize is the most that a list shows at once.
	pageSize = "1000"
	pageFull = 1000
)

// client is one user. Each request is noted as one Op.
type client struct {
	email  string
	round  context.Context // see Load
	user   api.User
	http   *api.Client
	record *history.Recorder
	stripe remote.Sandbox
}

// statusNoter is a transport that notes the status of an answer where the request's context wants it.
type statusNoter struct{ next http.RoundTripper }

type statusKey struct{}

func (s statusNoter) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := s.next.RoundTrip(r)
	if status, wanted := r.Context().Value(statusKey{}).(*int); wanted && err == nil {
		*status = response.StatusCode
	}
	return response, err
}

// request is the context of one request. It does not end with ctx, so that the load ends with answers, but
// with the round, of which nobody waits for answers then.
func (c *client) request(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	stop := context.AfterFunc(c.round, cancel)
	return ctx, func() { stop(); cancel() }
}

// do sends one request and notes it. keep takes what was answered into the Op.
func (c *client) do(ctx context.Context, timeout time.Duration, op history.Op, method, path string, body, answer any, keep func(*history.Op)) history.Op {
	op.User = c.user.ID
	return c.record.Do(op, func(op *history.Op) {
		ctx, cancel := c.request(ctx, timeout)
		defer cancel()
		err := c.http.Do(context.WithValue(ctx, statusKey{}, &op.Status), method, path, body, answer)
		note(op, err)
		if err == nil {
			keep(op)
		}
	})
}

// note says what became of a request.
func note(op *history.Op, err error) {
	refusal, answered := errors.AsType[*api.Problem](err)
	switch {
	case err == nil:
		op.Outcome = history.OK
	case answered && refusal.Status < http.StatusInternalServerError:
		op.Outcome, op.Message = history.Refused, refusal.Message()
	default:
		op.Outcome, op.Message = history.Unknown, err.Error()
	}
}

func nothing(*history.Op) {}

type offer struct {
	Title string        `json:"title"`
	Price money.Dollars `json:"price"`
}

func (c *client) list(ctx context.Context, title string, price int64) history.Op {
	var t api.Ticket
	return c.do(ctx, requestTimeout, history.Op{Kind: history.List, Title: title, Price: price},
		http.MethodPost, "/api/tickets", offer{title, money.Cents(price).Dollars()}, &t,
		func(op *history.Op) { op.Ticket, op.TicketState = t.ID, &t })
}

func (c *client) edit(ctx context.Context, ticket, title string, price int64) history.Op {
	var t api.Ticket
	return c.do(ctx, requestTimeout, history.Op{Kind: history.Edit, Ticket: ticket, Title: title, Price: price},
		http.MethodPut, "/api/tickets/"+ticket, offer{title, money.Cents(price).Dollars()}, &t,
		func(op *history.Op) { op.TicketState = &t })
}

func (c *client) place(ctx context.Context, ticket string) history.Op {
	var o api.Order
	body := struct {
		TicketID string `json:"ticketId"`
	}{ticket}
	return c.do(ctx, requestTimeout, history.Op{Kind: history.Place, Ticket: ticket},
		http.MethodPost, "/api/orders", body, &o,
		func(op *history.Op) { op.Order, op.OrderState = o.ID, &o })
}

func (c *client) cancel(ctx context.Context, order string) history.Op {
	return c.do(ctx, requestTimeout, history.Op{Kind: history.Cancel, Order: order},
		http.MethodDelete, "/api/orders/"+order, nil, nil, nothing)
}

type payment struct {
	OrderID string `json:"orderId"`
	Token   string `json:"token"`
}

func (c *client) pay(ctx context.Context, order, token string) history.Op {
	var charge api.Charge
	return c.do(ctx, payTimeout, history.Op{Kind: history.Pay, Order: order, Token: token},
		http.MethodPost, "/api/payments", payment{order, token}, &charge,
		func(op *history.Op) { op.ChargeState = &charge })
}

func (c *client) readTicket(ctx context.Context, ticket string) history.Op {
	var t api.Ticket
	return c.do(ctx, requestTimeout, history.Op{Kind: history.ReadTicket, Ticket: ticket},
		http.MethodGet, "/api/tickets/"+ticket, nil, &t,
		func(op *history.Op) { op.TicketState = &t })
}

func (c *client) readOrder(ctx context.Context, order string) history.Op {
	var o api.Order
	return c.do(ctx, requestTimeout, history.Op{Kind: history.ReadOrder, Order: order},
		http.MethodGet, "/api/orders/"+order, nil, &o,
		func(op *history.Op) { op.OrderState = &o })
}

func (c *client) readCharge(ctx context.Context, order string) history.Op {
	var charges []api.Charge
	return c.do(ctx, requestTimeout, history.Op{Kind: history.ReadCharge, Order: order},
		http.MethodGet, "/api/payments?orderId="+order, nil, &charges, func(op *history.Op) {
			if len(charges) > 0 {
				op.ChargeState = &charges[0]
			}
		})
}

// market reads a page of what is for sale.
func (c *client) market(ctx context.Context) history.Op {
	return c.tickets(ctx, history.Market, "/api/tickets")
}

func (c *client) tickets(ctx context.Context, kind history.Kind, path string) history.Op {
	var tickets []api.Ticket
	return c.do(ctx, requestTimeout, history.Op{Kind: kind}, http.MethodGet, path, nil, &tickets,
		func(op *history.Op) { op.TicketStates = tickets })
}

// myTickets, myOrders and myCharges read a page of what is one's own, behind the one with the id after.
func (c *client) myTickets(ctx context.Context, after string) history.Op {
	return c.tickets(ctx, history.MyTickets, page("/api/tickets", after, "seller", "me"))
}

func (c *client) myOrders(ctx context.Context, after string) history.Op {
	var orders []api.Order
	return c.do(ctx, requestTimeout, history.Op{Kind: history.MyOrders}, http.MethodGet, page("/api/orders", after), nil, &orders,
		func(op *history.Op) { op.OrderStates = orders })
}

func (c *client) myCharges(ctx context.Context, after string) history.Op {
	var charges []api.Charge
	return c.do(ctx, requestTimeout, history.Op{Kind: history.MyCharges}, http.MethodGet, page("/api/payments", after), nil, &charges,
		func(op *history.Op) { op.ChargeStates = charges })
}

// page is the address of a part of a list, with further parameters as name and value.
func page(path, after string, more ...string) string {
	query := url.Values{"limit": {pageSize}}
	if after != "" {
		query.Set("after", after)
	}
	for i := 0; i+1 < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	return path + "?" + query.Encode()
}

func (c *client) signUp(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	c.user, err = c.http.SignUp(ctx, c.email, password)
	return err
}

func (c *client) signIn(ctx context.Context) (api.User, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return c.http.SignIn(ctx, c.email, password)
}
