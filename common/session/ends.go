package session

import (
	"slices"
	"sync"
	"time"
)

// Ends says which sessions of a user have ended. auth numbers a user's sessions from 1, so all that have ever ended
// take no more room than those that go on.
type Ends struct {
	// Version counts the changes of the user's account. Newer ends replace older ones.
	Version int64
	// Last is the highest number so far. Of the sessions up to it, only the Live ones go on.
	Last int64
	Live []int64
	// Before ends the sessions without a number that started before it, which earlier releases made.
	Before time.Time
}

// include reports whether a session has ended.
func (e Ends) include(s Session) bool {
	if s.Number == 0 {
		return s.Started.Before(e.Before)
	}
	return s.Number <= e.Last && !slices.Contains(e.Live, s.Number)
}

// ended are the ends of all users that this process knows of.
type ended struct {
	mu    sync.RWMutex
	users map[string]Ends
}

func (e *ended) has(s Session) bool {
	e.mu.RLock()
	ends, known := e.users[s.ID]
	e.mu.RUnlock()
	return known && ends.include(s)
}

// Learn ends sessions of a user in this process.
func (s *Sessions) Learn(user string, e Ends) {
	s.ended.mu.Lock()
	defer s.ended.mu.Unlock()
	if known, ok := s.ended.users[user]; !ok || known.Version < e.Version {
		s.ended.users[user] = e
	}
}

// Forget drops a user's ends up to a version, once the tokens of all those sessions have expired.
func (s *Sessions) Forget(user string, version int64) {
	s.ended.mu.Lock()
	defer s.ended.mu.Unlock()
	if s.ended.users[user].Version <= version {
		delete(s.ended.users, user)
	}
}

// Known is how many users have ends in this process.
func (s *Sessions) Known() int {
	s.ended.mu.RLock()
	defer s.ended.mu.RUnlock()
	return len(s.ended.users)
}
