package auth

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/aggregate"
	memorybus "ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

func withCookie(c *http.Cookie) func(*http.Request) {
	return func(r *http.Request) { r.AddCookie(c) }
}

// enter signs a new user up and in again, and returns both sessions.
func (rs *running) enter(t *testing.T, email string) (first, second *http.Cookie) {
	t.Helper()
	up, in := rs.post(t, "/api/users/signup", credentials(email, right)), rs.post(t, "/api/users/signin", credentials(email, right))
	if up.session == nil || in.session == nil {
		t.Fatalf("not signed in: %s, %s", up.Body, in.Body)
	}
	return up.session, in.session
}

// admits reports whether a cookie signs a user in.
func (rs *running) admits(t *testing.T, c *http.Cookie) bool {
	t.Helper()
	return rs.currentUser(t, c) != `{"currentUser":null}`
}

// list returns the user's sessions as the API shows them.
func (rs *running) list(t *testing.T, c *http.Cookie) (all []view) {
	t.Helper()
	a := rs.do(t, http.MethodGet, "/api/users/sessions", "", withCookie(c))
	if err := json.Unmarshal([]byte(a.Body), &all); err != nil || a.Status != http.StatusOK {
		t.Fatalf("sessions: %d %s %v", a.Status, a.Body, err)
	}
	return all
}

// ended waits for what the bus says about ended sessions.
func (rs *running) ended(t *testing.T, want int) (all []events.SessionEnded) {
	t.Helper()
	servicetest.Eventually(t, "session:ended", func() bool {
		all = nil
		err := rs.bus.Replay(t.Context(), "session:ended", func(m []byte) {
			e, err := events.Decode[events.SessionEnded](m)
			if err != nil {
				t.Error(err)
			}
			all = append(all, e)
		})
		return err == nil && len(all) == want
	})
	return all
}

func TestASignOutEndsTheSessionOnTheServer(t *testing.T) {
	rs := run(t)
	one, other := rs.enter(t, "ada@example.com")
	if a := rs.post(t, "/api/users/signout", "", withCookie(one)); a.Status != http.StatusOK {
		t.Fatalf("sign-out: %d %s", a.Status, a.Body)
	}
	if rs.admits(t, one) {
		t.Error("a copy of the cookie still signs in")
	}
	if !rs.admits(t, other) {
		t.Error("the user's other session has ended, too")
	}
	if e := rs.ended(t, 1)[0]; e.Last != 2 || !slices.Equal(e.Live, []int64{2}) || !e.Before.IsZero() {
		t.Errorf("the services learn %+v", e)
	}
	if a := rs.post(t, "/api/users/signout", "", withCookie(one)); a.Status != http.StatusOK {
		t.Errorf("a second sign-out: %d %s", a.Status, a.Body)
	}
}

func TestASignOutEverywhereEndsOnlyTheUsersOwnSessions(t *testing.T) {
	rs := run(t)
	one, other := rs.enter(t, "ada@example.com")
	foreign, _ := rs.enter(t, "bob@example.com")
	a := rs.do(t, http.MethodDelete, "/api/users/sessions", "", withCookie(one))
	if a.Status != http.StatusNoContent || a.session == nil || a.session.MaxAge >= 0 {
		t.Fatalf("sign-out everywhere: %d %s, cookie %v", a.Status, a.Body, a.session)
	}
	for name, c := range map[string]*http.Cookie{"this": one, "the other": other} {
		if rs.admits(t, c) {
			t.Errorf("%s session goes on", name)
		}
	}
	if !rs.admits(t, foreign) {
		t.Error("it ended a session of another user")
	}
	if e := rs.ended(t, 1)[0]; e.Last != 2 || len(e.Live) != 0 || time.Since(e.Before) > time.Minute {
		t.Errorf("the services learn %+v", e)
	}
	again := rs.post(t, "/api/users/signin", credentials("ada@example.com", right))
	if again.session == nil || !rs.admits(t, again.session) {
		t.Error("the user can't sign in anymore")
	}
}

func TestUsersSeeAndEndTheirSessions(t *testing.T) {
	rs := run(t)
	rs.enter(t, "ada@example.com")
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	here := rs.post(t, "/api/users/signin", credentials("ada@example.com", right), header("User-Agent", firefox)).session
	all := rs.list(t, here)
	if len(all) != 3 || !all[0].Current || all[0].Device != "Firefox on Linux" || all[1].Current || time.Since(all[0].LastSeenAt) > time.Minute {
		t.Fatalf("sessions: %+v", all)
	}
	foreign, _ := rs.enter(t, "bob@example.com")
	path := "/api/users/sessions/" + all[2].ID
	for name, a := range map[string]answer{
		"unknown":      rs.do(t, http.MethodDelete, "/api/users/sessions/99", "", withCookie(here)),
		"not a number": rs.do(t, http.MethodDelete, "/api/users/sessions/x", "", withCookie(here)),
	} {
		a.refused(t, name, http.StatusNotFound, `[{"message":"Not found"}]`)
	}
	rs.do(t, http.MethodDelete, path, "").refused(t, "signed out", http.StatusUnauthorized, `[{"message":"Not authorized"}]`)
	rs.do(t, http.MethodGet, "/api/users/sessions", "").refused(t, "signed out", http.StatusUnauthorized, `[{"message":"Not authorized"}]`)
	rs.do(t, http.MethodDelete, "/api/users/sessions", "").refused(t, "signed out", http.StatusUnauthorized, `[{"message":"Not authorized"}]`)
	if a := rs.do(t, http.MethodDelete, path, "", withCookie(foreign)); a.Status != http.StatusNoContent {
		t.Errorf("bob's session with the same number: %d", a.Status)
	}
	if len(rs.list(t, here)) != 3 {
		t.Error("bob ended a session of ada's")
	}
	a := rs.do(t, http.MethodDelete, path, "", withCookie(here))
	if a.Status != http.StatusNoContent || len(rs.list(t, here)) != 2 || a.session != nil {
		t.Errorf("ending another session: %d, cookie %v", a.Status, a.session)
	}
	if a := rs.do(t, http.MethodDelete, "/api/users/sessions/"+all[0].ID, "", withCookie(here)); a.session == nil || rs.admits(t, here) {
		t.Errorf("ending this session: %d, cookie %v", a.Status, a.session)
	}
}

// The process may die after the commit, or the broker may be away: replicas still learn from the store, and the event
// waits in the outbox.
func TestWhileTheBrokerIsAwaySessionsEndInAllReplicasOfAuth(t *testing.T) {
	db, b := servicetest.Database(t), memorybus.New()
	one, other := serve(t, Options{DB: db}, b), serve(t, Options{DB: db}, b)
	cookie, _ := one.enter(t, "ada@example.com")
	if !other.admits(t, cookie) {
		t.Fatal("the other replica doesn't know the session")
	}
	b.Stop()
	if a := one.post(t, "/api/users/signout", "", withCookie(cookie)); a.Status != http.StatusOK {
		t.Fatalf("sign-out: %d %s", a.Status, a.Body)
	}
	servicetest.Eventually(t, "the other replica to know", func() bool { return !other.admits(t, cookie) })
	b.Start()
	one.ended(t, 1)
}

// A process dies right after the commit: it neither publishes the event nor stores the end for the others.
func TestASessionThatEndedBeforeACrashEndsEverywhere(t *testing.T) {
	db, b := servicetest.Database(t), memorybus.New()
	rs := serve(t, Options{DB: db}, b)
	cookie, _ := rs.enter(t, "ada@example.com")
	stored, err := rs.users.All(t.Context(), bson.M{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	dying, err := openUsers(t.Context(), db, aggregate.NewRelay(b, servicetest.Log(t))) // which doesn't run
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dying.Update(t.Context(), stored[0].ID, func(u *User) error { return u.End(1) }); err != nil {
		t.Fatal(err)
	}
	rs.ended(t, 1)
	servicetest.Eventually(t, "the session to end", func() bool { return !rs.admits(t, cookie) })
}

func TestConcurrentSignInsAndSignOutsLeaveExactlyTheOthers(t *testing.T) {
	rs := run(t)
	keep, _ := rs.enter(t, "ada@example.com")
	var all [6]*http.Cookie
	done := make(chan struct{})
	for i := range all {
		go func() {
			all[i] = rs.post(t, "/api/users/signin", credentials("ada@example.com", right)).session
			if i%2 == 0 {
				rs.post(t, "/api/users/signout", "", withCookie(all[i]))
			}
			done <- struct{}{}
		}()
	}
	for range all {
		<-done
	}
	for i, c := range all {
		if got, want := rs.admits(t, c), i%2 == 1; got != want {
			t.Errorf("session %d goes on: %v, want %v", i, got, want)
		}
	}
	if n := len(rs.list(t, keep)); n != 5 {
		t.Errorf("%d sessions go on, want 5", n)
	}
}

func TestTooManySessionsEndTheLeastUsed(t *testing.T) {
	u, now := NewUser("ada@example.com", ""), time.Now()
	never := func(_, _ time.Time) bool { return false }
	for i := range maxStays {
		u.Begin("Firefox", now.Add(time.Duration(i)*time.Second), never)
	}
	if len(u.Recorded()) != 0 {
		t.Fatal("a sign-in published an event")
	}
	u.See(1, now.Add(time.Hour))
	u.Begin("Firefox", now.Add(time.Hour), never)
	if e := u.ended(); len(u.Recorded()) != 1 || len(e.Live) != maxStays || slices.Contains(e.Live, 2) || !slices.Contains(e.Live, 1) {
		t.Errorf("%d events, the services learn %+v", len(u.Recorded()), e)
	}
}

func TestDevicesAreNamedWithoutTheirVersion(t *testing.T) {
	for agent, want := range map[string]string{
		"": "Unknown device", "x": "Unknown device", "curl/8.5.0": "curl",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0": "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36":         "Chrome on Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 15.7; rv:140.0) Gecko/20100101 Firefox/140.0":                                       "Firefox on macOS",
	} {
		if got := device(agent); got != want {
			t.Errorf("%s is %s, want %s", agent, got, want)
		}
	}
}
