package session

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// verifiedSize bounds how many cookies a process remembers: twice as many while a generation is replaced.
	verifiedSize = 4096
	// verifiedFor is how long it remembers one. Then the cookie is decrypted and its signatures are checked again.
	verifiedFor = time.Minute
)

// verified are the cookies that this process has lately decrypted and found signed with one of its keys. Only valid
// cookies get in, so forged ones displace nothing. It remembers what a cookie says and until when it's valid, never
// that its session goes on: each read checks the ends and the clock.
type verified struct {
	mu sync.RWMutex
	// Cookies move to the old generation, and the old one is dropped, when the young one is full.
	young, old map[cookieHash]known
}

// cookieHash stands for a cookie's value, so that memory holds no cookie that works.
type cookieHash [sha256.Size]byte

func hashOf(value string) cookieHash { return sha256.Sum256([]byte(value)) }

// known is a remembered cookie.
type known struct {
	session Session
	// token and cookie are when the two wrappings of the session expire, by the clock of each.
	token, cookie time.Time
}

// get returns the session of a cookie that was verified, and that is valid at both times.
func (v *verified) get(h cookieHash, token, now time.Time) (Session, bool) {
	v.mu.RLock()
	k, ok := v.young[h]
	if !ok {
		k, ok = v.old[h]
	}
	v.mu.RUnlock()
	return k.session, ok && token.Before(k.token) && now.Before(k.cookie)
}

// put remembers a cookie.
func (v *verified) put(h cookieHash, k known) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.young == nil || len(v.young) >= verifiedSize {
		v.young, v.old = make(map[cookieHash]known), v.young
	}
	v.young[h] = k
}

// made returns the time in a valid cookie's value, which begins with it in seconds.
func made(value string) (time.Time, bool) {
	const start = 20 // characters of base64 hold 15 bytes, more than the ten digits that the time has until 2286
	if len(value) < start {
		return time.Time{}, false
	}
	text, err := base64.URLEncoding.DecodeString(value[:start])
	if err != nil {
		return time.Time{}, false
	}
	digits, _, found := strings.Cut(string(text), "|")
	seconds, err := strconv.ParseInt(digits, 10, 64)
	return time.Unix(seconds, 0), found && err == nil
}
