package auth

import (
	"encoding/json"
	"strings"
	"testing"

	"ticketing.dev/common/session"
)

func TestAnEmailHasOneSpelling(t *testing.T) {
	for typed, want := range map[string]Email{
		`"ada@example.com"`:                  "ada@example.com",
		`" Ada@Example.COM "`:                "ada@example.com",
		`"\t\u00a0ADA@EXAMPLE.COM\n"`:        "ada@example.com",
		`"ZOË@BÜCHER.example"`:               "zoë@bücher.example",
		`""`:                                 "",
		`"  "`:                               "",
		`null`:                               "",
		`"ada lovelace@example.com"`:         "ada lovelace@example.com",
		`"ada\u0040example.com"`:             "ada@example.com",
		`"` + strings.Repeat("A", 300) + `"`: Email(strings.Repeat("a", 300)),
	} {
		var got Email
		if err := json.Unmarshal([]byte(typed), &got); err != nil || got != want {
			t.Errorf("%s was read as %q (%v), want %q", typed, got, err, want)
		}
	}
}

func TestASessionSaysWhoTheUserIs(t *testing.T) {
	u := NewUser("ada@example.com", "hash")
	if got, want := u.identity(), (session.User{ID: u.ID, Email: "ada@example.com"}); got != want || got.ID == "" {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(u.Recorded()) != 0 {
		t.Errorf("a user publishes no events, recorded are %v", u.Recorded())
	}
}

func TestAPasswordOfMoreThan128CharactersIsHopeless(t *testing.T) {
	for password, want := range map[string]bool{
		"":                       false,
		strings.Repeat("a", 128): false,
		strings.Repeat("🔑", 128): false, // 512 bytes
		strings.Repeat("a", 129): true,
		strings.Repeat("🔑", 129): true,
	} {
		if got := (Credentials{Password: password}).hopeless(); got != want {
			t.Errorf("%d bytes: %v, want %v", len(password), got, want)
		}
	}
}
