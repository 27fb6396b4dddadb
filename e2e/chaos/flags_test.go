package main

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketing.dev/e2e/chaos/cluster"
	"ticketing.dev/e2e/chaos/defects"
)

func TestFlags(t *testing.T) {
	c, err := parse(nil, "", io.Discard)
	if err != nil || c.rounds != defaultRounds || len(c.seeds) != defaultRounds || c.load != defaultLoad || c.parallel != defaultParallel {
		t.Errorf("without flags: %+v, %v", c, err)
	}
	other, err := parse(nil, "", io.Discard)
	if err != nil || slices.Equal(c.seeds, other.seeds) {
		t.Errorf("the seeds are the same again: %v, %v", other.seeds, err)
	}
	c, err = parse(strings.Fields("-seed 7"), "", io.Discard)
	if err != nil || !slices.Equal(c.seeds, []uint64{7}) {
		t.Errorf("one seed: %v, %v", c.seeds, err)
	}
	c, err = parse(strings.Fields("-seed 1,2,3 -rounds 4 -load 10s -only kill:nats,pause -defect outbox-not-swept"), "", io.Discard)
	if err != nil || len(c.seeds) != 4 || !slices.Equal(c.seeds[:3], []uint64{1, 2, 3}) || c.load != 10*time.Second ||
		!slices.Equal(c.only, []string{"kill:nats", "pause"}) || len(c.defects) != 1 || c.defects[0].Name != "outbox-not-swept" {
		t.Errorf("many: %+v, %v", c, err)
	}
	c, err = parse([]string{"-defects"}, "", io.Discard)
	if err != nil || len(c.defects) != len(defects.All) {
		t.Errorf("all defects: %+v, %v", c, err)
	}
}

func TestRefusesWrongFlags(t *testing.T) {
	for args, want := range map[string]string{
		"again":             "no arguments",
		"-seed seven":       "is not a number",
		"-rounds -1":        "at least one round",
		"-parallel 0":       "at least one round",
		"-load 1s":          "too short",
		"-only kill:stripe": "no fault is",
		"-defect none-such": "no defect",
	} {
		if _, err := parse(strings.Fields(args), "", io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
	var usage strings.Builder
	if _, err := parse([]string{"-h"}, "", &usage); !errors.Is(err, flag.ErrHelp) || !strings.Contains(usage.String(), "make chaos SEED=42") {
		t.Errorf("%v: %s", err, &usage)
	}
}

func TestTheCommandThatRerunsARound(t *testing.T) {
	c, err := parse(strings.Fields("-rounds 5 -load 12s -quiet 1m0s -only kill,pause:nats -defect slot-not-unique"), "", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.again(42, &c.defects[0]), `make chaos SEED=42 ARGS="-load 12s -quiet 1m0s -only kill,pause:nats -defect slot-not-unique"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := new(config).again(42, nil); got != "make chaos SEED=42" {
		t.Errorf("got %s", got)
	}
}

func TestAnExternalMongoDBIsNeverKilled(t *testing.T) {
	const uri = "mongodb://127.0.0.1"
	c, err := parse(strings.Fields("-only pause,cut:mongo"), uri, io.Discard)
	if err != nil || c.mongo == nil || !slices.Equal(c.spared(), []string{cluster.Mongo}) {
		t.Errorf("%+v, %v", c, err)
	}
	if got := (&config{mongo: c.mongo}).again(42, nil); got != "MONGO_URI=… make chaos SEED=42" {
		t.Errorf("got %s", got)
	}
	for _, d := range defects.All {
		if err := (&campaign{config: config{mongo: c.mongo}}).selection(&d).Check(c.spared()...); err != nil {
			t.Errorf("%s: %v", d.Name, err)
		}
	}
	for args, want := range map[string]string{
		"-only kill:mongo":       "MONGO_URI",
		"-only cut,pause:mongo":  "MONGO_URI",
		"-only kill:stripe,kill": "no fault is",
	} {
		if _, err := parse(strings.Fields(args), uri, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
	if _, err := parse(nil, "mongodb://a,b", io.Discard); err == nil || !strings.Contains(err.Error(), "MONGO_URI: it must name one host") {
		t.Error(err)
	}
	if c, err := parse(nil, "", io.Discard); err != nil || c.mongo != nil || len(c.spared()) > 0 {
		t.Errorf("without MONGO_URI: %+v, %v", c, err)
	}
}
