package auth

import (
	"context"
	"crypto/subtle"
	"runtime/debug"
	"time"

	"golang.org/x/crypto/argon2"

	"ticketing.dev/common/problem"
)

// The cost of a hash is OWASP's minimum for argon2id, some 30 ms of a core
// (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id).
const (
	memory  = 19 << 10 // KiB
	passes  = 2
	threads = 1
)

// queuePerWorker is how many passwords may wait for each worker. The last of them waits a second.
const queuePerWorker = 32

// idleAfter is how long after the last hash its memory is given back.
const idleAfter = 5 * time.Second

// ErrBusy says that too many passwords wait to be hashed already.
var ErrBusy = &problem.Error{
	Kind:       problem.Unavailable,
	Details:    []problem.Detail{{Message: "Too many people are signing in, please try again"}},
	RetryAfter: 2 * time.Second,
}

// Hasher hashes passwords, a few at a time: each takes 19 MiB and a core. As many may wait as will
// not wait long, and the rest is refused at once, so that a flood of sign-ins takes neither the
// memory of the process nor the patience of those who came before it.
type Hasher struct {
	// places has an entry for each password that is in, workers for each that is being hashed.
	places, workers chan struct{}
	// idle gives the memory of the last hashes back to the system when no other follows. By itself the
	// runtime would keep it for minutes.
	idle *time.Timer
	// argon2id is argon2.IDKey.
	argon2id func(password, salt []byte, passes, memory uint32, threads uint8, keySize uint32) []byte
}

// NewHasher makes a hasher of so many workers, for which so many passwords may wait.
func NewHasher(workers, waiting int) *Hasher {
	return &Hasher{
		places:   make(chan struct{}, workers+waiting),
		workers:  make(chan struct{}, workers),
		idle:     time.AfterFunc(idleAfter, debug.FreeOSMemory),
		argon2id: argon2.IDKey,
	}
}

// Hash makes of a password what is stored, in PHC form. The only error is ErrBusy.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	p := newPHC()
	key, err := h.derive(ctx, password, p)
	if err != nil {
		return "", err
	}
	p.key = key
	return p.String(), nil
}

// Matches says whether a stored hash was made of a password, or ErrBusy if that was not found out.
func (h *Hasher) Matches(ctx context.Context, stored, password string) (bool, error) {
	p, err := parsePHC(stored)
	if err != nil {
		return false, err
	}
	key, err := h.derive(ctx, password, p)
	return subtle.ConstantTimeCompare(key, p.key) == 1, err
}

// derive makes a key of a password when its turn comes. One that waits until ctx ends has waited in
// vain for the same reason as one that is not let in.
func (h *Hasher) derive(ctx context.Context, password string, p phc) ([]byte, error) {
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		return nil, ErrBusy
	}
	select {
	case h.workers <- struct{}{}:
		defer func() { <-h.workers; h.idle.Reset(idleAfter) }()
	case <-ctx.Done():
		return nil, ErrBusy
	}
	return h.argon2id([]byte(password), p.salt, p.passes, p.memory, p.threads, keySize), nil
}
