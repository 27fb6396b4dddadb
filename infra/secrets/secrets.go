// Package secrets generates the secrets that can be random: the passwords of NATS and Redis, and the keys that
// sign events.
package secrets

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"strings"
)

// Services have a user at NATS and a key for their events.
var Services = []string{"auth", "expiration", "orders", "payments", "tickets"}

// Secret is a Kubernetes Secret.
type Secret struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   Metadata          `json:"metadata"`
	Data       map[string]string `json:"stringData"`
}

// Metadata names a secret.
type Metadata struct {
	Name string `json:"name"`
}

// New is a secret with a name.
func New(name string, data map[string]string) Secret {
	return Secret{"v1", "Secret", Metadata{name}, data}
}

// Generate returns new secrets.
func Generate() []Secret {
	passwords := map[string]string{"STREAMING_PASSWORD": password()}
	keys := map[string]string{}
	var public []string
	for _, service := range Services {
		passwords[strings.ToUpper(service)+"_PASSWORD"] = password()
		seed := make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(seed) // never fails
		keys[strings.ToUpper(service)+"_KEY"] = base64.StdEncoding.EncodeToString(seed)
		key := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey) // by its documentation
		public = append(public, service+":"+base64.StdEncoding.EncodeToString(key))
	}
	keys["PUBLIC_KEYS"] = strings.Join(public, ",")
	return []Secret{
		New("nats-secret", passwords),
		New("redis-secret", map[string]string{"REDIS_PASSWORD": password()}),
		New("event-keys", keys),
	}
}

// password begins with a letter, since NATS reads the variables in its configuration as values: 12e3 would be a number.
func password() string { return "p" + rand.Text() + rand.Text() }
