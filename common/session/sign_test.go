package session

import (
	"log/slog"
	"testing"
)

func openSigner(t *testing.T, key, previous string) *Sessions {
	t.Helper()
	s, err := Open(Config{Key: key, Previous: previous}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASignatureHoldsForItsPurposeAndTextOnly(t *testing.T) {
	s := openSigner(t, "a key that is long enough for a test", "")
	signature := s.Sign("purpose", "text")
	if !s.Signed(signature, "purpose", "text") {
		t.Error("its own signature isn't valid")
	}
	for name, ok := range map[string]bool{
		"another purpose": s.Signed(signature, "other", "text"),
		"another text":    s.Signed(signature, "purpose", "texts"),
		"no signature":    s.Signed(nil, "purpose", "text"),
		"another key":     openSigner(t, "another key that is long enough too", "").Signed(signature, "purpose", "text"),
	} {
		if ok {
			t.Errorf("valid with %s", name)
		}
	}
}

func TestASignatureOutlivesARotationOfTheKey(t *testing.T) {
	signature := openSigner(t, "a key that is long enough for a test", "").Sign("purpose", "text")
	rotated := openSigner(t, "another key that is long enough too", "a key that is long enough for a test")
	if !rotated.Signed(signature, "purpose", "text") {
		t.Error("not valid after a rotation")
	}
}
