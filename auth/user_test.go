package auth

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"ticketing.dev/common/session"
)

func TestAnEmailHasOneSpelling(t *testing.T) {
	for typed, want := range map[string]Email{
		`"ada@example.com"`:                  "ada@example.com",
		`" Ada@Example.COM "`:                "ada@example.com",
		`"\t\u00a0ADA@EXAMPLE.COM\n"`:        "ada@example.com",
		`"ZOË@BÜCHER.example"`:               "zoë@xn--bcher-kva.example",
		`""`:                                 "",
		`"  "`:                               "",
		`null`:                               "",
		`"ada lovelace@example.com"`:         "",
		`"ada\u0040example.com"`:             "ada@example.com",
		`"zoe\u0308@bu\u0308cher.example"`:   "zoë@xn--bcher-kva.example",
		`"x@XN--MNCHEN-3YA.de"`:              "x@xn--mnchen-3ya.de",
		`"x@münchen。de"`:                     "x@xn--mnchen-3ya.de",
		`"x@straße.de"`:                      "x@xn--strae-oqa.de",
		`"r@r3---sn-4g5e6nez.example"`:       "r@r3---sn-4g5e6nez.example",
		`"ΣΑΦΩ@example.com"`:                 "σαφω@example.com",
		`"` + strings.Repeat("A", 300) + `"`: "",
		`"a\u200b@example.com"`:              "",
		`"a@exam\u00adple.com"`:              "",
		`"a\u200d@example.com"`:              "",
		`"a\u0007@example.com"`:              "",
		`"a\u202e@example.com"`:              "",
		`"a\u3164@example.com"`:              "",
		`"a\ud800@example.com"`:              "",
		`"\u0130@example.com"`:               "",
		`"\u212a@example.com"`:               "",
		`"a@\u212aelvin.example"`:            "",
		`"a\u037e@example.com"`:              "", // NFC makes it a semicolon
		`"a@xn--a.example"`:                  "", // not punycode
		`"a@-.example@"`:                     "",
		`"@"`:                                "",
	} {
		var got Email
		if err := json.Unmarshal([]byte(typed), &got); err != nil || got != want {
			t.Errorf("%s was read as %q (%v), want %q", typed, got, err, want)
		}
	}
}

func TestCurrentUserNamesTheSessionsUser(t *testing.T) {
	u := NewUser("ada@example.com", "hash")
	if got, want := u.identity(), (session.User{ID: u.ID, Email: "ada@example.com"}); got != want || got.ID == "" {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(u.Recorded()) != 0 {
		t.Errorf("a user publishes no events, recorded are %v", u.Recorded())
	}
}

func TestTheFormsInWhichAnAccountMayBeStored(t *testing.T) {
	const nfd = "mu\u0308nchen.de"
	for typed, want := range map[string][]Email{
		"Ada@Example.com":               {"ada@example.com"},
		"x@MÜNCHEN.de":                  {"x@münchen.de", "x@xn--mnchen-3ya.de", "x@" + nfd},
		"x@xn--mnchen-3ya.de":           {"x@xn--mnchen-3ya.de", "x@münchen.de", "x@" + nfd},
		"zoe\u0308@example.com":         {"zoe\u0308@example.com", "zoë@example.com"},
		"a\u200b@example.com":           {"a\u200b@example.com"},
		"\u212aelvin@example.com":       {},
		"a@" + strings.Repeat("ü", 600): {Email("a@" + strings.Repeat("ü", 600))},
	} {
		if got := (Credentials{Email: typed}).spellings(); !slices.Equal(got, want) || got == nil {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestThePasswordsToTry(t *testing.T) {
	for typed, want := range map[string][]string{
		"correct horse":               {"correct horse"},
		"":                            {""},
		"Zo\u00eb's horse":            {"Zo\u00eb's horse"},
		"Zoe\u0308's horse":           {"Zo\u00eb's horse", "Zoe\u0308's horse"},
		"correct\u00a0horse":          {"correct horse", "correct\u00a0horse"},
		"correct\thorse":              {"correct\thorse"}, // as an earlier build took it
		strings.Repeat("a", 128):      {strings.Repeat("a", 128)},
		strings.Repeat("🔑", 128):      {strings.Repeat("🔑", 128)}, // 512 bytes
		strings.Repeat("a", 129):      nil,
		strings.Repeat("🔑", 129):      nil,
		strings.Repeat("e\u0301", 70): {strings.Repeat("é", 70)}, // 140 characters as typed
	} {
		if got := (Credentials{Password: typed}).passwords(); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func FuzzAnEmailIsItsOwnSpelling(f *testing.F) {
	for _, seed := range []string{"ada@example.com", "x@münchen.de", "zoe\u0308@bücher.example", "\u212a@a.b", "a@b@c", "Σ@ß.de", "a@\u06cc\u200c\u06cc.ir"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		email := parseEmail(typed)
		if again := parseEmail(string(email)); again != email {
			t.Errorf("%q is read as %q, and that as %q", typed, email, again)
		}
		if email != "" && email.spellings()[0] != email {
			t.Errorf("%q isn't the first spelling of itself: %q", email, email.spellings())
		}
	})
}
