package auth

import (
	"context"
	"crypto/subtle"
	"runtime/debug"
	"time"

	"golang.org/x/crypto/argon2"

	"ticketing.dev/common/problem"
)

// The cost of a hash is OWASP's minimum for argon2id, about 30 ms of one core
// (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id).
const (
	memory  = 19 << 10 // KiB
	passes  = 2
	threads = 1
)

// queuePerWorker is how many passwords may wait per worker. The last one waits about a second.
const queuePerWorker = 32

// idleAfter is how long after the last hash its memory is returned to the system.
const idleAfter = 5 * time.Second

// ErrBusy means that too many passwords are already waiting to be hashed.
var ErrBusy = &problem.Error{
	Kind:       problem.Unavailable,
	Details:    []problem.Detail{{Message: "Too many people are signing in right now. Please try again in a moment."}},
	RetryAfter: 2 * time.Second,
}

type semaphore chan struct{}

// Hasher hashes a few passwords at a time, since each takes 19 MiB and a core. A bounded number may wait, and the
// rest is refused at once, so that a flood of sign-ins can't exhaust memory or make everyone wait.
type Hasher struct {
	// admitted limits the passwords that wait or are being hashed, workers those being hashed.
	admitted, workers semaphore
	// idle returns memory to the system when no hash follows. The runtime would keep it for minutes.
	idle *time.Timer
	// argon2id is argon2.IDKey.
	argon2id func(password, salt []byte, passes, memory uint32, threads uint8, keySize uint32) []byte
}

// NewHasher returns a hasher with this many workers, and room for this many waiting passwords.
func NewHasher(workers, waiting int) *Hasher {
	return &Hasher{
		admitted: make(semaphore, workers+waiting),
		workers:  make(semaphore, workers),
		idle:     time.AfterFunc(idleAfter, debug.FreeOSMemory),
		argon2id: argon2.IDKey,
	}
}

// Hash returns the hash of a password in PHC form. The only error is ErrBusy.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	p := newPHC()
	key, err := h.derive(ctx, password, p)
	if err != nil {
		return "", err
	}
	p.key = key
	return p.String(), nil
}

// Matches reports whether a password has this stored hash. The error is ErrBusy if there was no time to check.
func (h *Hasher) Matches(ctx context.Context, stored, password string) (bool, error) {
	p, err := parsePHC(stored)
	if err != nil {
		return false, err
	}
	key, err := h.derive(ctx, password, p)
	return subtle.ConstantTimeCompare(key, p.key) == 1, err
}

// derive derives a key from a password when a worker is free. The error is ErrBusy if the queue is full, or if ctx
// ends first.
func (h *Hasher) derive(ctx context.Context, password string, p phc) ([]byte, error) {
	select {
	case h.admitted <- struct{}{}:
		defer func() { <-h.admitted }()
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
