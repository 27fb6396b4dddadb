package auth

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

func TestRejectsBodiesThatAreNotJSONObjects(t *testing.T) {
	rs := run(t)
	const (
		invalid    = `[{"message":"Body is not a valid JSON object"}]`
		empty      = `[{"message":"Body is empty"}]`
		tooLong    = `[{"message":"Body is longer than 64 KiB"}]`
		mustBeJSON = `[{"message":"Content-Type must be application/json"}]`
	)
	valid := credentials("ada@example.com", "correct horse")
	long := credentials("ada@example.com", strings.Repeat("p", 65<<10))
	for name, test := range map[string]struct {
		body, contentType string
		status            int
		want              string
	}{
		"malformed":                {`{"email":`, "application/json", http.StatusBadRequest, invalid},
		"no JSON":                  {`email=ada@example.com`, "application/json", http.StatusBadRequest, invalid},
		"a list":                   {`[` + valid + `]`, "application/json", http.StatusBadRequest, invalid},
		"a string":                 {`"ada@example.com"`, "application/json", http.StatusBadRequest, invalid},
		"two objects":              {valid + valid, "application/json", http.StatusBadRequest, invalid},
		"something behind":         {valid + `}`, "application/json", http.StatusBadRequest, invalid},
		"blank":                    {" \n", "application/json", http.StatusBadRequest, empty},
		"65 KiB":                   {long, "application/json", http.StatusRequestEntityTooLarge, tooLong},
		"65 KiB of space behind":   {valid + strings.Repeat(" ", 65<<10), "application/json", http.StatusRequestEntityTooLarge, tooLong},
		"a form":                   {`email=ada@example.com`, "application/x-www-form-urlencoded", http.StatusUnsupportedMediaType, mustBeJSON},
		"JSON that says it is not": {valid, "text/plain", http.StatusUnsupportedMediaType, mustBeJSON},
		"no type":                  {valid, "", http.StatusUnsupportedMediaType, mustBeJSON},
		"no such type":             {valid, "application/json; =", http.StatusUnsupportedMediaType, mustBeJSON},
	} {
		for _, path := range []string{"/api/users/signup", "/api/users/signin", "/api/users/signout"} {
			rs.post(t, path, test.body, header("Content-Type", test.contentType)).
				refused(t, name+" to "+path, test.status, test.want)
		}
	}
	for _, path := range []string{"/api/users/signup", "/api/users/signin"} {
		rs.post(t, path, "").refused(t, "nothing to "+path, http.StatusBadRequest, empty)
	}
	if hashed := rs.hashed(); len(hashed) > 0 {
		t.Errorf("hashed %v", hashed)
	}
}

func TestSignOutNeedsNoBody(t *testing.T) {
	rs := run(t)
	for name, a := range map[string]answer{
		"an object":           rs.post(t, "/api/users/signout", `{}`),
		"an object with more": rs.post(t, "/api/users/signout", `{"all":true}`, header("Content-Type", "application/json; charset=utf-8")),
		"nothing":             rs.post(t, "/api/users/signout", ""),
		"nothing of no type":  rs.post(t, "/api/users/signout", "", header("Content-Type", "")),
	} {
		if a.Status != http.StatusOK || a.Body != `{}` || a.session == nil || a.session.MaxAge != -1 {
			t.Errorf("%s: %d %s, sets %v", name, a.Status, a.Body, a.session)
		}
	}
}

func TestUnknownRoutes(t *testing.T) {
	rs := run(t)
	for _, path := range []string{"/", "/api", "/api/users", "/api/users/", "/api/users/signup/", "/api/users/65f1c0ffee65f1c0ffee65f1", "/api/tickets"} {
		rs.do(t, http.MethodGet, path, "").refused(t, path, http.StatusNotFound, `[{"message":"Not found"}]`)
	}
	for path, allowed := range map[string]string{
		"/api/users/signup":      "POST",
		"/api/users/signin":      "POST",
		"/api/users/signout":     "POST",
		"/api/users/currentuser": "GET, HEAD",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
			if strings.HasPrefix(allowed, method) {
				continue
			}
			a := rs.do(t, method, path, `{}`)
			a.refused(t, method+" "+path, http.StatusMethodNotAllowed, `[{"message":"Method not allowed"}]`)
			if got := a.Header.Get("Allow"); got != allowed {
				t.Errorf("%s %s: Allow is %q", method, path, got)
			}
		}
	}
}

func TestAnotherSiteCannotWrite(t *testing.T) {
	rs := run(t)
	valid := credentials("ada@example.com", "correct horse")
	for _, path := range []string{"/api/users/signup", "/api/users/signin", "/api/users/signout"} {
		for name, from := range map[string]func(*http.Request){
			"Sec-Fetch-Site": header("Sec-Fetch-Site", "cross-site"),
			"Origin":         header("Origin", "https://evil.example"),
		} {
			rs.post(t, path, valid, from).
				refused(t, name+" "+path, http.StatusForbidden, `[{"message":"Cross-site request refused"}]`)
		}
	}
	if n, err := rs.db.Collection("users").CountDocuments(t.Context(), bson.M{}); err != nil || n != 0 {
		t.Errorf("there are %d users (%v)", n, err)
	}
	if a := rs.post(t, "/api/users/signup", valid, header("Sec-Fetch-Site", "same-origin")); a.Status != http.StatusCreated {
		t.Errorf("the site itself: %d %s", a.Status, a.Body)
	}
}

func TestReadinessNeedsTheDatabase(t *testing.T) {
	rs := run(t)
	if a := rs.do(t, http.MethodGet, "/readyz", ""); a.Status != http.StatusOK {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	gone, err := mongo.Connect(t.Context(), options.Client().ApplyURI("mongodb://127.0.0.1").SetServerSelectionTimeout(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Disconnect(t.Context()); err != nil {
		t.Fatal(err)
	}
	rs.db = gone.Database("auth")
	rs.do(t, http.MethodGet, "/readyz", "").
		refused(t, "without a database", http.StatusServiceUnavailable, `[{"message":"Not ready"}]`)
}

func TestSignInHasNoRulesForPasswords(t *testing.T) {
	rs := run(t)
	for password, hashes := range map[string]int{
		"":                       1,
		"short":                  1,
		strings.Repeat("🔑", 128): 1,
		strings.Repeat("p", 129): 0,
		strings.Repeat("🔑", 129): 0,
	} {
		name := fmt.Sprintf("a password of %d bytes", len(password))
		a := rs.post(t, "/api/users/signin", credentials("ada@example.com", password))
		a.refused(t, name, http.StatusBadRequest, `[{"message":"Invalid credentials"}]`)
		if got := rs.hashed(); len(got) != hashes {
			t.Errorf("%s: hashed %d times, want %d", name, len(got), hashes)
		}
	}
	rs.post(t, "/api/users/signin", `{"email":["ada@example.com"],"password":"12345678"}`).
		refused(t, "an email that is no string", http.StatusBadRequest, `[{"message":"Email must be valid","field":"email"}]`)
	rs.post(t, "/api/users/signin", `{"email":"ada@example.com","password":{"$ne":""}}`).
		refused(t, "a password that is no string", http.StatusBadRequest, `[{"message":"Password must be a string","field":"password"}]`)
}
