package auth

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAHashMatchesOnlyItsPassword(t *testing.T) {
	h := NewHasher(1, 0)
	for _, password := range []string{"correct horse", "", "pässwörd", "\x00\x00", strings.Repeat("🔑", 128)} {
		stored, err := h.Hash(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		if right, err := h.Matches(t.Context(), stored, password); err != nil || !right {
			t.Errorf("%q does not match its hash (%v)", password, err)
		}
		for _, other := range []string{password + " ", " " + password, password + "\x00", "Correct horse", strings.ToUpper(password) + "!"} {
			if right, err := h.Matches(t.Context(), stored, other); err != nil || right {
				t.Errorf("%q matches the hash of %q (%v)", other, password, err)
			}
		}
	}
}

func TestEveryHashHasItsOwnSalt(t *testing.T) {
	h := NewHasher(1, 0)
	a, err1 := h.Hash(t.Context(), "correct horse")
	b, err2 := h.Hash(t.Context(), "correct horse")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if a == b {
		t.Errorf("the same password was hashed to %s twice", a)
	}
	if cost := "$argon2id$v=19$m=19456,t=2,p=1$"; !strings.HasPrefix(a, cost) {
		t.Errorf("%s does not begin with %s", a, cost)
	}
}

// The hash comes from the tests of the reference implementation, and costs something else than today's
// (https://github.com/P-H-C/phc-winner-argon2/blob/master/src/test.c).
func TestAHashByAnotherHandMatches(t *testing.T) {
	const stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for password, want := range map[string]bool{"password": true, "differentpassword": false} {
		if right, err := NewHasher(1, 0).Matches(t.Context(), stored, password); err != nil || right != want {
			t.Errorf("%s: %v, %v", password, right, err)
		}
	}
}

func TestErrorsDoNotRevealMalformedHashes(t *testing.T) {
	const salt, key = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for _, stored := range []string{
		"",
		"password",
		"$argon2id$v=19$m=64,t=2,p=1$" + salt,
		"$argon2id$v=19$m=64,t=2,p=1$" + salt + "$",
		"$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + key + "$",
		"$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + key + "=",
		"$argon2id$v=19$m=64,t=2,p=1$" + salt + "$c2hvcnQ",
		"$argon2id$v=19$m=64,t=2,p=1x$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=2,p=0$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=2,p=257$" + salt + "$" + key,
		"$argon2id$v=19$m=-64,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=16$m=64,t=2,p=1$" + salt + "$" + key,
		"$argon2i$v=19$m=64,t=2,p=1$" + salt + "$" + key,
	} {
		right, err := NewHasher(1, 0).Matches(t.Context(), stored, "password")
		if err == nil || right {
			t.Errorf("%s: no error", stored)
		} else if strings.Contains(err.Error(), key) {
			t.Errorf("%s: the error tells it: %v", stored, err)
		}
	}
}

func TestTheDummyHashTakesAsLongAndMatchesNoPassword(t *testing.T) {
	stored := dummyHash()
	p, err := parsePHC(stored)
	if err != nil {
		t.Fatal(err)
	}
	if today := newPHC(); p.memory != today.memory || p.passes != today.passes || p.threads != today.threads || len(p.salt) != len(today.salt) {
		t.Errorf("%s does not cost what a hash costs", stored)
	}
	for _, password := range []string{"", "password"} {
		if right, err := NewHasher(1, 0).Matches(t.Context(), stored, password); err != nil || right {
			t.Errorf("%q: %v, %v", password, right, err)
		}
	}
}

func TestAFullQueueRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHasher(1, 1)
		finish := make(chan struct{})
		h.argon2id = func(_, _ []byte, _, _ uint32, _ uint8, keySize uint32) []byte {
			<-finish
			return make([]byte, keySize)
		}
		hash := func(ctx context.Context) <-chan error {
			done := make(chan error, 1)
			go func() {
				_, err := h.Hash(ctx, "password")
				done <- err
			}()
			synctest.Wait()
			return done
		}

		working := hash(t.Context())
		impatient, leave := context.WithCancel(t.Context())
		waiting := hash(impatient)
		if _, err := h.Hash(t.Context(), "password"); !errors.Is(err, ErrBusy) {
			t.Errorf("the queue is full: %v", err)
		}
		leave()
		if err := <-waiting; !errors.Is(err, ErrBusy) {
			t.Errorf("who left the queue: %v", err)
		}
		next := hash(t.Context())
		close(finish)
		if err := errors.Join(<-working, <-next); err != nil {
			t.Errorf("who was let in: %v", err)
		}
		if _, err := h.Hash(t.Context(), "password"); err != nil {
			t.Errorf("the queue is empty again: %v", err)
		}
	})
}

func TestNoMoreAreHashedAtOnceThanThereAreWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHasher(3, 17)
		var running, most atomic.Int64
		h.argon2id = func(_, _ []byte, _, _ uint32, _ uint8, keySize uint32) []byte {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			time.Sleep(30 * time.Millisecond)
			return make([]byte, keySize)
		}
		start := time.Now()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := h.Hash(t.Context(), "password"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if most.Load() != 3 {
			t.Errorf("%d at once", most.Load())
		}
		if took := time.Since(start); took != 7*30*time.Millisecond {
			t.Errorf("20 hashes by 3 workers took %s", took)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	h := NewHasher(1, 0)
	for b.Loop() {
		if _, err := h.Hash(b.Context(), "correct horse battery staple"); err != nil {
			b.Fatal(err)
		}
	}
}
