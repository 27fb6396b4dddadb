package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/local/api"
)

func (r *run) landingPage(ctx context.Context) error {
	page, header, err := r.people.get(ctx, site+"/")
	if err != nil {
		return err
	}
	if !strings.HasPrefix(header.Get("Content-Type"), "text/html") || !strings.Contains(page, "<h1") || !strings.Contains(page, "</html>") {
		return fmt.Errorf("it is no page: %s\n%.200s", header.Get("Content-Type"), page)
	}
	if header.Get("Content-Security-Policy") == "" {
		return errors.New("it has no content security policy")
	}
	r.report.say("%d bytes of HTML", len(page))
	return nil
}

func (r *run) purchases(ctx context.Context) error {
	seller, buyer, err := r.people.two(ctx)
	if err != nil {
		return err
	}
	for _, price := range []money.Cents{1999, 57, 110, 99999999} {
		if err := r.purchase(ctx, seller, buyer, price); err != nil {
			return err
		}
		r.report.say("sold for %s", price)
	}
	stranger, err := r.people.somebody(ctx)
	if err != nil {
		return err
	}
	for _, d := range r.world.all() {
		if _, err := stranger.Order(ctx, d.order); api.StatusOf(err) != http.StatusUnauthorized {
			return fmt.Errorf("a stranger reads an order: %v", err)
		}
		if _, err := d.seller.EditTicket(ctx, d.ticket, "Back row", 50); api.StatusOf(err) != http.StatusBadRequest {
			return fmt.Errorf("a sold ticket is edited: %v", err)
		}
	}
	return r.people.failures()
}

func (r *run) declines(ctx context.Context) error {
	seller, buyer, err := r.people.two(ctx)
	if err != nil {
		return err
	}
	declined, err := place(ctx, seller, buyer, 1999)
	if err != nil {
		return err
	}
	if _, err := buyer.Pay(ctx, declined.order, "tok_chargeDeclined"); api.StatusOf(err) != http.StatusPaymentRequired {
		return fmt.Errorf("a declined card: %v", err)
	}
	declined.end = api.Cancelled
	r.world.remember(declined)
	if err := declined.check(ctx); err != nil {
		return err
	}
	for decision, end := range map[string]string{"approve": api.Complete, "refuse": api.Cancelled} {
		asked, err := place(ctx, seller, buyer, 1999)
		if err != nil {
			return err
		}
		charge, err := buyer.Pay(ctx, asked.order, "pm_card_authenticationRequired")
		if err != nil || charge.Status != api.Pending {
			return fmt.Errorf("the charge is %+v, %v", charge, err)
		}
		if err := r.people.decide(ctx, charge, decision); err != nil {
			return err
		}
		asked.end = end
		r.world.remember(asked)
		if err := asked.check(ctx); err != nil {
			return err
		}
		r.report.say("%s: the order is %s", decision, end)
	}
	return r.people.failures()
}

// race lets fifty buyers order one ticket at once.
func (r *run) race(ctx context.Context) error {
	const all = 50
	seller, err := r.people.somebody(ctx)
	if err != nil {
		return err
	}
	contenders := make([]*api.Client, all)
	for i := range contenders {
		if contenders[i], err = r.people.somebody(ctx); err != nil {
			return err
		}
	}
	for round := range 5 {
		ticket, err := seller.ListTicket(ctx, "The last seat", 1999)
		if err != nil {
			return err
		}
		won, err := r.orderAtOnce(ctx, contenders, ticket.ID)
		if err != nil {
			return err
		}
		if len(won) != 1 {
			return fmt.Errorf("round %d: %d have the ticket", round, len(won))
		}
		d := deal{seller: seller, buyer: won[0].buyer, order: won[0].order, ticket: ticket.ID, price: 1999, end: api.Cancelled}
		if err := d.buyer.CancelOrder(ctx, d.order); err != nil {
			return err
		}
		r.world.remember(d)
	}
	r.report.say("five times one had it, and 49 were told that it is reserved")
	return r.people.failures()
}

func (r *run) orderAtOnce(ctx context.Context, contenders []*api.Client, ticket string) (won []deal, err error) {
	var mu sync.Mutex
	var waiting sync.WaitGroup
	begin := make(chan struct{})
	for _, c := range contenders {
		waiting.Go(func() {
			<-begin
			o, refusal := c.PlaceOrder(ctx, ticket)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case refusal == nil:
				won = append(won, deal{buyer: c, order: o.ID})
			case api.StatusOf(refusal) != http.StatusBadRequest:
				err = errors.Join(err, refusal)
			}
		})
	}
	close(begin)
	waiting.Wait()
	return won, err
}

// late is how much an order may outlive its time: README.
const late = 15 * time.Second

func (r *run) expiry(ctx context.Context) error {
	seller, buyer, err := r.people.two(ctx)
	if err != nil {
		return err
	}
	d, err := place(ctx, seller, buyer, 1999)
	if err != nil {
		return err
	}
	d.end = api.Cancelled
	r.world.remember(d)
	order, err := buyer.Order(ctx, d.order)
	if err != nil {
		return err
	}
	if err := d.check(ctx); err != nil {
		return err
	}
	after := time.Since(order.ExpiresAt)
	if after < 0 || after > late {
		return fmt.Errorf("the order ended %s after its time", after)
	}
	r.report.figure("an unpaid order ended %.1f s after its time", after.Seconds())
	if _, err := seller.AwaitTicket(ctx, d.ticket, api.Available); err != nil {
		return err
	}
	return r.people.failures()
}

// scale takes orders to three pods and back. How many there are is the autoscaler's to say.
func (r *run) scale(ctx context.Context) error {
	l, err := r.startLoad(ctx)
	if err != nil {
		return err
	}
	for _, pods := range []int{3, 2} {
		if err == nil {
			err = r.scaleOrders(ctx, pods, pods)
		}
	}
	err = errors.Join(err, r.scaleOrders(ctx, 2, 6))
	pause(ctx, 5*time.Second)
	return errors.Join(err, l.end(r, "scaling orders to three and back"))
}

func (r *run) scaleOrders(ctx context.Context, least, most int) error {
	_, err := r.kubectl(ctx, "patch", "hpa", "orders", "--type=merge", "--patch", fmt.Sprintf(`{"spec":{"minReplicas":%d,"maxReplicas":%d}}`, least, most))
	if err != nil || least != most {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		n, err := r.kubectl(ctx, "get", "deployment", "orders", "--output=jsonpath={.status.readyReplicas}/{.status.replicas}")
		if err == nil && n == fmt.Sprintf("%d/%d", least, least) {
			r.report.say("orders has %d pods", least)
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("orders has %s pods, want %d: %w", n, least, errors.Join(err, ctx.Err()))
		}
		pause(ctx, time.Second)
	}
}

// update replaces every pod of every service, one service after the other.
func (r *run) update(ctx context.Context) error {
	l, err := r.startLoad(ctx)
	if err != nil {
		return err
	}
	for _, name := range deployments {
		if err != nil {
			break
		}
		begun := time.Now()
		if _, err = r.kubectl(ctx, "rollout", "restart", "deployment/"+name); err == nil {
			_, err = r.kubectl(ctx, "rollout", "status", "deployment/"+name, "--timeout="+patience.String())
		}
		if err == nil {
			err = r.settled(ctx) // the old ones are gone, too
		}
		r.report.say("%s: new pods after %.0f s, %d requests failed so far", name, time.Since(begun).Seconds(), r.people.failed.Load())
	}
	if err == nil {
		err = r.measure("under load")(ctx)
	}
	return errors.Join(err, l.end(r, "a rolling update of every service"))
}

// open leaves orders behind in every state that they can be in.
func (r *run) open(ctx context.Context) error {
	seller, buyer, err := r.people.two(ctx)
	if err != nil {
		return err
	}
	for range 5 {
		paid, err := place(ctx, seller, buyer, 1999)
		if err != nil {
			return err
		}
		if _, err := buyer.Pay(ctx, paid.order, "tok_visa"); err != nil {
			return err
		}
		paid.end = api.Complete
		r.world.remember(paid)
		unpaid, err := place(ctx, seller, buyer, 1999)
		if err != nil {
			return err
		}
		unpaid.end = api.Cancelled
		r.world.remember(unpaid)
	}
	return nil
}

// deletePods deletes all of them at once, databases, broker and Redis too, just after orders were placed
// and paid whose events are still on their way.
func (r *run) deletePods(ctx context.Context) error {
	if err := r.open(ctx); err != nil {
		return err
	}
	begun := time.Now()
	if _, err := r.kubectl(ctx, "delete", "pods", "--all", "--wait=false"); err != nil {
		return err
	}
	pause(ctx, time.Second)
	if err := r.settled(ctx); err != nil {
		return err
	}
	r.report.figure("all pods ready %.0f s after all were deleted", time.Since(begun).Seconds())
	return r.inOrderAgain(ctx)
}

// inOrderAgain: nothing is lost, and what is new works.
func (r *run) inOrderAgain(ctx context.Context) error {
	if err := r.people.await(ctx); err != nil {
		return err
	}
	if err := r.nothingLost(ctx); err != nil {
		return err
	}
	seller, buyer, err := r.people.two(ctx)
	if err != nil {
		return err
	}
	return r.purchase(ctx, seller, buyer, 1999)
}

// restart takes everything down but the volumes, and brings it up again.
func (r *run) restart(ctx context.Context) error {
	if err := r.open(ctx); err != nil {
		return err
	}
	if err := r.skaffold(ctx, "delete"); err != nil {
		return err
	}
	if left, err := r.kubectl(ctx, "wait", "--for=delete", "pods", "--all", "--timeout="+patience.String()); err != nil {
		return fmt.Errorf("pods are left: %s %w", left, err)
	}
	r.report.say("everything is down")
	if err := r.deploy(ctx); err != nil {
		return err
	}
	return r.inOrderAgain(ctx)
}

// audit compares what every order has become with what was taken and given back for it.
func (r *run) audit(ctx context.Context) error {
	ledger, err := r.people.ledger(ctx)
	if err != nil {
		return err
	}
	for _, d := range r.world.all() {
		var captured int
		var kept int64
		for _, e := range ledger[d.order] {
			captured += e.CapturedTimes
			kept += e.Amount*int64(e.CapturedTimes) - e.Refunded
		}
		want := int64(0)
		if d.end == api.Complete {
			want = int64(d.price)
		}
		if captured > 1 || kept != want {
			return fmt.Errorf("order %s is %s: taken %d times, %d cents kept", d.order, d.end, captured, kept)
		}
	}
	r.report.say("%d orders: each complete one was charged once, and nothing is kept for the others", len(r.world.all()))
	return nil
}
