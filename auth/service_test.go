package auth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	memorybus "ticketing.dev/common/bus/memory"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/session"
	"ticketing.dev/common/session/sessiontest"
)

// running is a service that serves, with a database and a bus of its own and a record of its hashing.
type running struct {
	*Service
	bus    *memorybus.Bus
	client *servicetest.Client

	mu     sync.Mutex
	hashes []string // what each cost
}

// run starts a service, which ends with the test.
func run(t *testing.T) *running {
	t.Helper()
	return serve(t, Options{DB: servicetest.Database(t)}, memorybus.New())
}

// serve starts a replica.
func serve(t *testing.T, o Options, b *memorybus.Bus) *running {
	t.Helper()
	if o.Bus, o.Log = b, servicetest.Log(t); o.Sessions == nil {
		o.Sessions = servicetest.Sessions(t)
	}
	s, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	rs := &running{Service: s, bus: b}
	rs.record()
	rs.client = servicetest.Run(t, "auth", b, s)
	return rs
}

// record keeps the cost of every hash from now on.
func (rs *running) record() {
	argon2id := rs.hasher.argon2id
	rs.hasher.argon2id = func(password, salt []byte, passes, memory uint32, threads uint8, keySize uint32) []byte {
		rs.mu.Lock()
		rs.hashes = append(rs.hashes, fmt.Sprintf("password %d, salt %d, m=%d,t=%d,p=%d, key %d",
			len(password), len(salt), memory, passes, threads, keySize))
		rs.mu.Unlock()
		return argon2id(password, salt, passes, memory, threads, keySize)
	}
}

// hashed is what was hashed since it was last asked.
func (rs *running) hashed() []string {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	hashes := rs.hashes
	rs.hashes = nil
	return hashes
}

// answer is a response with the session cookie that it sets, if it sets one.
type answer struct {
	servicetest.Answer
	session *http.Cookie
}

// do sends a request as adapt makes it.
func (rs *running) do(t *testing.T, method, path, body string, adapt ...func(*http.Request)) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, rs.client.URL+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return answer{}
	}
	r.Header.Set("Content-Type", "application/json")
	for _, f := range adapt {
		f(r)
	}
	a := answer{Answer: rs.client.Request(r)}
	if set := (&http.Response{Header: a.Header}).Cookies(); len(set) > 0 {
		a.session = set[0]
	}
	return a
}

func (rs *running) post(t *testing.T, path, body string, adapt ...func(*http.Request)) answer {
	t.Helper()
	return rs.do(t, http.MethodPost, path, body, adapt...)
}

// currentUser asks who has a cookie.
func (rs *running) currentUser(t *testing.T, c *http.Cookie) string {
	t.Helper()
	a := rs.do(t, http.MethodGet, "/api/users/currentuser", "", func(r *http.Request) {
		if c != nil {
			r.AddCookie(c)
		}
	})
	if a.Status != http.StatusOK {
		t.Errorf("currentuser answers %d %s", a.Status, a.Body)
	}
	return a.Body
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func credentials(email, password string) string {
	body, err := json.Marshal(map[string]string{"email": email, "password": password})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// refused fails the test unless an answer is a refusal in the common form. errs is its list of errors.
func (a answer) refused(t *testing.T, name string, status int, errs string) {
	t.Helper()
	var p struct {
		Type, Title string
		Status      int
		Errors      json.RawMessage
	}
	if err := json.Unmarshal([]byte(a.Body), &p); err != nil {
		t.Errorf("%s: answered %d %q: %v", name, a.Status, a.Body, err)
		return
	}
	if a.Status != status || string(p.Errors) != errs {
		t.Errorf("%s: answered %d %s, want %d %s", name, a.Status, p.Errors, status, errs)
	}
	if a.Header.Get("Content-Type") != "application/problem+json" || !strings.HasPrefix(p.Type, "/problems/") || p.Title != http.StatusText(status) || p.Status != status {
		t.Errorf("%s: not in the common form: %s %s", name, a.Header.Get("Content-Type"), a.Body)
	}
	if a.session != nil {
		t.Errorf("%s: sets a cookie", name)
	}
}

func TestAUserSignsUpOutAndIn(t *testing.T) {
	rs := run(t)
	up := rs.post(t, "/api/users/signup", credentials(" Ada@Example.com ", "correct horse"))
	var user session.User
	if err := json.Unmarshal([]byte(up.Body), &user); err != nil {
		t.Fatalf("%d %s: %v", up.Status, up.Body, err)
	}
	body := fmt.Sprintf(`{"id":"%s","email":"ada@example.com"}`, user.ID)
	if up.Status != http.StatusCreated || up.Body != body || len(user.ID) != 24 {
		t.Errorf("signup answers %d %s", up.Status, up.Body)
	}
	if c := up.session; c == nil || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge != 86400 {
		t.Fatalf("signup sets %v", c)
	}
	if got, want := rs.currentUser(t, up.session), `{"currentUser":`+body+`}`; got != want {
		t.Errorf("after signing up: %s, want %s", got, want)
	}

	out := rs.post(t, "/api/users/signout", `{}`, func(r *http.Request) { r.AddCookie(up.session) })
	if out.Status != http.StatusOK || out.Body != `{}` {
		t.Errorf("signout answers %d %s", out.Status, out.Body)
	}
	if c := out.session; c == nil || c.Value != "" || c.MaxAge != -1 || c.Path != "/" {
		t.Errorf("signout sets %v", c)
	}

	in := rs.post(t, "/api/users/signin", credentials("ADA@example.com\n", "correct horse"))
	if in.Status != http.StatusOK || in.Body != body || in.session == nil {
		t.Fatalf("signin answers %d %s and sets %v", in.Status, in.Body, in.session)
	}
	if got, want := rs.currentUser(t, in.session), `{"currentUser":`+body+`}`; got != want {
		t.Errorf("after signing in: %s, want %s", got, want)
	}
	for name, a := range map[string]answer{"signup": up, "signin": in, "signout": out} {
		if a.Header.Get("Content-Type") != "application/json" || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", name, a.Header)
		}
	}
}

func TestOnlyAHashOfThePasswordIsStored(t *testing.T) {
	rs := run(t)
	rs.post(t, "/api/users/signup", credentials("ada@example.com", "correct horse"))
	var doc bson.M
	if err := rs.db.Collection("users").FindOne(t.Context(), bson.M{}).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	hash, _ := doc["passwordHash"].(string)
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("passwordHash is %q", hash)
	}
	delete(doc, "passwordHash")
	delete(doc, "sessions")
	if id, _ := doc["_id"].(string); len(id) != 24 || len(doc) != 4 || doc["email"] != "ada@example.com" || doc["version"] != int64(1) || doc["lastSession"] != int64(1) {
		t.Errorf("beside the hash there is %v", doc)
	}
}

func TestCurrentUser(t *testing.T) {
	rs := run(t)
	ada := session.User{ID: "65f1c0ffee65f1c0ffee65f1", Email: "ada@example.com"}
	want := `{"currentUser":{"id":"65f1c0ffee65f1c0ffee65f1","email":"ada@example.com"}}`
	if a := rs.client.Do(ada, http.MethodGet, "/api/users/currentuser", ""); a.Status != http.StatusOK || a.Body != want {
		t.Errorf("a user: %d %s", a.Status, a.Body)
	}
	for name, cookie := range map[string]*http.Cookie{
		"signed out":       nil,
		"a foreign cookie": sessiontest.Cookie(t, "asdf", ada),
		"a forged cookie":  {Name: "session", Value: "forged"},
		"an empty cookie":  {Name: "session"},
	} {
		if got := rs.currentUser(t, cookie); got != `{"currentUser":null}` {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestSignUpTakes(t *testing.T) {
	rs := run(t)
	for name, test := range map[string]struct{ email, password string }{
		"the shortest password":            {"a@example.com", "x7#kfp2q"},
		"the longest password":             {"b@example.com", strings.Repeat("p", 128)},
		"characters of more than one byte": {"c@example.com", strings.Repeat("🔑", 128)},
		"eight characters of two bytes":    {"d@example.com", "üüüüüüüü"},
		"a password with what JSON quotes": {"e@example.com", "\"\\<>&'{}"},
		"the longest email":                {strings.Repeat("l", 64) + "@" + strings.Repeat(strings.Repeat("d", 61)+".", 3) + "de", "x7#kfp2q"},
		"an email in other letters":        {"zoë@bücher.example", "x7#kfp2q"},
		"a tagged email":                   {"a+b@example.com", "x7#kfp2q"},
	} {
		if a := rs.post(t, "/api/users/signup", credentials(test.email, test.password)); a.Status != http.StatusCreated {
			t.Errorf("%s: signup answers %d %s", name, a.Status, a.Body)
		}
		if a := rs.post(t, "/api/users/signin", credentials(test.email, test.password)); a.Status != http.StatusOK {
			t.Errorf("%s: signin answers %d %s", name, a.Status, a.Body)
		}
	}
}

func TestSignUpRefuses(t *testing.T) {
	const (
		badEmail     = `{"message":"Email must be valid","field":"email"}`
		badPassword  = `{"message":"Password must be between 8 and 128 characters","field":"password"}`
		badCharacter = `{"message":"Password can't contain control or invisible characters","field":"password"}`
	)
	rs := run(t)
	if a := rs.post(t, "/api/users/signup", credentials("taken@example.com", "x7#kfp2q")); a.Status != http.StatusCreated {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	rs.hashed()
	for name, test := range map[string]struct{ body, want string }{
		"no email":                          {`{"password":"x7#kfp2q"}`, badEmail},
		"an empty email":                    {credentials("", "x7#kfp2q"), badEmail},
		"a blank email":                     {credentials(" ", "x7#kfp2q"), badEmail},
		"no domain":                         {credentials("ada", "x7#kfp2q"), badEmail},
		"two addresses":                     {credentials("a@example.com,b@example.com", "x7#kfp2q"), badEmail},
		"a name beside the address":         {credentials("Ada <ada@example.com>", "x7#kfp2q"), badEmail},
		"a line break inside":               {credentials("ada@example.com\nb@example.com", "x7#kfp2q"), badEmail},
		"a NUL inside":                      {credentials("ada\x00@example.com", "x7#kfp2q"), badEmail},
		"an email of 255 characters":        {credentials(strings.Repeat("l", 60)+"@"+strings.Repeat(strings.Repeat("d", 62)+".", 3)+"dddde", "x7#kfp2q"), badEmail},
		"65 bytes before the @":             {credentials(strings.Repeat("l", 65)+"@example.com", "x7#kfp2q"), badEmail},
		"66 bytes in 33 characters":         {credentials(strings.Repeat("ü", 33)+"@example.com", "x7#kfp2q"), badEmail},
		"an invisible character":            {credentials("a\u200b@example.com", "x7#kfp2q"), badEmail},
		"a Kelvin sign":                     {credentials("\u212a@example.com", "x7#kfp2q"), badEmail},
		"a dotted capital I":                {credentials("\u0130@example.com", "x7#kfp2q"), badEmail},
		"a password with a NUL":             {credentials("ada@example.com", "1234567\x00"), badCharacter},
		"a password with an override":       {credentials("ada@example.com", "1234567\u202e"), badCharacter},
		"7 characters in 8 code points":     {credentials("ada@example.com", "123456e\u0301"), badPassword},
		"an email that is no string":        {`{"email":{"$ne":""},"password":"x7#kfp2q"}`, badEmail},
		"an email that is null":             {`{"email":null,"password":"x7#kfp2q"}`, badEmail},
		"no password":                       {`{"email":"ada@example.com"}`, badPassword},
		"a password of 7":                   {credentials("ada@example.com", "1234567"), badPassword},
		"a password of 7 in 28 bytes":       {credentials("ada@example.com", strings.Repeat("🔑", 7)), badPassword},
		"a password of 129":                 {credentials("ada@example.com", strings.Repeat("p", 129)), badPassword},
		"a password that is no string":      {`{"email":"ada@example.com","password":12345678}`, badPassword},
		"neither":                           {`{}`, badEmail + `,` + badPassword},
		"both wrong":                        {credentials("ada", "1234567"), badEmail + `,` + badPassword},
		"null":                              {`null`, badEmail + `,` + badPassword},
		"an email in use":                   {credentials("taken@example.com", "another one"), `{"message":"Email in use","field":"email"}`},
		"an email in use, in another style": {credentials(" TAKEN@Example.com", "x7#kfp2q"), `{"message":"Email in use","field":"email"}`},
	} {
		rs.post(t, "/api/users/signup", test.body).refused(t, name, http.StatusBadRequest, `[`+test.want+`]`)
		if hashed := rs.hashed(); len(hashed) > 0 && !strings.Contains(name, "in use") {
			t.Errorf("%s: the password was hashed", name)
		}
	}
	if n, err := rs.db.Collection("users").CountDocuments(t.Context(), bson.M{}); err != nil || n != 1 {
		t.Errorf("there are %d users (%v)", n, err)
	}
}

func TestSignInDoesNotRevealAccounts(t *testing.T) {
	rs := run(t)
	if a := rs.post(t, "/api/users/signup", credentials("ada@example.com", "correct horse")); a.Status != http.StatusCreated {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	rs.hashed()
	wrong := rs.post(t, "/api/users/signin", credentials("ada@example.com", "Correct horse"))
	cost := rs.hashed()
	if len(cost) != 1 {
		t.Fatalf("a wrong password was hashed %d times", len(cost))
	}
	for name, test := range map[string]struct{ email, password string }{
		"a wrong password":              {"ada@example.com", "Correct horse"},
		"an unknown email":              {"eve@example.com", "Correct horse"},
		"an invalid email":              {"not an email", "Correct horse"},
		"an email that asks for all":    {`{"$ne":""}`, "Correct horse"},
		"an empty email":                {"", "Correct horse"},
		"an email with a NUL":           {"ada@example.com\x00", "Correct horse"},
		"an email of 50,000 characters": {strings.Repeat("e", 50_000), "Correct horse"},
	} {
		a := rs.post(t, "/api/users/signin", credentials(test.email, test.password))
		a.refused(t, name, http.StatusBadRequest, `[{"message":"Invalid credentials"}]`)
		if a.Body != wrong.Body {
			t.Errorf("%s: answered %s, a wrong password %s", name, a.Body, wrong.Body)
		}
		if got := rs.hashed(); !slices.Equal(got, cost) {
			t.Errorf("%s: hashed %v, a wrong password %v", name, got, cost)
		}
	}
	if a := rs.post(t, "/api/users/signin", credentials("ada@example.com", "correct horse")); a.Status != http.StatusOK {
		t.Errorf("the right password: %d %s", a.Status, a.Body)
	}
	if got := rs.hashed(); !slices.Equal(got, cost) {
		t.Errorf("the right password: hashed %v, a wrong one %v", got, cost)
	}
}

func TestAFullQueueSaysWhenToComeAgain(t *testing.T) {
	rs := run(t)
	hashing, finish := make(chan struct{}), make(chan struct{})
	rs.hasher = NewHasher(1, 0)
	rs.hasher.argon2id = func(_, _ []byte, _, _ uint32, _ uint8, keySize uint32) []byte {
		close(hashing)
		<-finish
		return make([]byte, keySize)
	}
	first := make(chan answer, 1)
	go func() { first <- rs.post(t, "/api/users/signup", credentials("ada@example.com", "correct horse")) }()
	<-hashing
	for _, path := range []string{"/api/users/signin", "/api/users/signup"} {
		a := rs.post(t, path, credentials("eve@example.com", "correct horse"))
		a.refused(t, path, http.StatusServiceUnavailable, `[{"message":"Too many people are signing in right now. Please try again in a moment."}]`)
		if got := a.Header.Get("Retry-After"); got != "2" {
			t.Errorf("%s: Retry-After is %q", path, got)
		}
	}
	rs.post(t, "/api/users/signin", credentials("eve@example.com", strings.Repeat("p", 129))).
		refused(t, "a hopeless password", http.StatusBadRequest, `[{"message":"Invalid credentials"}]`)
	close(finish)
	if a := <-first; a.Status != http.StatusCreated {
		t.Errorf("who was let in: %d %s", a.Status, a.Body)
	}
}
