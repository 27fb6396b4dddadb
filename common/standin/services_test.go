package standin

import (
	"net"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"
)

func TestMongoGivesEachCallADatabase(t *testing.T) {
	t.Setenv("MONGO_URI", "")
	a, b := Mongo(t), Mongo(t)
	insert := func(uri string) {
		t.Helper()
		parsed, err := connstring.ParseAndValidate(uri)
		if err != nil {
			t.Fatal(err)
		}
		things := connect(t, uri).Database(parsed.Database).Collection("things")
		if _, err := things.InsertOne(t.Context(), bson.M{"_id": "a"}); err != nil {
			t.Error(err)
		}
	}
	insert(a)
	insert(b) // no duplicate
}

func TestEnvironmentNamesRealServers(t *testing.T) {
	t.Setenv("MONGO_URI", "mongodb://mongo:27017/?replicaSet=rs0")
	parsed, err := connstring.ParseAndValidate(Mongo(t))
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Hosts[0] != "mongo:27017" || parsed.ReplicaSet != "rs0" || parsed.Database == "" {
		t.Errorf("URI %s", parsed)
	}

	t.Setenv("REDIS_ADDR", "redis:6379")
	if got := Redis(t); got != "redis:6379" {
		t.Errorf("address %s", got)
	}
}

func TestPrivateServers(t *testing.T) {
	t.Setenv("REDIS_ADDR", "")
	for name, addr := range map[string]string{
		"redis":  Redis(t),
		"nats":   NATS(t).Addr(),
		"stripe": Stripe(t, "-webhook-url", "http://127.0.0.1:1/", "-webhook-secret", "whsec_test").Addr(),
	} {
		if conn, err := net.Dial("tcp", addr); err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			_ = conn.Close()
		}
	}
}

func TestWithDatabase(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://a:1":                          "mongodb://a:1/d",
		"mongodb://a:1/":                         "mongodb://a:1/d",
		"mongodb://a:1/old":                      "mongodb://a:1/d",
		"mongodb://a:1,b:2/?replicaSet=rs0":      "mongodb://a:1,b:2/d?replicaSet=rs0",
		"mongodb+srv://a?w=majority":             "mongodb+srv://a/d?w=majority",
		"mongodb://u:p@a/?authSource=admin":      "mongodb://u:p@a/d?authSource=admin",
		"mongodb://u:p@a/old":                    "mongodb://u:p@a/d?authSource=old",
		"mongodb://u:p@a/old?w=1":                "mongodb://u:p@a/d?w=1&authSource=old",
		"mongodb://u:p@a/old?authSource=admin":   "mongodb://u:p@a/d?authSource=admin",
		"mongodb://a:1/old?authSource=elsewhere": "mongodb://a:1/d?authSource=elsewhere",
	} {
		if got, err := withDatabase(uri, "d"); got != want || err != nil {
			t.Errorf("withDatabase(%q) = %q, %v; want %q", uri, got, err, want)
		}
	}
	for _, uri := range []string{"", "localhost:27017", "mongodb://", "mongodb:///old"} {
		if got, err := withDatabase(uri, "d"); err == nil {
			t.Errorf("withDatabase(%q) = %q; want an error", uri, got)
		}
	}
}
