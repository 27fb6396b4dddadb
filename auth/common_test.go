package auth

import (
	"net/http"
	"testing"
)

func TestNewPasswordsThatAreEasilyGuessedAreRefused(t *testing.T) {
	for password, want := range map[string]error{
		"password":          ErrCommon,
		"PassWord":          ErrCommon,
		"qwertyuiop":        ErrCommon,
		"1234567890":        ErrCommon,
		"Ada@Example.com":   ErrIsEmail,
		"ada@example.com":   ErrIsEmail,
		"eve@example.com":   nil,
		"correct horse":     nil,
		"pässwörter mit ß":  nil,
		"        ":          nil,
		"пароль на вокзале": nil,
	} {
		if got := Password(password).check("ada@example.com"); got != want {
			t.Errorf("%q: %v, want %v", password, got, want)
		}
	}
}

func TestTheListOfCommonPasswordsIsWhole(t *testing.T) {
	if n := len(commonPasswords()); n != 17_950 {
		t.Errorf("%d passwords, want 17,950", n)
	}
	if size := len(commonList); size > 1<<20 {
		t.Errorf("the list takes %d bytes of the program", size)
	}
}

func TestCommonPasswordsAreRefusedWhereverOneIsSet(t *testing.T) {
	rs, box := mailing(t, Options{})
	one, _ := rs.enter(t, ada)
	const message = "Password is too common. Please choose one that’s harder to guess"
	rs.post(t, "/api/users/signup", credentials("new@example.com", "password")).Refused(t, http.StatusBadRequest, "password", message)
	rs.do(t, http.MethodPut, "/api/users/password", `{"currentPassword":"`+right+`","password":"password"}`, withCookie(one)).
		Refused(t, http.StatusBadRequest, "password", message)
	token := rs.forget(t, box, ada, 1)
	rs.resetWith(t, token, "password").Refused(t, http.StatusBadRequest, "password", message)
	if a := rs.resetWith(t, token, newer); a.Status != http.StatusNoContent {
		t.Errorf("the link is used up by a refused password: %d %s", a.Status, a.Body)
	}
}

func TestAnAccountWithACommonPasswordStillSignsIn(t *testing.T) {
	rs := run(t)
	hash, err := rs.hasher.Hash(t.Context(), "password")
	if err != nil {
		t.Fatal(err)
	}
	if err := rs.users.Insert(t.Context(), NewUser(ada, hash)); err != nil {
		t.Fatal(err)
	}
	if a := rs.post(t, "/api/users/signin", credentials(ada, "password")); a.Status != http.StatusOK {
		t.Errorf("sign-in: %d %s", a.Status, a.Body)
	}
}
