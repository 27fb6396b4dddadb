package sandbox

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// table is one kind of object, and a bucket of the state file.
type table struct {
	name   string
	prefix string // of the ids
	noun   string // what Stripe calls one that is missing
	param  string // the parameter that Stripe blames when the URL names a missing one
}

var (
	paymentMethods = table{"payment_methods", "pm", "PaymentMethod", "payment_method"}
	paymentIntents = table{"payment_intents", "pi", "payment_intent", "intent"}
	charges        = table{"charges", "ch", "charge", "id"}
	refunds        = table{"refunds", "re", "refund", "id"}
	disputes       = table{"disputes", "dp", "dispute", "id"}
	events         = table{"events", "evt", "event", "id"}
	deliveries     = table{name: "deliveries"}  // events that the webhook endpoint has yet to accept
	returnURLs     = table{name: "return_urls"} // by PaymentIntent: where the bank sends the payer back to
	answers        = table{name: "answers"}     // by idempotency key
)

var tables = []table{paymentMethods, paymentIntents, charges, refunds, disputes, events, deliveries, returnURLs, answers}

var errClosed = errors.New("the sandbox is closed")

// store keeps JSON documents by table and id. All are in memory; with a file, every
// commit is on disk before update returns. One transaction runs at a time: the lock
// is what makes the sandbox right under concurrent requests.
type store struct {
	now func() time.Time

	mu     sync.Mutex
	rows   map[string]map[string][]byte // by table and id
	file   *bbolt.DB                    // nil: in memory only
	closed bool
}

func openStore(dir string, now func() time.Time) (*store, error) {
	s := &store{now: now, rows: map[string]map[string][]byte{}}
	for _, t := range tables {
		s.rows[t.name] = map[string][]byte{}
	}
	if dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make state folder: %w", err)
	}
	path := filepath.Join(dir, "stripe.db")
	file, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second}) // another sandbox holds the lock: say so, do not wait
	if err != nil {
		return nil, fmt.Errorf("open state file %s: %w", path, err)
	}
	s.file = file
	if err := file.Update(s.load); err != nil {
		return nil, errors.Join(fmt.Errorf("read state file %s: %w", path, err), file.Close())
	}
	return s, nil
}

func (s *store) load(file *bbolt.Tx) error {
	for _, t := range tables {
		bucket, err := file.CreateBucketIfNotExists([]byte(t.name))
		if err != nil {
			return err
		}
		err = bucket.ForEach(func(id, row []byte) error {
			s.rows[t.name][string(id)] = slices.Clone(row) // bbolt's slices end with its transaction
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// update runs fn alone and commits what it wrote, unless it returns an error.
func (s *store) update(fn func(*tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	tx := &tx{now: s.now(), store: s, written: map[row][]byte{}}
	if err := fn(tx); err != nil {
		return err
	}
	return s.commit(tx)
}

func (s *store) commit(tx *tx) error {
	if s.file != nil && len(tx.written) > 0 {
		if err := s.file.Update(tx.save); err != nil {
			return fmt.Errorf("write state file: %w", err)
		}
	}
	for row, value := range tx.written {
		if value == nil {
			delete(s.rows[row.table], row.id)
		} else {
			s.rows[row.table][row.id] = value
		}
	}
	return nil
}

// tx is one transaction: it reads what was committed before and what it wrote itself.
type tx struct {
	now    time.Time
	cause  *eventRequest // of the events
	events []event

	store   *store
	written map[row][]byte // nil: removed
}

type row struct{ table, id string }

func (tx *tx) save(file *bbolt.Tx) error {
	for row, value := range tx.written {
		bucket := file.Bucket([]byte(row.table))
		if value == nil {
			if err := bucket.Delete([]byte(row.id)); err != nil {
				return err
			}
			continue
		}
		if err := bucket.Put([]byte(row.id), value); err != nil {
			return err
		}
	}
	return nil
}

// lookUp returns the row with an id, if there is one.
func lookUp[T any](tx *tx, from table, id string) (value T, found bool, err error) {
	data, own := tx.written[row{from.name, id}]
	if !own {
		data = tx.store.rows[from.name][id]
	}
	if data == nil {
		return value, false, nil
	}
	if err := json.Unmarshal(data, &value); err != nil {
		return value, false, fmt.Errorf("decode %s %s: %w", from.name, id, err)
	}
	return value, true, nil
}

// find returns the object with an id, or says that it is missing.
func find[T any](tx *tx, from table, id string) (*T, error) {
	value, found, err := lookUp[T](tx, from, id)
	if err == nil && !found {
		err = &missing{from, id}
	}
	return &value, err
}

// put writes v, which is a type of this package: failing to encode it is a mistake in it.
func put(tx *tx, into table, id string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err))
	}
	tx.written[row{into.name, id}] = data
}

func remove(tx *tx, from table, id string) { tx.written[row{from.name, id}] = nil }

// each calls fn for every row of a table as it was before the transaction, oldest first.
func each[T any](tx *tx, of table, fn func(id string, value T) error) error {
	for _, id := range slices.Sorted(maps.Keys(tx.store.rows[of.name])) {
		var value T
		if err := json.Unmarshal(tx.store.rows[of.name][id], &value); err != nil {
			return fmt.Errorf("decode %s %s: %w", of.name, id, err)
		}
		if err := fn(id, value); err != nil {
			return err
		}
	}
	return nil
}

// selected returns the rows of a table that a filter keeps, oldest first.
func selected[T any](tx *tx, of table, keep func(T) bool) (rows []T, err error) {
	err = each(tx, of, func(_ string, row T) error {
		if keep(row) {
			rows = append(rows, row)
		}
		return nil
	})
	return rows, err
}

// all returns a table as it was before the transaction, oldest first.
func all[T any](tx *tx, of table) (values []T, err error) {
	err = each(tx, of, func(_ string, value T) error {
		values = append(values, value)
		return nil
	})
	return values, err
}

// newID makes an id that looks like Stripe's (pi_ and 24 characters). Objects of the
// API are never removed, so their number in front makes ids sort by creation.
func (tx *tx) newID(in table) string {
	n := len(tx.store.rows[in.name]) + 1
	for row := range tx.written {
		if _, committed := tx.store.rows[row.table][row.id]; row.table == in.name && !committed {
			n++
		}
	}
	return fmt.Sprintf("%s_%08d%s", in.prefix, n, rand.Text()[:16])
}
