package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketing.dev/local/system"
)

// Each service builds alone, without any stand-in that tests use.
func TestServicesCarryNoStandIn(t *testing.T) {
	for _, module := range append([]string{"common"}, system.Services...) {
		text, err := os.ReadFile(filepath.Join("..", module, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		for _, standIn := range []string{"nats-streaming-server", "nats-server", "miniredis", "stripe-mock", "bbolt", "sqlite", "ticketing.dev/local"} {
			if strings.Contains(string(text), standIn) {
				t.Errorf("%s/go.mod requires %s", module, standIn)
			}
		}
	}
}
