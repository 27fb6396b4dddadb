package auth

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
)

func TestOneOfTwentyConcurrentSignUpsGetsTheEmail(t *testing.T) {
	rs := run(t)
	answers := make([]answer, 20)
	var all sync.WaitGroup
	for i := range answers {
		spelling := []byte("abcde@example.com")
		for bit := range 5 {
			if i>>bit&1 == 1 {
				spelling[bit] -= 'a' - 'A'
			}
		}
		all.Go(func() { answers[i] = rs.post(t, "/api/users/signup", credentials(string(spelling), "x7#kfp2q")) })
	}
	all.Wait()
	created := slices.DeleteFunc(slices.Clone(answers), func(a answer) bool { return a.Status != http.StatusCreated })
	if len(created) != 1 || created[0].session == nil {
		t.Errorf("%d got the email", len(created))
	}
	for i, a := range answers {
		if a.Status != http.StatusCreated {
			a.refused(t, fmt.Sprint("sign-up ", i), http.StatusBadRequest, `[{"message":"Email in use","field":"email"}]`)
		}
	}
	if n, err := rs.db.Collection("users").CountDocuments(t.Context(), bson.M{}); err != nil || n != 1 {
		t.Errorf("there are %d users (%v)", n, err)
	}
}

func TestALostSignUpResponseIsNoDuplicate(t *testing.T) {
	rs := run(t)
	ada := NewUser("ada@example.com", dummyHash())
	for range 2 {
		if err := rs.insert(t.Context(), ada); err != nil {
			t.Error(err)
		}
	}
	if err := rs.insert(t.Context(), NewUser("ada@example.com", dummyHash())); !errors.Is(err, ErrEmailInUse) {
		t.Errorf("another user: %v", err)
	}
}
