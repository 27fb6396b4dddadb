package main

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPodsBelongToWorkloads(t *testing.T) {
	for pod, want := range map[string]string{
		"orders-5f89478455-96pzj":     "orders",
		"orders-mongo-0":              "orders-mongo",
		"expiration-redis-0":          "expiration-redis",
		"expiration-6f7b797998-lqrh2": "expiration",
		"nats-0":                      "nats",
	} {
		if got := workload(pod); got != want {
			t.Errorf("%s belongs to %s, want %s", pod, got, want)
		}
	}
}

func TestSettledMeansAsManyPodsAsTheAutoscalerWants(t *testing.T) {
	const autoscaler = `{"kind":"HorizontalPodAutoscaler","spec":{"minReplicas":2,"scaleTargetRef":{"name":"orders"}}}`
	for list, want := range map[string]string{
		autoscaler + `,{"kind":"Deployment","metadata":{"name":"orders"},"spec":{"replicas":1},"status":{"replicas":1,"readyReplicas":1,"updatedReplicas":1}}`: "orders: 1 pods, and its autoscaler wants 2",
		autoscaler + `,{"kind":"Deployment","metadata":{"name":"orders"},"spec":{"replicas":2},"status":{"replicas":2,"readyReplicas":1,"updatedReplicas":2}}`: "orders: 1 of 2 ready",
		autoscaler + `,{"kind":"Deployment","metadata":{"name":"orders"},"spec":{"replicas":2},"status":{"replicas":2,"readyReplicas":2,"updatedReplicas":2}}`: "",
		`{"kind":"StatefulSet","metadata":{"name":"nats"},"spec":{"replicas":1},"status":{"replicas":1,"readyReplicas":1,"updatedReplicas":1}}`:                "",
		`{"kind":"Pod","metadata":{"name":"nats-0","deletionTimestamp":"2026-11-23T17:00:00Z"}}`:                                                               "pod nats-0 is on its way out",
	} {
		var objects []object
		if err := json.Unmarshal([]byte("["+list+"]"), &objects); err != nil {
			t.Fatal(err)
		}
		if got := unready(objects); got != want {
			t.Errorf("%s: %q, want %q", list, got, want)
		}
	}
}

// A test that counts no failure is worth nothing if it could not have counted one.
func TestFailedRequestsAreCounted(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gone":
			panic(http.ErrAbortHandler)
		case "/unavailable":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	p := newPeople(server.Listener.Addr().String(), "", &tls.Config{InsecureSkipVerify: true})
	for _, path := range []string{"/", "/missing"} {
		p.get(t.Context(), site+path)
		if err := p.failures(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range []string{"/unavailable", "/gone"} {
		p.forget()
		p.get(t.Context(), site+path)
		if err := p.failures(); err == nil || !strings.Contains(err.Error(), "1 of 1 requests failed") || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
