// Command generate prints new secrets for `kubectl create`, which leaves those that exist alone:
//
//	make secrets | kubectl --namespace ticketing create --filename -
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"ticketing.dev/infra/secrets"
)

func main() {
	list := map[string]any{"apiVersion": "v1", "kind": "List", "items": secrets.Generate()}
	if err := json.NewEncoder(os.Stdout).Encode(list); err != nil {
		fmt.Fprintln(os.Stderr, "secrets:", err)
		os.Exit(1)
	}
}
