package e2e

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
	"ticketing.dev/local/system"
)

// Each replica of each service in turn gets SIGTERM, drains, and restarts under load. Clients retry a failed
// request once, and none fails twice.
func TestARollingRestartFailsNoRequestTwice(t *testing.T) {
	t.Parallel() // it has a system of its own
	both := make(map[string]int)
	for _, name := range system.Services {
		both[name] = 2
	}
	dir := t.TempDir()
	s, err := system.Start(t.Context(), system.Config{
		Dir: dir, Bin: programs, Errors: t.Output(), Environment: environment(), Replicas: both,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c := newCrowd(t, s)
	for _, name := range system.Services {
		for i := range both[name] {
			underWay := func() (answered func()) { return func() {} }
			if name == "payments" {
				underWay = func() func() { return slowPayment(t, s, i) }
			}
			restart(t, s, name, i, underWay)
			time.Sleep(betweenReplicas)
		}
		for _, replica := range system.ReplicaNames(name, both[name]) {
			endedWell(t, filepath.Join(dir, "log", replica+".log"))
		}
	}
	c.leave()
}

// betweenReplicas is how long a rollout waits before the next replica. It's longer than the second after which a client
// tries again, so that a request doesn't meet two replicas that end. In a cluster, preStop takes ten seconds.
const betweenReplicas = 2 * time.Second

// restart drains a replica with SIGTERM while it has requests under way, and waits until it's back.
func restart(t *testing.T, s *system.System, name string, i int, underWay func() (answered func())) {
	t.Helper()
	replica := func() system.Part { return s.Run().Services[name].All()[i] }
	before, answered := replica(), underWay()
	if err := syscall.Kill(before.PID, syscall.SIGTERM); err != nil {
		t.Fatalf("stop %s: %v", name, err)
	}
	answered()
	servicetest.Eventually(t, fmt.Sprintf("replica %d of %s to be back", i, name), func() bool {
		now := replica()
		if now.PID == before.PID {
			return false
		}
		res, err := http.Get(now.URL + "/readyz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

// endedWell checks in a replica's log how its one process so far ended.
func endedWell(t *testing.T, log string) {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var ends []string
	for line := range strings.Lines(string(text)) {
		var entry struct{ Msg, How string }
		if json.Unmarshal([]byte(line), &entry) == nil && strings.HasPrefix(entry.Msg, "process has ended") {
			ends = append(ends, entry.How)
		}
	}
	if !slices.Equal(ends, []string{"exit status 0"}) {
		t.Errorf("%s: processes ended with %q, not once with status 0", log, ends)
	}
}

// slowPayment starts a payment at a replica, and returns once Stripe is asked. The function that it returns
// waits for the answer.
func slowPayment(t *testing.T, s *system.System, i int) (answered func()) {
	t.Helper()
	at, err := url.Parse(s.Run().Services["payments"].All()[i].URL)
	if err != nil {
		t.Fatal(err)
	}
	buyer := newUser(t, s).Through(payingAt{at.Host, watched(t)})
	placed := order(t, buyer, list(t, newUser(t, s), 1999))

	bank := stripeOf(t, s)
	bank.done(bank.Fail(t.Context(), sandbox.Fault{Operation: "payment_intents.confirm", Kind: "slow", DelayMS: 4000}))
	type outcome struct {
		charge api.Charge
		err    error
	}
	paid := make(chan outcome, 1)
	go func() {
		charge, err := buyer.Pay(t.Context(), placed.ID, "tok_visa")
		paid <- outcome{charge, err}
	}()
	servicetest.Eventually(t, "the bank to be asked", func() bool {
		charge, err := buyer.Charge(t.Context(), placed.ID)
		return err == nil && charge.StripeID != ""
	})
	bank.done(bank.Heal(t.Context()))
	return func() {
		select {
		case <-paid:
			t.Error("the payment was over when SIGTERM came, so nothing was shown")
			return
		default:
		}
		if o := <-paid; o.err != nil || o.charge.Status != api.Succeeded {
			t.Errorf("the payment that was under way at the SIGTERM was answered with %+v, %v", o.charge, o.err)
		}
	}
}

// payingAt sends payments to one replica, past the gateway.
type payingAt struct {
	host string
	rest http.RoundTripper
}

func (p payingAt) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && r.URL.Path == "/api/payments" {
		r = r.Clone(r.Context())
		r.URL.Host = p.host
	}
	return p.rest.RoundTrip(r)
}

type crowd struct {
	t    *testing.T
	at   string // the gateway's URL
	stop chan struct{}
	all  sync.WaitGroup

	mu     sync.Mutex
	counts map[string]*count // by what is done
	bought map[string]*api.Client
}

// count is the number of requests of a kind, and of those sent twice.
type count struct{ sent, again int }

func newCrowd(t *testing.T, s *system.System) *crowd {
	t.Helper()
	c := &crowd{
		t: t, at: s.Run().Gateway, stop: make(chan struct{}),
		counts: make(map[string]*count), bought: make(map[string]*api.Client),
	}
	for i := range 4 {
		seller, buyer := newUser(t, s), newUser(t, s)
		c.all.Go(func() { c.trade(i, seller, buyer) })
	}
	t.Cleanup(sync.OnceFunc(c.end)) // for a test that gives up
	return c
}

func (c *crowd) end() {
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
	c.all.Wait()
}

// leave waits for all users, and checks that everything happened and that what was paid for is bought.
func (c *crowd) leave() {
	c.t.Helper()
	c.end()
	for _, what := range []string{
		"sign up", "sign in", "who am I", "sign out", "list", "edit", "market", "my tickets", "ticket", "follow",
		"order", "my orders", "my order", "cancel", "pay", "pay badly", "my charges",
	} {
		n := cmp.Or(c.counts[what], new(count))
		if n.sent == 0 {
			c.t.Errorf("%s: never done, so nothing was shown", what)
		}
		c.t.Logf("%-10s %4d requests, %d of them sent again", what, n.sent, n.again)
	}
	if len(c.bought) == 0 {
		c.t.Error("nothing was bought")
	}
	for id, buyer := range c.bought {
		if _, err := buyer.AwaitOrder(bounded(c.t), id, api.Complete); err != nil {
			c.t.Fatalf("a paid order: %v", err)
		}
	}
}

// trade lets a seller and a buyer act until it's time to leave.
func (c *crowd) trade(i int, seller, buyer *api.Client) {
	ctx := c.t.Context()
	for n := 0; ; n++ {
		select {
		case <-c.stop:
			return
		default:
		}
		c.visit(ctx, i, n)
		var ticket api.Ticket
		if !c.do("list", func() (err error) { ticket, err = seller.ListTicket(ctx, "Front row", 1999); return err }) {
			continue
		}
		id := ticket.ID
		c.do("edit", func() (err error) { ticket, err = seller.EditTicket(ctx, id, "Second row", 2099); return err })
		c.do("market", func() error { _, err := buyer.Tickets(ctx, nil); return err })
		c.do("my tickets", func() error { _, err := seller.Tickets(ctx, url.Values{"seller": {"me"}}); return err })
		c.do("ticket", func() error { _, err := buyer.Ticket(ctx, ticket.ID); return err })
		c.do("follow", func() error { return c.follow(ctx, ticket.ID) })
		c.buy(ctx, n, buyer, ticket)
	}
}

// visit signs up a new user, who signs out again.
func (c *crowd) visit(ctx context.Context, i, n int) {
	visitor := api.New(c.at).Through(watched(c.t))
	email := fmt.Sprintf("visitor-%d-%d-%d@example.com", i, n, time.Now().UnixNano())
	if !c.do("sign up", func() error { _, err := visitor.SignUp(ctx, email, "correct horse"); return err }) {
		return
	}
	c.do("sign in", func() error { _, err := visitor.SignIn(ctx, email, "correct horse"); return err })
	c.do("who am I", func() error { _, err := visitor.CurrentUser(ctx); return err })
	c.do("sign out", func() error { return visitor.SignOut(ctx) })
}

// buy orders a ticket and cancels it, or pays with a good or declined card.
func (c *crowd) buy(ctx context.Context, n int, buyer *api.Client, ticket api.Ticket) {
	var placed api.Order
	if !c.do("order", func() (err error) { placed, err = buyer.PlaceOrder(ctx, ticket.ID); return err }) {
		return
	}
	c.do("my orders", func() error { _, err := buyer.Orders(ctx, nil); return err })
	c.do("my order", func() error { _, err := buyer.Order(ctx, placed.ID); return err })
	switch n % 4 {
	case 0:
		c.do("cancel", func() error { return buyer.CancelOrder(ctx, placed.ID) })
		return
	case 1:
		c.do("pay badly", func() error { _, err := buyer.Pay(ctx, placed.ID, "tok_chargeDeclined"); return err })
	default:
		var charge api.Charge
		c.do("pay", func() (err error) { charge, err = buyer.Pay(ctx, placed.ID, "tok_visa"); return err })
		if charge.Status == api.Succeeded {
			c.mu.Lock()
			c.bought[placed.ID] = buyer
			c.mu.Unlock()
		}
	}
	c.do("my charges", func() error { _, err := buyer.Charge(ctx, placed.ID); return err })
}

// follow reads the start of a ticket's event stream.
func (c *crowd) follow(ctx context.Context, ticket string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.at+"/api/tickets/"+ticket+"/events", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return &api.Problem{Status: res.StatusCode}
	}
	_, err = bufio.NewReader(res.Body).ReadString('\n')
	return err
}

// do sends a request, and once more if it isn't answered or the service is unavailable: after a second, as the
// gateway's Retry-After asks. A refusal is an answer.
// It reports whether the request was carried out.
func (c *crowd) do(what string, send func() error) (done bool) {
	first := send()
	var second error
	if failed(first) {
		time.Sleep(time.Second)
		if second = send(); failed(second) {
			c.t.Errorf("%s failed twice: %v, and then: %v", what, first, second)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts[what] == nil {
		c.counts[what] = new(count)
	}
	c.counts[what].sent++
	if failed(first) {
		c.counts[what].again++
		return second == nil
	}
	return first == nil
}

func failed(err error) bool {
	if _, answered := errors.AsType[*api.Problem](err); answered {
		return api.StatusOf(err) >= http.StatusInternalServerError
	}
	return err != nil
}
