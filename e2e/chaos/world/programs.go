package world

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"

	"ticketing.dev/common/process"
	"ticketing.dev/local/system"
)

// redisServer is Debian's, by the name by which it is found elsewhere, too.
const redisServer = "redis-server"

// Programs are what the processes run.
type Programs struct {
	// Services is a directory with a program for each service.
	Services string
	// Standin and Redis are programs.
	Standin, Redis string
}

// Build builds the programs of all services and of the stand-ins into bin, and finds Redis. overlay is
// the file of `go build -overlay` for the services, if it is not empty.
func Build(ctx context.Context, root, bin, overlay string, progress io.Writer) (Programs, error) {
	redis, err := exec.LookPath(redisServer)
	if err != nil {
		return Programs{}, fmt.Errorf("there is no %s (on Debian: apt install redis-server): %w", redisServer, err)
	}
	if err := process.Build(ctx, root, bin, []string{system.StandinPackage}); err != nil {
		return Programs{}, err
	}
	p := Programs{Standin: filepath.Join(bin, "standin"), Redis: redis}
	return p.Rebuilt(ctx, root, bin, overlay, progress)
}

// Rebuilt are the same with other programs of the services, built into bin.
func (p Programs) Rebuilt(ctx context.Context, root, bin, overlay string, progress io.Writer) (Programs, error) {
	fmt.Fprintln(progress, "building the services")
	var flags []string
	if overlay != "" {
		flags = []string{"-overlay", overlay}
	}
	p.Services = bin
	return p, process.Build(ctx, root, bin, system.Packages(), flags...)
}
