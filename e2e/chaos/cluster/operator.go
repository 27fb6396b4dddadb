package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"ticketing.dev/common/deadletters"
	"ticketing.dev/common/process"
)

var listening = []string{"tickets", "orders", "expiration", "payments"}

const operatorTimeout = 30 * time.Second

// DeadLetters are each service's open dead letters, one a line, from its own command.
func (c *Cluster) DeadLetters(ctx context.Context) (map[string][]string, error) {
	all := make(map[string][]string)
	for _, service := range listening {
		out, err := c.operate(ctx, service, "deadletters", "list", "-json")
		if err != nil {
			return nil, err
		}
		var letters []deadletters.Letter
		if err := json.Unmarshal(out, &letters); err != nil {
			return nil, fmt.Errorf("%s deadletters list: %w\n%s", service, err, out)
		}
		for _, l := range letters {
			all[service] = append(all[service], fmt.Sprintf("%s %s: %s: %s", l.ID, l.Channel, l.Cause, strings.Join(strings.Fields(string(l.Content())), " ")))
		}
	}
	return all, nil
}

// Stuck are the charges that wait for an operator, one a line.
func (c *Cluster) Stuck(ctx context.Context) (lines []string, err error) {
	out, err := c.operate(ctx, "payments", "stuck", "list", "-json")
	if err != nil {
		return nil, err
	}
	var charges []json.RawMessage
	if err := json.Unmarshal(out, &charges); err != nil {
		return nil, fmt.Errorf("payments stuck list: %w\n%s", err, out)
	}
	for _, charge := range charges {
		lines = append(lines, strings.Join(strings.Fields(string(charge)), " "))
	}
	return lines, nil
}

// operate runs a service's program as an operator does.
func (c *Cluster) operate(ctx context.Context, service string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, operatorTimeout)
	defer cancel()
	s := c.shared
	s.MongoURI = c.mongoURI(c.store(Mongo), service)
	var out, complaints bytes.Buffer
	state, err := process.Run(ctx, process.Command{
		Path: filepath.Join(c.config.Programs.Bin, service), Args: args, Env: s.Environ(service, "operator", "0"),
		Stdout: &out, Stderr: &complaints,
	})
	if err == nil && !state.Success() {
		err = errors.New(state.String())
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", service, strings.Join(args, " "), err, &complaints)
	}
	return out.Bytes(), nil
}
