package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/mongodb"
	"ticketing.dev/local/system"
)

// held is what a system holds: documents by collection, and files and goroutines by process.
type held struct{ documents, files, goroutines map[string]int64 }

// hold reads what a system holds.
func (s *site) hold(ctx context.Context) (h held, err error) {
	if h.documents, err = s.documents(ctx); err != nil {
		return held{}, err
	}
	h.files, h.goroutines = make(map[string]int64), make(map[string]int64)
	parts := map[string]int{"gateway": os.Getpid()}
	if s.Client != nil {
		parts["client"] = s.Client.PID
	}
	for _, name := range system.Services {
		parts[name] = s.Services[name].PID
		if h.goroutines[name], err = s.goroutines(ctx, name); err != nil {
			return held{}, err
		}
	}
	for name, pid := range parts {
		open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		if err != nil {
			return held{}, err
		}
		h.files[name] = int64(len(open))
	}
	return h, nil
}

func (s *site) documents(ctx context.Context) (map[string]int64, error) {
	db, err := mongodb.Connect(ctx, mongodb.Config{URI: s.Mongo.URL}, "tickets", slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer mongodb.Disconnect(db)
	counts := make(map[string]int64)
	for _, service := range system.Services {
		if service == "expiration" {
			continue
		}
		collections, err := db.Client().Database(service).ListCollectionNames(ctx, bson.M{})
		if err != nil {
			return nil, err
		}
		for _, c := range collections {
			if c == "feeds" { // how far payments has read Stripe's events, on its own
				continue
			}
			if counts[service+"."+c], err = db.Client().Database(service).Collection(c).EstimatedDocumentCount(ctx); err != nil {
				return nil, err
			}
		}
	}
	return counts, nil
}

// goroutines are those of a service, whose log has the address of its profiles.
func (s *site) goroutines(ctx context.Context, service string) (int64, error) {
	log, err := os.ReadFile(filepath.Join(s.dir, "log", service+".log"))
	if err != nil {
		return 0, err
	}
	var at string
	for line := range bytes.Lines(log) {
		var entry struct{ Msg, Address string }
		if json.Unmarshal(line, &entry) == nil && entry.Msg == "serving profiles" {
			at = entry.Address
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at+"/debug/pprof/goroutine?debug=1", nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	_, count, _ := bytes.Cut(first, []byte("total "))
	return strconv.ParseInt(string(count), 10, 64)
}

const (
	// slack is how many files and goroutines more may be held: connections that are kept for later requests.
	slack = 100
	// settle is how long open connections have to end.
	settle = 2 * time.Minute
)

// leaked waits until a system holds about what it held before, and returns an error if it never does, or if documents
// were added or deleted.
func (s *site) leaked(ctx context.Context, before held) error {
	for deadline := time.Now().Add(settle); ; {
		http.DefaultClient.CloseIdleConnections()
		after, err := s.hold(ctx)
		if err != nil {
			return err
		}
		err = errors.Join(more("documents", before.documents, after.documents, 0), more("files", before.files, after.files, slack),
			more("goroutines", before.goroutines, after.goroutines, slack))
		if err == nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// more is an error if there is more of something than before, beyond the slack.
func more(what string, before, after map[string]int64, slack int64) (err error) {
	names := make([]string, 0, len(after))
	for name := range after {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if grown := after[name] - before[name]; grown > slack {
			err = errors.Join(err, fmt.Errorf("%s: %d more %s than before (%d)", name, grown, what, before[name]))
		}
	}
	return err
}
