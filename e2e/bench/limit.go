package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/hibiken/asynq"
	"github.com/nats-io/stan.go"
	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"golang.org/x/crypto/argon2"

	"ticketing.dev/auth"
	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/mongodb"
)

// limitQueue is a queue that nothing reads, and limitChannel a channel that nothing subscribes to.
const limitQueue, limitChannel = "bench", "bench"

// limitConfig says what the limits are measured on: the same parts as the services.
type limitConfig struct {
	Mongo, NATS, Cluster, Redis string
	Answer                      json.RawMessage // what the empty handler answers
}

// limits are bare handlers around one thing each, as cheap as a service could be that does nothing else.
type limits struct {
	limitConfig
	docs   *mongo.Collection // the tickets service's own
	copies *mongo.Collection // what is written, in a database of its own
	bus    stan.Conn
	queue  *asynq.Client
	hash   hashing
	cores  chan struct{}
}

// hashing has the parameters of the service's password hashes.
type hashing struct {
	memory, passes uint32
	threads        uint8
}

// serveLimits is a process of its own. It prints its URL, and ends with its standard input.
func serveLimits(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	var c limitConfig
	lines := json.NewDecoder(stdin)
	if err := lines.Decode(&c); err != nil {
		return err
	}
	l, err := openLimits(ctx, c)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: l.routes(), ReadHeaderTimeout: requestTimeout}
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		_ = server.Close()
	}()
	fmt.Fprintf(stdout, "http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func openLimits(ctx context.Context, c limitConfig) (*limits, error) {
	db, err := mongodb.Connect(ctx, mongodb.Config{URI: c.Mongo}, "tickets", slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	connection, err := stan.Connect(c.Cluster, "bench-limit", stan.NatsURL(c.NATS))
	if err != nil {
		return nil, fmt.Errorf("connect to the broker: %w", err)
	}
	login, err := redis.ParseURL(c.Redis) // asynq's own parser ignores the user
	if err != nil {
		return nil, err
	}
	l := &limits{
		limitConfig: c, docs: db.Collection("tickets"), copies: db.Client().Database("bench").Collection("tickets"),
		bus: connection, queue: asynq.NewClientFromRedisClient(redis.NewClient(login)), cores: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	return l, l.hash.read(ctx)
}

// read finds the parameters in a hash that the service makes.
func (h *hashing) read(ctx context.Context) error {
	phc, err := auth.NewHasher(1, 0).Hash(ctx, "password")
	if err != nil {
		return err
	}
	_, err = fmt.Sscanf(phc, "$argon2id$v=19$m=%d,t=%d,p=%d$", &h.memory, &h.passes, &h.threads)
	return err
}

func (l *limits) routes() http.Handler {
	r := chi.NewRouter()
	r.Get("/empty", l.empty)
	r.Post("/argon2id", l.argon2id)
	r.Get("/read/{id}", answered(l.read))
	r.Get("/page", answered(l.page))
	r.Post("/insert", answered(l.insert))
	r.Post("/replace", answered(l.replace))
	r.Post("/publish", answered(l.publish))
	r.Post("/publish-async", answered(l.publishAsync))
	r.Post("/enqueue", answered(l.enqueue))
	return r
}

// answered writes what a handler returns as JSON.
func answered(handle func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := handle(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}
}

func (l *limits) empty(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(l.Answer)
}

// argon2id hashes as many passwords at once as there are cores to do it, as the service does.
func (l *limits) argon2id(w http.ResponseWriter, r *http.Request) {
	l.cores <- struct{}{}
	argon2.IDKey([]byte("correct horse"), []byte("sixteen bytes...")[:16], l.hash.passes, l.hash.memory, l.hash.threads, 32)
	<-l.cores
	l.empty(w, r)
}

// listed is what a ticket's answer has.
type listed struct {
	ID      string `bson:"_id" json:"id"`
	Title   string `bson:"title" json:"title"`
	Price   int64  `bson:"price" json:"price"`
	UserID  string `bson:"userId" json:"userId"`
	Status  string `bson:"status" json:"status"`
	Version int64  `bson:"version" json:"version"`
}

func (l *limits) read(r *http.Request) (any, error) {
	var t listed
	return &t, l.docs.FindOne(r.Context(), bson.M{"_id": chi.URLParam(r, "id")}).Decode(&t)
}

func (l *limits) page(r *http.Request) (any, error) {
	cursor, err := l.docs.Find(r.Context(), bson.M{"status": "available"}, options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(100))
	if err != nil {
		return nil, err
	}
	var page []listed
	return &page, cursor.All(r.Context(), &page)
}

// document is one of about the size of a ticket with its event.
func document() bson.D {
	return bson.D{
		{Key: "_id", Value: aggregate.NewID()}, {Key: "version", Value: int64(0)},
		{Key: "title", Value: "The Paper Lanterns, Beacon Theatre, New York"}, {Key: "price", Value: int64(8950)},
		{Key: "userId", Value: aggregate.NewID()}, {Key: "status", Value: "available"},
		{Key: "outbox", Value: bson.A{bson.D{{Key: "id", Value: aggregate.NewID()}, {Key: "at", Value: time.Now()},
			{Key: "subject", Value: "ticket:created"}, {Key: "body", Value: strings.Repeat("x", 300)}}}},
	}
}

func (l *limits) insert(r *http.Request) (any, error) {
	d := document()
	_, err := l.copies.InsertOne(r.Context(), d)
	return map[string]any{"id": d[0].Value}, err
}

// replace writes a document for the second time. It isn't compared with a read before, which is a limit of its own.
func (l *limits) replace(r *http.Request) (any, error) {
	d := document()
	d[0].Value = "one of " + r.URL.RawQuery
	_, err := l.copies.ReplaceOne(r.Context(), bson.M{"_id": d[0].Value}, d, options.Replace().SetUpsert(true))
	return map[string]any{"id": d[0].Value}, err
}

var message = []byte(`{"id":"65a0000000000000000000a1","data":"` + strings.Repeat("x", 260) + `"}`)

func (l *limits) publish(*http.Request) (any, error) {
	return struct{}{}, l.bus.Publish(limitChannel, message)
}

func (l *limits) publishAsync(*http.Request) (any, error) {
	_, err := l.bus.PublishAsync(limitChannel, message, func(string, error) {})
	return struct{}{}, err
}

func (l *limits) enqueue(r *http.Request) (any, error) {
	_, err := l.queue.EnqueueContext(r.Context(), asynq.NewTask("bench", message), asynq.Queue(limitQueue),
		asynq.TaskID(aggregate.NewID()), asynq.ProcessIn(time.Hour))
	return struct{}{}, err
}
