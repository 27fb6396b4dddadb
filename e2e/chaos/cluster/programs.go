package cluster

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"ticketing.dev/common/process"
	"ticketing.dev/local/system"
)

// redisServer is Debian's, by the name by which it is found elsewhere, too.
const redisServer = "redis-server"

// Programs are what the processes run.
type Programs struct {
	// Bin is a directory with the services' programs and the stand-ins'.
	Bin string
	// Redis is a redis-server.
	Redis string
}

// Build builds all programs into bin, the services' with the file of `go build -overlay` unless it's empty, and
// finds Redis.
func Build(ctx context.Context, root, bin, overlay string) (Programs, error) {
	redis, err := exec.LookPath(redisServer)
	if err != nil {
		return Programs{}, fmt.Errorf("there is no %s (on Debian: apt install redis-server): %w", redisServer, err)
	}
	var flags []string
	if overlay != "" {
		flags = []string{"-overlay", overlay}
	}
	return Programs{Bin: bin, Redis: redis}, errors.Join(
		process.Build(ctx, root, bin, []string{system.StandinPackage}),
		process.Build(ctx, root, bin, system.Packages(), flags...),
	)
}
