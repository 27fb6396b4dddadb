package cluster

import (
	"strings"
	"testing"
)

func TestMongoURIs(t *testing.T) {
	const proxy = "127.0.0.1:1"
	for uri, want := range map[string]struct{ addr, through string }{
		"mongodb://m":                    {"m:27017", "mongodb://127.0.0.1:1/d?directConnection=true"},
		"mongodb://m:2/":                 {"m:2", "mongodb://127.0.0.1:1/d?directConnection=true"},
		"mongodb://[::1]/":               {"[::1]:27017", "mongodb://127.0.0.1:1/d?directConnection=true"},
		"mongodb://[::1]:2/?":            {"[::1]:2", "mongodb://127.0.0.1:1/d?directConnection=true"},
		"mongodb://m/?tls=false&w=1":     {"m:27017", "mongodb://127.0.0.1:1/d?tls=false&w=1&directConnection=true"},
		"mongodb://m/?replicaSet=rs0":    {"m:27017", "mongodb://127.0.0.1:1/d?replicaSet=rs0&directConnection=true"},
		"mongodb://u:p%40%2Fw@m":         {"m:27017", "mongodb://u:p%40%2Fw@127.0.0.1:1/d?directConnection=true&authSource=admin"},
		"mongodb://u:p@m/old":            {"m:27017", "mongodb://u:p@127.0.0.1:1/d?directConnection=true&authSource=old"},
		"mongodb://u:p@m/o?authSource=a": {"m:27017", "mongodb://u:p@127.0.0.1:1/d?authSource=a&directConnection=true&authSource=a"},
	} {
		m, err := ParseMongo(uri)
		if err != nil {
			t.Errorf("%s: %v", uri, err)
			continue
		}
		if got := m.uri(proxy, "d"); m.addr != want.addr || got != want.through {
			t.Errorf("%s is at %s and through a proxy %s", uri, m.addr, got)
		}
	}
	for uri, want := range map[string]string{
		"m:27017":                           "scheme",
		"mongodb+srv://m":                   "one host",
		"mongodb://a,b":                     "one host",
		"mongodb://%2Ftmp%2Fm.sock":         "one host",
		"mongodb://m/?tls=true":             "TLS",
		"mongodb://m/?ssl=true":             "TLS",
		"mongodb://m/?connect=automatic":    "directConnection",
		"mongodb://m/?directConnection=off": "directConnection",
	} {
		if _, err := ParseMongo(uri); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", uri, err, want)
		}
	}
}

func TestDatabasesOfTheSameSeedDiffer(t *testing.T) {
	m, err := ParseMongo("mongodb://m")
	if err != nil {
		t.Fatal(err)
	}
	first, second := m.Databases(7).uri("a:1", "orders"), m.Databases(7).uri("a:1", "orders")
	if first == second || !strings.HasPrefix(first, "mongodb://a:1/chaos_7_") || !strings.Contains(first, "_orders?") {
		t.Errorf("they are %s and %s", first, second)
	}
}
