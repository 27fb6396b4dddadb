package e2e

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/service/servicetest"
)

// soon is within a second, plus what a busy machine may add.
const soon = 4 * time.Second

// asUser sends a request with a session's cookie, and returns the status of the answer.
func asUser(t *testing.T, method, url string, cookie *http.Cookie) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(cookie)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// enter signs up or in, and returns the session's cookie.
func enter(t *testing.T, path, email string) *http.Cookie {
	t.Helper()
	body := fmt.Sprintf(`{"email": %q, "password": "correct horse"}`, email)
	response, err := http.Post(shared.Run().Gateway+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode >= 300 {
		t.Fatalf("%s answers %d", path, response.StatusCode)
	}
	return response.Cookies()[0]
}

// everyReplica calls f with the address of a request that needs a session, for each replica of each service.
func everyReplica(f func(name, url string)) {
	for service, path := range map[string]string{
		"auth": "/api/users/sessions", "tickets": "/api/tickets?seller=me", "orders": "/api/orders", "payments": "/api/payments",
	} {
		for i, part := range shared.Run().Services[service].All() {
			f(fmt.Sprintf("%s-%d", service, i+1), part.URL+path)
		}
	}
}

func TestASessionEndsInEveryReplicaOfEveryService(t *testing.T) {
	for name, end := range map[string]func(cookie *http.Cookie) int{
		"sign-out":            func(c *http.Cookie) int { return asUser(t, "POST", shared.Run().Gateway+"/api/users/signout", c) },
		"sign-out everywhere": func(c *http.Cookie) int { return asUser(t, "DELETE", shared.Run().Gateway+"/api/users/sessions", c) },
		"from the list":       func(c *http.Cookie) int { return asUser(t, "DELETE", shared.Run().Gateway+"/api/users/sessions/1", c) },
	} {
		email := fmt.Sprintf("leaver-%d-%d@example.com", os.Getpid(), people.Add(1))
		cookie := enter(t, "/api/users/signup", email)
		everyReplica(func(replica, url string) {
			if status := asUser(t, "GET", url, cookie); status != http.StatusOK {
				t.Errorf("%s: before, %s answers %d", name, replica, status)
			}
		})
		if status := end(cookie); status >= 300 {
			t.Fatalf("%s: %d", name, status)
		}
		began := time.Now()
		everyReplica(func(replica, url string) {
			servicetest.Eventually(t, "the session to end in "+replica, func() bool {
				return asUser(t, "GET", url, cookie) == http.StatusUnauthorized
			})
		})
		if took := time.Since(began); took > soon {
			t.Errorf("%s: it took %s until all replicas knew", name, took)
		} else {
			t.Logf("%s: known everywhere after %s", name, took)
		}
		again := enter(t, "/api/users/signin", email)
		everyReplica(func(replica, url string) {
			if status := asUser(t, "GET", url, again); status != http.StatusOK {
				t.Errorf("%s: a new session, %s answers %d", name, replica, status)
			}
		})
	}
}
