package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The demo is the shortest proof that all parts work together.
func TestDemo(t *testing.T) {
	var told bytes.Buffer
	if err := run(t.Context(), nil, &told, t.Output()); err != nil {
		t.Fatalf("%v, after it told:\n%s", err, &told)
	}
	text := told.String()
	for _, said := range []string{
		"tok_visa pays $19.99",
		"402 Your card was declined.",
		"402 Your card has insufficient funds.",
		"400 Ticket is already reserved",
		"after its time was up",
		"are given back: refund re_",
		"Stripe keeps $39.98 for 2 complete orders",
	} {
		if !strings.Contains(text, said) {
			t.Errorf("it does not tell: %s", said)
		}
	}
	if strings.Contains(text, "left out") {
		t.Errorf("scenes are left out:\n%s", text)
	}
}

func TestDemoReportsWrongResponses(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer s.Close()
	var told bytes.Buffer
	err := run(t.Context(), []string{"-url", s.URL}, &told, t.Output())
	if err == nil || !strings.Contains(err.Error(), "signing up") || !strings.Contains(err.Error(), "500") {
		t.Errorf("error %v", err)
	}
	if strings.Contains(told.String(), "as it should be") {
		t.Errorf("it told:\n%s", &told)
	}
}

func TestNoSystemRuns(t *testing.T) {
	var told bytes.Buffer
	err := run(t.Context(), []string{"-data", t.TempDir()}, &told, t.Output())
	if err == nil || !strings.Contains(err.Error(), "no system runs") {
		t.Errorf("error %v", err)
	}
}
