package mongo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Buckets of the file. Each collection has one for its documents and one for each index, named by the collection's id.
var (
	catalogBucket = []byte("catalog")
	answersBucket = []byte("answers")
	versionKey    = []byte("\x00version")
)

// store runs transactions: any number of readers, and one writer at a time.
type store struct {
	db      *bolt.DB
	catalog atomic.Pointer[catalog]
	lead    chan struct{} // holds a token while somebody commits

	mu      sync.Mutex
	waiting []*job
	closed  bool
}

// txn is a transaction and its view of the catalog.
type txn struct {
	*bolt.Tx
	cat *catalog
}

// job is a write that waits for its commit.
type job struct {
	run  func(*txn)
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
	return &store{db: db, lead: make(chan struct{}, 1)}, nil
}

// close commits what waits and closes the file.
func (s *store) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.lead <- struct{}{}
	s.commitWaiting()
	<-s.lead
	// bbolt has a page of metadata for each of the last two commits. After an empty commit, losing one loses nothing.
	err := s.db.Update(func(*bolt.Tx) error { return nil })
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		err = nil // closed before
	}
	return errors.Join(err, s.db.Close())
}

// view runs a read in the state of the last commit.
func (s *store) view(read func(*txn)) {
	tx, err := s.db.Begin(false)
	if err != nil {
		panic(errClosed)
	}
	defer func() { _ = tx.Rollback() }()
	read(s.begin(tx))
}

// update runs a write and returns when it's committed. If it fails, it has changed nothing: a write checks what can be
// refused before it changes anything.
//
// Most of the cost of a write is the commit, so the first of the writes that wait commits for all of them.
func (s *store) update(write func(*txn)) {
	j := &job{run: write, done: make(chan struct{})}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		panic(errClosed)
	}
	s.waiting = append(s.waiting, j)
	s.mu.Unlock()
	select {
	case <-j.done:
	case s.lead <- struct{}{}:
		s.commitWaiting()
		<-s.lead
	}
	must(j.err)
}

// commitWaiting commits the writes that wait.
func (s *store) commitWaiting() {
	runtime.Gosched() // lets clients that are about to write join
	s.mu.Lock()
	batch := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	if len(batch) > 0 {
		s.commit(batch)
	}
	for _, j := range batch {
		close(j.done)
	}
}

// commit runs a batch. If a job fails other than by refusing, the jobs run again one by one without the others.
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

func (s *store) attempt(batch []*job) error {
	return caught(func() {
		tx, err := s.db.Begin(true)
		must(err)
		defer func() { _ = tx.Rollback() }() // does nothing after a commit
		t := s.begin(tx)
		for _, j := range batch {
			j.err = caught(func() { j.run(t) })
			if _, refused := errors.AsType[*commandError](j.err); !refused {
				must(j.err)
			}
		}
		must(tx.Commit())
		s.catalog.Store(t.cat)
	})
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
func (s *store) begin(tx *bolt.Tx) *txn {
	version := uint64(0)
	if v := tx.Bucket(catalogBucket).Get(versionKey); v != nil {
		version = binary.BigEndian.Uint64(v)
	}
	cat := s.catalog.Load()
	if cat == nil || cat.version != version {
		cat = readCatalog(tx, version)
		if !tx.Writable() {
			s.remember(cat)
		}
	}
	return &txn{Tx: tx, cat: cat}
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
