package mongo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Buckets of the file. The documents of a collection and each of its indexes have
// buckets of their own, named by its id.
var (
	catalogBucket = []byte("catalog")
	answersBucket = []byte("answers")
	versionKey    = []byte("\x00version")
)

const (
	// queued is how many writes may wait before their connections do.
	queued = 256
	// batched is how many writes share a commit at most.
	batched = 256
)

// store runs transactions: any number of readers, and one writer that commits what
// waits together.
type store struct {
	db      *bolt.DB
	jobs    chan *job
	catalog atomic.Pointer[catalog]
	closing sync.RWMutex // held for reading while a job is handed over
	closed  bool
	done    chan struct{}
}

// txn is a transaction and the catalog as it is in it.
type txn struct {
	*bolt.Tx
	cat *catalog
}

// job is a write that waits for its turn and then for the commit.
type job struct {
	run  func(*txn) error
	err  error
	done chan struct{}
}

var errClosed = errorf(codeInterruptedAtShutdown, "the server is shutting down")

func openStore(dir string, sync bool) (*store, error) {
	db, err := openDir(dir, sync)
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(catalogBucket)
		_, err2 := tx.CreateBucketIfNotExists(answersBucket)
		return errors.Join(err, err2)
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare %s: %w", dir, err), db.Close())
	}
	s := &store{db: db, jobs: make(chan *job, queued), done: make(chan struct{})}
	go s.write()
	return s, nil
}

// close commits what waits and closes the file.
func (s *store) close() error {
	s.closing.Lock()
	if !s.closed {
		s.closed = true
		close(s.jobs)
	}
	s.closing.Unlock()
	<-s.done
	// The file has two descriptions, of the last two commits. After an empty commit
	// they say the same, so that losing one loses nothing.
	err := s.db.Update(func(*bolt.Tx) error { return nil })
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		err = nil // closed before
	}
	return errors.Join(err, s.db.Close())
}

// view runs a read in the state of the last commit.
func (s *store) view(read func(*txn) error) error {
	tx, err := s.db.Begin(false)
	if err != nil {
		return errClosed
	}
	defer func() { _ = tx.Rollback() }()
	t, err := s.begin(tx)
	if err != nil {
		return err
	}
	return read(t)
}

// update runs a write and returns when it is committed. An error means that it has
// changed nothing. A write checks what can be refused before it changes anything,
// so that a commandError leaves the transaction as it was.
func (s *store) update(write func(*txn) error) error {
	j := &job{run: write, done: make(chan struct{})}
	s.closing.RLock()
	if s.closed {
		s.closing.RUnlock()
		return errClosed
	}
	s.jobs <- j
	s.closing.RUnlock()
	<-j.done
	return j.err
}

// write is the writer: it takes what waits, runs it, and commits once.
func (s *store) write() {
	defer close(s.done)
	batch := make([]*job, 0, batched)
	for first := range s.jobs {
		batch = append(batch[:0], first)
		for more := true; more && len(batch) < batched; {
			select {
			case j, ok := <-s.jobs:
				if more = ok; ok {
					batch = append(batch, j)
				}
			default:
				more = false
			}
		}
		s.commit(batch)
		for _, j := range batch {
			close(j.done)
		}
	}
}

// commit runs a batch. If a job fails other than by refusing, nothing of the batch
// is kept; the jobs then run one by one, and only the one that fails has failed.
func (s *store) commit(batch []*job) {
	err := s.attempt(batch)
	if err == nil {
		return
	}
	for _, j := range batch {
		if len(batch) > 1 {
			err = s.attempt([]*job{j})
		}
		if err != nil {
			j.err = explainFailure(err)
		}
	}
}

func (s *store) attempt(batch []*job) (err error) {
	tx, err := s.db.Begin(true)
	if err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
		}
		if err != nil {
			_ = tx.Rollback()
		}
	}()
	t, err := s.begin(tx)
	if err != nil {
		return err
	}
	for _, j := range batch {
		j.err = j.run(t)
		if _, refused := errors.AsType[*commandError](j.err); j.err != nil && !refused {
			return j.err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.catalog.Store(t.cat)
	return nil
}

// explainFailure names what an operator can mend.
func explainFailure(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return errorf(codeOutOfDiskSpace, "the disk is full: %s", err)
	}
	if errors.Is(err, os.ErrClosed) {
		return errClosed
	}
	return err
}

// begin finds the catalog that a transaction sees.
func (s *store) begin(tx *bolt.Tx) (*txn, error) {
	t := &txn{Tx: tx}
	version := uint64(0)
	if v := tx.Bucket(catalogBucket).Get(versionKey); v != nil {
		version = binary.BigEndian.Uint64(v)
	}
	if t.cat = s.catalog.Load(); t.cat != nil && t.cat.version == version {
		return t, nil
	}
	var err error
	t.cat, err = readCatalog(tx, version)
	if err == nil && !tx.Writable() {
		s.remember(t.cat)
	}
	return t, err
}

// remember keeps a committed catalog unless a newer one is known.
func (s *store) remember(c *catalog) {
	for {
		old := s.catalog.Load()
		if (old != nil && old.version >= c.version) || s.catalog.CompareAndSwap(old, c) {
			return
		}
	}
}
