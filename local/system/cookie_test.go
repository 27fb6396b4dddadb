package system_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"ticketing.dev/local/system"
)

// A browser has one jar for all ports of a host.
func TestSystemsOnOneHostDoNotSignEachOtherOut(t *testing.T) {
	one, two := start(t, system.Config{}).Run().Gateway, start(t, system.Config{}).Run().Gateway
	jar, _ := cookiejar.New(nil) // it has no errors to return
	browser := http.Client{Jar: jar}
	post := func(url string) {
		t.Helper()
		response, err := browser.Post(url, "application/json", strings.NewReader(`{"email":"ada@example.com","password":"correct horse"}`))
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil || response.StatusCode >= http.StatusBadRequest {
			t.Fatalf("%s: %s, %v", url, response.Status, err)
		}
	}
	signedIn := func(gateway string) bool {
		t.Helper()
		response, err := browser.Get(gateway + "/api/users/currentuser")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return !strings.Contains(string(body), "null")
	}

	post(one + "/api/users/signup")
	post(two + "/api/users/signup")
	if !signedIn(one) || !signedIn(two) {
		t.Error("signing in to one system signs out of the other")
	}
	post(two + "/api/users/signout")
	if !signedIn(one) || signedIn(two) {
		t.Error("signing out of one system isn't signing out of that alone")
	}
}
