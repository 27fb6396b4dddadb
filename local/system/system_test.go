package system_test

import (
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/local/api"
	"ticketing.dev/local/system"
)

// start runs a system until the test ends.
func start(t *testing.T, c system.Config) *system.System {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	c.Errors = t.Output()
	s, err := system.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // the test may have closed it
	return s
}

func signUp(t *testing.T, url, email string) *api.Client {
	t.Helper()
	c := api.New(url)
	if _, err := c.SignUp(t.Context(), email, "correct horse"); err != nil {
		t.Fatal(err)
	}
	return c
}

// buy lists a ticket and buys it.
func buy(t *testing.T, url string, seller, buyer *api.Client) api.Order {
	t.Helper()
	const price = money.Cents(1999)
	ticket, err := seller.ListTicket(t.Context(), "Front row", price)
	if err != nil {
		t.Fatal(err)
	}
	order, err := buyer.PlaceOrder(t.Context(), ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	charge, err := buyer.Pay(t.Context(), order.ID, "tok_visa")
	if err != nil {
		t.Fatal(err)
	}
	if charge.Status != api.Succeeded || charge.Amount.Cents != price {
		t.Errorf("charge %+v", charge)
	}
	if order, err = buyer.AwaitOrder(t.Context(), order.ID, api.Complete); err != nil {
		t.Fatal(err)
	}
	if _, err := seller.AwaitTicket(t.Context(), ticket.ID, api.Sold); err != nil {
		t.Fatal(err)
	}
	return order
}

func TestPurchaseSurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	first := start(t, system.Config{Dir: dir})
	seller := signUp(t, first.Run().Gateway, "seller@example.com")
	buyer := signUp(t, first.Run().Gateway, "buyer@example.com")
	order := buy(t, first.Run().Gateway, seller, buyer)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := start(t, system.Config{Dir: dir})
	buyer = api.New(second.Run().Gateway)
	if _, err := buyer.SignIn(t.Context(), "buyer@example.com", "correct horse"); err != nil {
		t.Fatal(err)
	}
	if got, err := buyer.Order(t.Context(), order.ID); err != nil || got != order {
		t.Errorf("after the restart %+v, %v; want %+v", got, err, order)
	}
	if charge, err := buyer.Charge(t.Context(), order.ID); err != nil || charge.Status != api.Succeeded {
		t.Errorf("after the restart %+v, %v", charge, err)
	}
	buy(t, second.Run().Gateway, buyer, buyer) // and it goes on
}

func TestReplicas(t *testing.T) {
	s := start(t, system.Config{Replicas: map[string]int{"orders": 2, "payments": 2}})
	run := s.Run()
	urls := make(map[string]bool)
	for _, name := range []string{"orders", "payments"} {
		for _, p := range run.Services[name].All() {
			urls[p.URL] = true
		}
	}
	if len(urls) != 4 {
		t.Fatalf("replicas at %v; want four addresses", urls)
	}
	user := signUp(t, run.Gateway, "user@example.com")
	for range 4 { // each replica has its turn
		buy(t, run.Gateway, user, user)
	}
}

func TestUnpaidOrderExpires(t *testing.T) {
	s := start(t, system.Config{OrderTTL: time.Second})
	user := signUp(t, s.Run().Gateway, "user@example.com")
	ticket, err := user.ListTicket(t.Context(), "Front row", 1999)
	if err != nil {
		t.Fatal(err)
	}
	order, err := user.PlaceOrder(t.Context(), ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := user.AwaitOrder(t.Context(), order.ID, api.Cancelled); err != nil {
		t.Fatal(err)
	}
	if now := time.Now(); now.Before(order.ExpiresAt) {
		t.Errorf("cancelled %v before its time", order.ExpiresAt.Sub(now))
	}
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	s := start(t, system.Config{Dir: dir})

	written, err := system.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if written.Gateway != s.Run().Gateway || written.OrderTTL.Duration != 15*time.Minute || len(written.Services) != len(system.Services) {
		t.Errorf("run.json holds %+v", written)
	}
	for _, secret := range []string{"jwt-key", "stripe-webhook-secret"} {
		info, err := os.Stat(filepath.Join(dir, secret))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 || info.Size() < 32 {
			t.Errorf("%s has the mode %v and %d bytes", secret, info.Mode(), info.Size())
		}
	}
	log, err := os.ReadFile(filepath.Join(dir, "log", "orders.log"))
	if err != nil || !strings.Contains(string(log), `"msg":"serving"`) {
		t.Errorf("the log of orders is %q, %v", log, err)
	}

	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := system.ReadRun(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the end run.json is still there: %v", err)
	}
}

func TestSecondSystemOnOneDirectoryIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := start(t, system.Config{Dir: dir})
	_, err := system.Start(t.Context(), system.Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatalf("the second starts: %v", err)
	}
	if run, err := system.ReadRun(dir); err != nil || run.Gateway != s.Run().Gateway {
		t.Errorf("the second has taken run.json from the first: %+v, %v", run, err)
	}
}

// A killed system leaves its run.json, which must not be taken for the next system's.
func TestStaleRunIsRemoved(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := system.Start(t.Context(), system.Config{Dir: dir, Addr: "nowhere"}); err == nil {
		t.Fatal("it starts at the address nowhere")
	}
	if _, err := system.ReadRun(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("run.json is still there: %v", err)
	}
}

func TestStartExplainsWrongConfigurations(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	named := func(e system.Environment) system.Config { return system.Config{Environment: e} }

	for want, c := range map[string]system.Config{
		"address already in use":      {Addr: taken.Addr().String()},
		"not a directory":             {Dir: filepath.Join(file, "data")},
		`replicas of "order"`:         {Replicas: map[string]int{"order": 2}},
		"0 replicas of orders":        {Replicas: map[string]int{"orders": 0}},
		"orders cannot live":          {OrderTTL: -time.Second},
		`the client "localhost:3000"`: {Client: "localhost:3000"},
		"names the database":          named(system.Environment{MongoURI: "mongodb://127.0.0.1/tickets"}),
		"MONGO_URI":                   named(system.Environment{MongoURI: "127.0.0.1"}),
	} {
		if c.Dir == "" {
			c.Dir = t.TempDir()
		}
		s, err := system.Start(t.Context(), c)
		if err == nil {
			_ = s.Close()
			t.Errorf("it starts in spite of: %s", want)
			continue
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q is not one line with %q", err, want)
		}
	}
}

func TestRealPartsReplaceStandins(t *testing.T) {
	parts := start(t, system.Config{}).Run() // whose stand-ins play the real ones
	redis, err := url.Parse(parts.Redis.URL)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := redis.User.Password()
	parts.Redis.URL = "redis://" + redis.Host
	s := start(t, system.Config{Environment: system.Environment{
		MongoURI:  parts.Mongo.URL,
		NATSURL:   parts.NATS.URL,
		RedisAddr: redis.Host, RedisUsername: redis.User.Username(), RedisPassword: password,
		StripeKey: "sk_test_other", StripeAPIURL: parts.Stripe.URL,
		JWTKey: "a key of 32 bytes that I have set",
	}})
	run := s.Run()
	for name, pair := range map[string][2]system.Part{
		"mongo":  {run.Mongo, parts.Mongo},
		"nats":   {run.NATS, parts.NATS},
		"redis":  {run.Redis, parts.Redis},
		"stripe": {run.Stripe, parts.Stripe},
	} {
		if pair[0] != (system.Part{URL: pair[1].URL}) {
			t.Errorf("%s is %+v; want %s, not started by this system", name, pair[0], pair[1].URL)
		}
	}
	user := signUp(t, run.Gateway, "user@example.com")
	buy(t, run.Gateway, user, user)
}
