package events_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"ticketing.dev/common/events"
)

// seed is an EVENT_KEY of 32 equal bytes.
func seed(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) }

func keys(t *testing.T, own string, public ...string) events.Keys {
	t.Helper()
	k, err := events.NewKeys(events.KeyConfig{Key: own, Public: public})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func public(t *testing.T, service, key string) string {
	t.Helper()
	p, err := events.PublicKey(service, key)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// everyone has a key of its own.
func everyone(t *testing.T) (all []string) {
	for i, service := range events.Services() {
		all = append(all, public(t, service, seed(byte(i+1))))
	}
	return all
}

func encoded(t *testing.T, e events.Event) []byte {
	t.Helper()
	m, err := events.NewMessage(events.Owner(e.Subject()), e, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestOnlyTheOwnersSignatureCounts(t *testing.T) {
	verifier := keys(t, "", everyone(t)...)
	for _, s := range samples {
		channel := s.event.Subject()
		for i, service := range events.Services() {
			signed := keys(t, seed(byte(i+1))).Sign(encoded(t, s.event))
			err := verifier.Verify(channel, signed)
			if service == events.Owner(channel) != (err == nil) || err != nil && !errors.Is(err, events.ErrForged) {
				t.Errorf("%s signed by %s: %v", channel, service, err)
			}
			if e, err := s.decode(signed); err != nil {
				t.Errorf("%s isn't decoded once it's signed: %v, %v", channel, e, err)
			}
		}
		if err := verifier.Verify(channel, encoded(t, s.event)); !errors.Is(err, events.ErrForged) {
			t.Errorf("%s unsigned: %v", channel, err)
		}
	}
}

func TestAChangedEventIsForged(t *testing.T) {
	channel := events.PaymentCreated{}.Subject()
	verifier := keys(t, "", public(t, "payments", seed(1)))
	signed := keys(t, seed(1)).Sign(encoded(t, events.PaymentCreated{Payment: events.Payment{ID: "a", OrderID: "b"}, Amount: 1999}))
	if err := verifier.Verify(channel, signed); err != nil {
		t.Fatal(err)
	}
	for i := range signed {
		changed := bytes.Clone(signed)
		changed[i] ^= 1
		if verifier.Verify(channel, changed) == nil {
			t.Errorf("with another byte at %d it passes: %s", i, changed)
		}
	}
	for name, changed := range map[string][]byte{
		"empty": {}, "an object": []byte("{}"), "a signature only": signed[len(signed)-101:], "cut": signed[:len(signed)-1],
		"more behind":           append(bytes.Clone(signed), '\n'),
		"a second data":         []byte(strings.Replace(string(signed), `,"signature"`, `,"data":{"id":"a","orderId":"c"},"signature"`, 1)),
		"data behind signature": append(bytes.Clone(signed[:len(signed)-1]), `,"data":{"id":"a","orderId":"c"}}`...),
	} {
		if verifier.Verify(channel, changed) == nil {
			t.Errorf("%s passes: %s", name, changed)
		}
	}
}

// A dead letter holds the message as JSON, and is redriven from there.
func TestASignatureSurvivesADeadLetter(t *testing.T) {
	e := events.TicketCreated{Ticket: events.Ticket{ID: "a", Title: "<b> & \u2028 “quotes” \u00e9"}}
	signed := keys(t, seed(1)).Sign(encoded(t, e))
	letter, err := json.Marshal(map[string]json.RawMessage{"message": signed})
	if err != nil {
		t.Fatal(err)
	}
	var read struct{ Message json.RawMessage }
	if err := json.Unmarshal(letter, &read); err != nil {
		t.Fatal(err)
	}
	if err := keys(t, "", public(t, "tickets", seed(1))).Verify(e.Subject(), read.Message); err != nil {
		t.Errorf("%v\n%s\n%s", err, signed, read.Message)
	}
}

func TestWithoutKeysNothingIsSignedOrRefused(t *testing.T) {
	var none events.Keys
	for _, s := range samples {
		old, err := os.ReadFile(s.golden())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(none.Sign(old), old) || none.Verify(s.event.Subject(), old) != nil {
			t.Errorf("%s is signed or refused", s.event.Subject())
		}
	}
	if err := keys(t, "", everyone(t)...).Verify("orders:dead-letters", []byte("{}")); err != nil {
		t.Errorf("a dead letter: %v", err)
	}
}

func TestAnOldKeyCountsBesideTheNewOne(t *testing.T) {
	verifier := keys(t, "", public(t, "orders", seed(1)), public(t, "orders", seed(2)))
	for b := byte(1); b <= 3; b++ {
		signed := keys(t, seed(b)).Sign(encoded(t, created))
		if err := verifier.Verify(created.Subject(), signed); (err == nil) != (b < 3) {
			t.Errorf("key %d: %v", b, err)
		}
	}
}

func TestRefusesKeysThatAreNone(t *testing.T) {
	for _, c := range []events.KeyConfig{
		{Key: "short"}, {Key: seed(1)[:10]}, {Public: []string{"orders"}}, {Public: []string{"orders:AAAA"}}, {Public: []string{""}},
	} {
		if _, err := events.NewKeys(c); err == nil {
			t.Errorf("%+v", c)
		} else if c.Key != "" && strings.Contains(err.Error(), c.Key) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

func TestEveryEventHasAnOwnerWhoIsItsSource(t *testing.T) {
	for _, s := range samples {
		if owner := events.Owner(s.event.Subject()); owner != s.source {
			t.Errorf("the owner of %s is %q, want %q", s.event.Subject(), owner, s.source)
		}
		forged := bytes.Replace(s.encoded(t), []byte(`"source":"`+s.source), []byte(`"source":"others`), 1)
		if _, err := s.decode(forged); !errors.Is(err, events.ErrForged) {
			t.Errorf("%s of another source: %v", s.event.Subject(), err)
		}
	}
}
