package sandbox

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/stripe/stripe-go/v76"
	"go.etcd.io/bbolt"
)

// table is one kind of object, and a bucket of the state file.
type table struct {
	name   string
	prefix string // of ids
	noun   string // in "No such payment_intent"
	param  string // named by the error if the id in the URL doesn't exist
}

var (
	paymentMethods = table{"payment_methods", "pm", "PaymentMethod", "payment_method"}
	paymentIntents = table{"payment_intents", "pi", "payment_intent", "intent"}
	charges        = table{"charges", "ch", "charge", "id"}
	refunds        = table{"refunds", "re", "refund", "id"}
	disputes       = table{"disputes", "dp", "dispute", "id"}
	events         = table{"events", "evt", "event", "id"}
	deliveries     = table{name: "deliveries"} // events the webhook endpoint has yet to accept
	answers        = table{name: "answers"}    // by idempotency key
)

// store keeps JSON documents by table and id in a bbolt file, which is synced before
// update returns. Transactions run one at a time.
type store struct {
	now     func() time.Time
	file    *bbolt.DB
	scratch string // a temporary folder to remove on close
}

// openStore opens the state in a folder. Without one it uses a temporary folder, unsynced.
func openStore(dir string, now func() time.Time) (s *store, err error) {
	s = &store{now: now}
	if dir == "" {
		if s.scratch, err = os.MkdirTemp("", "stripe-sandbox-"); err != nil {
			return nil, fmt.Errorf("make temporary state folder: %w", err)
		}
		dir = s.scratch
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make state folder: %w", err)
	}
	path := filepath.Join(dir, "stripe.db")
	s.file, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, NoSync: s.scratch != ""})
	if err == nil {
		err = s.file.Update(createBuckets)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open state file %s: %w", path, err), s.close())
	}
	return s, nil
}

func createBuckets(file *bbolt.Tx) error {
	for _, t := range []table{paymentMethods, paymentIntents, charges, refunds, disputes, events, deliveries, answers} {
		bucket, err := file.CreateBucketIfNotExists([]byte(t.name))
		if err != nil {
			return err
		}
		if bucket.Sequence() == 0 { // a file from before ids came from the sequence
			if err := bucket.SetSequence(uint64(bucket.Stats().KeyN)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *store) close() (err error) {
	if s.file != nil {
		err = s.file.Close()
	}
	if s.scratch != "" {
		err = errors.Join(err, os.RemoveAll(s.scratch))
	}
	return err
}

// update runs fn in a transaction and commits what it wrote, unless it returns an error.
func (s *store) update(fn func(*tx) error) error {
	file, err := s.file.Begin(true)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = file.Rollback() }() // no effect after a commit
	tx := &tx{now: s.now(), file: file}
	if err := fn(tx); err != nil || !tx.written {
		return err
	}
	if err := file.Commit(); err != nil {
		return fmt.Errorf("write state file: %w", err)
	}
	return nil
}

// tx is one transaction.
type tx struct {
	now     time.Time
	cause   *stripe.EventRequest // of the events
	events  []stripe.Event
	file    *bbolt.Tx
	written bool
}

func (tx *tx) bucket(t table) *bbolt.Bucket {
	return tx.file.Bucket([]byte(t.name))
}

// lookUp returns the row with an id, if any.
func lookUp[T any](tx *tx, from table, id string) (value T, found bool, err error) {
	data := tx.bucket(from).Get([]byte(id))
	if data == nil {
		return value, false, nil
	}
	if err := json.Unmarshal(data, &value); err != nil {
		return value, false, fmt.Errorf("decode %s %s: %w", from.name, id, err)
	}
	return value, true, nil
}

// find returns the object with an id or a *missing.
func find[T any](tx *tx, from table, id string) (*T, error) {
	value, found, err := lookUp[T](tx, from, id)
	if err == nil && !found {
		err = &missing{from, id}
	}
	return &value, err
}

// put panics on errors: they are bugs in this package.
func put(tx *tx, into table, id string, v any) {
	data, err := json.Marshal(v)
	if err == nil {
		err = tx.bucket(into).Put([]byte(id), data)
	}
	if err != nil {
		panic(fmt.Sprintf("put %T: %v", v, err))
	}
	tx.written = true
}

func remove(tx *tx, from table, id string) error {
	tx.written = true
	return tx.bucket(from).Delete([]byte(id))
}

// each calls fn for every row of a table, oldest first. fn must not change the table.
func each[T any](tx *tx, of table, fn func(id string, value T) error) error {
	return tx.bucket(of).ForEach(func(id, data []byte) error {
		var value T
		if err := json.Unmarshal(data, &value); err != nil {
			return fmt.Errorf("decode %s %s: %w", of.name, id, err)
		}
		return fn(string(id), value)
	})
}

// newID returns an id like Stripe's (pi_ and 24 characters) that sorts by creation.
func (tx *tx) newID(in table) string {
	n, err := tx.bucket(in).NextSequence()
	if err != nil {
		panic(fmt.Sprintf("number %s: %v", in.name, err)) // only in a closed transaction
	}
	return fmt.Sprintf("%s_%08d%s", in.prefix, n, rand.Text()[:16])
}
