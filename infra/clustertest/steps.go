package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
)

func (r *run) landingPage(ctx context.Context) error {
	page, header, err := r.people.get(ctx, site+"/")
	if err != nil {
		return err
	}
	if !strings.HasPrefix(header.Get("Content-Type"), "text/html") || !strings.Contains(page, "<h1") || !strings.Contains(page, "</html>") {
		return fmt.Errorf("not a page: %s\n%.200s", header.Get("Content-Type"), page)
	}
	if header.Get("Content-Security-Policy") == "" {
		return errors.New("no content security policy")
	}
	r.report.say("%d bytes of HTML", len(page))
	return nil
}

// toHTTPS requests plain HTTP, as when a user types the name.
func (r *run) toHTTPS(ctx context.Context) error {
	response, err := r.people.plain(ctx, "http://ticketing.dev/tickets/new?x=1")
	if err != nil {
		return err
	}
	where := response.Header.Get("Location")
	if response.StatusCode/100 != 3 || !strings.HasPrefix(where, site) || !strings.HasSuffix(where, "/tickets/new?x=1") {
		return fmt.Errorf("got %s to %q", response.Status, where)
	}
	r.report.say("%d to %s", response.StatusCode, where)
	return nil
}

// suite runs the end-to-end tests that only need the system's address.
func (r *run) suite(ctx context.Context) error {
	said, err := r.command(ctx, "", "env",
		"SITE_URL="+site, "SITE_STRIPE_URL="+sandbox, "SITE_ADDRESS="+r.people.address, "SSL_CERT_FILE="+r.trusted(),
		"go", "test", "-count=1", "-v", "-timeout=10m", "./e2e")
	if err != nil {
		return err
	}
	passed := 0
	for line := range strings.Lines(said) {
		if name, ok := strings.CutPrefix(line, "--- PASS: "); ok {
			r.report.say("%s", strings.TrimSpace(name))
			passed++
		}
	}
	if passed == 0 {
		return fmt.Errorf("no test was run:\n%s", said)
	}
	return nil
}

// late is how late an order may end (README).
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
	r.deals.add(d)
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

// scale scales orders to three pods and back through its autoscaler.
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
	services, err := r.command(ctx, "", "make", "-s", "--no-print-directory", "services")
	if err != nil {
		return err
	}
	l, err := r.startLoad(ctx)
	if err != nil {
		return err
	}
	for _, name := range append(strings.Fields(services), "client") {
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

// open leaves orders in every state.
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
		r.deals.add(paid)
		unpaid, err := place(ctx, seller, buyer, 1999)
		if err != nil {
			return err
		}
		unpaid.end = api.Cancelled
		r.deals.add(unpaid)
	}
	return nil
}

// deletePods deletes all pods at once, including the stores, while the events of recent orders and payments are
// still on their way.
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

// inOrderAgain checks that nothing is lost and that new purchases work.
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

// restart deletes everything but the volumes and deploys it again.
func (r *run) restart(ctx context.Context) error {
	if err := r.open(ctx); err != nil {
		return err
	}
	if err := r.skaffold(ctx, "delete"); err != nil {
		return err
	}
	if left, err := r.kubectl(ctx, "wait", "--for=delete", "pods", "--all", "--timeout="+patience.String()); err != nil {
		return fmt.Errorf("pods remain: %s %w", left, err)
	}
	r.report.say("everything is down")
	if err := r.deploy(ctx); err != nil {
		return err
	}
	return r.inOrderAgain(ctx)
}

// audit compares the status of every order with the money taken and refunded for it.
func (r *run) audit(ctx context.Context) error {
	ledger, err := remote.Sandbox{URL: sandbox, HTTP: r.people.browser()}.Ledger(ctx)
	if err != nil {
		return err
	}
	for _, d := range r.deals.all() {
		kept, captured := remote.Kept(ledger, d.order)
		want := money.Cents(0)
		if d.end == api.Complete {
			want = d.price
		}
		if captured > 1 || kept != want {
			return fmt.Errorf("order %s is %s: taken %d times, %d cents kept", d.order, d.end, captured, kept)
		}
	}
	r.report.say("%d orders: each complete one was charged once, and nothing is kept for the others", len(r.deals.all()))
	return nil
}
