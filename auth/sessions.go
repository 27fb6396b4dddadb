package auth

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketing.dev/common/events"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/session"
)

// maxStays is how many sessions a user can have. One more ends the one that was unused for the longest time.
const maxStays = 50

// Stay is a session as auth keeps it.
type Stay struct {
	// Number counts the user's sessions from 1. It's the session's id.
	Number int64 `bson:"number"`
	// Device is the browser and system that signed in.
	Device  string    `bson:"device"`
	Started time.Time `bson:"started"`
	// Seen is when the session last got a new token, and so was in use: at most session.RenewAfter ago.
	Seen time.Time `bson:"seen"`
}

// stays is the part of a user that says which sessions go on.
type stays struct {
	// Last is the number of the newest session.
	Last int64  `bson:"lastSession,omitempty"`
	All  []Stay `bson:"sessions,omitempty"`
	// LeftAt is when the user last signed out everywhere. It ends the sessions that have no number.
	LeftAt time.Time `bson:"leftAt,omitempty"`
}

// Begin starts a session, and forgets those that have expired.
func (u *User) Begin(device string, now time.Time, expired func(started, seen time.Time) bool) session.Session {
	u.Stays.All = slices.DeleteFunc(u.Stays.All, func(s Stay) bool { return expired(s.Started, s.Seen) })
	u.Stays.Last++
	u.Stays.All = append(u.Stays.All, Stay{u.Stays.Last, device, now, now})
	if len(u.Stays.All) > maxStays {
		unused := slices.MinFunc(u.Stays.All, func(a, b Stay) int { return a.Seen.Compare(b.Seen) })
		u.end(unused.Number)
	}
	return session.Session{User: u.identity(), Number: u.Stays.Last, Started: now}
}

// See notes that a session is in use. It reports whether the session goes on.
func (u *User) See(number int64, now time.Time) bool {
	i := u.stay(number)
	if i < 0 {
		return false
	}
	if now.Sub(u.Stays.All[i].Seen) >= session.RenewAfter {
		u.Stays.All[i].Seen = now
	}
	return true
}

// End ends a session.
func (u *User) End(number int64) error {
	if u.stay(number) < 0 {
		return problem.ErrNotFound
	}
	u.end(number)
	return nil
}

// EndAll ends all sessions.
func (u *User) EndAll(now time.Time) {
	u.Stays.All, u.Stays.LeftAt = nil, now
	u.Record(u.ended())
}

func (u *User) end(number int64) {
	i := u.stay(number)
	u.Stays.All = slices.Delete(u.Stays.All, i, i+1)
	u.Record(u.ended())
}

func (u *User) stay(number int64) int {
	return slices.IndexFunc(u.Stays.All, func(s Stay) bool { return s.Number == number })
}

// ended is what the services need to know about the user's sessions.
func (u *User) ended() events.SessionEnded {
	live := make([]int64, len(u.Stays.All))
	for i, s := range u.Stays.All {
		live[i] = s.Number
	}
	return events.SessionEnded{UserID: u.ID, Version: u.Version, Last: u.Stays.Last, Live: live, Before: u.Stays.LeftAt}
}

// view is a session in a response.
type view struct {
	ID        string    `json:"id"`
	Device    string    `json:"device"`
	CreatedAt time.Time `json:"createdAt"`
	// LastSeenAt is exact to session.RenewAfter.
	LastSeenAt time.Time `json:"lastSeenAt"`
	// Current marks the session that asks.
	Current bool `json:"current"`
}

// views are the sessions that haven't expired, the last seen first.
func (u *User) views(current int64, expired func(started, seen time.Time) bool) []view {
	all := make([]view, 0, len(u.Stays.All))
	for _, s := range u.Stays.All {
		if !expired(s.Started, s.Seen) {
			all = append(all, view{strconv.FormatInt(s.Number, 10), s.Device, s.Started, s.Seen, s.Number == current})
		}
	}
	slices.SortFunc(all, func(a, b view) int { return b.LastSeenAt.Compare(a.LastSeenAt) })
	return all
}

// device names the browser and the system of a User-Agent header. It keeps no version, so it says little about a user.
func device(agent string) string {
	browser, system := named(agent, browsers), named(agent, systems)
	switch {
	case browser == "" && system == "":
		return "Unknown device"
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + " on " + system
}

// Both lists are in this order since browsers also name those that they resemble.
var (
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}, {"Go-http-client/", "Go program"}}
	systems = [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"}, {"Linux", "Linux"}}
)

func named(agent string, names [][2]string) string {
	for _, n := range names {
		if strings.Contains(agent, n[0]) {
			return n[1]
		}
	}
	return ""
}
