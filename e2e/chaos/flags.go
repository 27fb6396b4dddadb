package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"ticketing.dev/e2e/chaos/cluster"
	"ticketing.dev/e2e/chaos/defects"
	"ticketing.dev/e2e/chaos/faults"
)

const (
	defaultRounds   = 10
	defaultParallel = 3
	defaultLoad     = 20 * time.Second
	// shortestLoad leaves time for faults and their effects.
	shortestLoad = 5 * time.Second
	// defaultQuiet is longer than anything takes to finish: the reconciler resumes payments and asynq the tasks
	// of a killed worker after a minute, and the broker redelivers after 15 seconds.
	defaultQuiet = 150 * time.Second
)

// config is the command line.
type config struct {
	rounds   int
	seeds    []uint64 // of the first rounds; the others are random
	parallel int
	load     time.Duration
	quiet    time.Duration
	dir      string // for rounds that fail
	keep     bool
	only     faults.Selection
	report   string
	defects  []defects.Defect // to look for, one after the other
	mongo    *cluster.MongoServer
	rerun    []string // flags that a rerun of a round needs
}

const usage = `chaos runs rounds of a campaign: it injects faults into two replicas of each service, and into what they run
on, while users buy, and checks that what users saw keeps the promises.
The status is 0 if every promise was kept or each defect was found, 1 if not, and 2 for wrong flags.

  make chaos                     # %d rounds with random seeds
  make chaos SEED=42             # rerun a round
  make chaos ROUNDS=100 ARGS="-report report.json"
  make chaos ARGS="-defect NAME" # services with a defect that must be found
  make chaos ARGS=-defects       # each of them in turn

With MONGO_URI, such as mongodb://127.0.0.1:27017, each round uses databases of its own there, which it drops,
instead of the embedded one. That MongoDB is never killed or paused.

`

// parse reads the command line and MONGO_URI. With -h it writes the usage.
func parse(args []string, mongoURI string, out io.Writer) (c config, err error) {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.IntVar(&c.rounds, "rounds", 0, fmt.Sprintf("`number` of rounds (default the number of seeds, or %d)", defaultRounds))
	flags.Func("seed", "comma-separated `seeds` of the first rounds; the others are random", c.parseSeeds)
	flags.IntVar(&c.parallel, "parallel", defaultParallel, "`rounds` that run side by side")
	flags.DurationVar(&c.load, "load", defaultLoad, "how `long` users buy and faults happen")
	flags.DurationVar(&c.quiet, "quiet", defaultQuiet, "how `long` a healed system may take to finish everything")
	flags.StringVar(&c.dir, "dir", filepath.Join(os.TempDir(), "ticketing-chaos"), "`directory` for rounds that fail")
	flags.BoolVar(&c.keep, "keep", false, "also keep rounds that pass")
	flags.Func("only", fmt.Sprintf("comma-separated `faults`, such as kill:nats,pause; the kinds are %v", faults.Kinds), func(s string) error {
		c.only = strings.Split(s, ",")
		return c.only.Check()
	})
	flags.StringVar(&c.report, "report", "", "`file` for a summary in JSON")
	flags.Func("defect", "comma-separated `names` of defects to look for: "+strings.Join(defectNames(), ", "), c.parseDefects)
	all := flags.Bool("defects", false, "look for every defect")
	err = flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(out)
		fmt.Fprintf(out, usage, defaultRounds)
		flags.PrintDefaults()
	}
	if err != nil {
		return c, err
	}
	if *all {
		c.defects = defects.All
	}
	flags.Visit(func(f *flag.Flag) {
		if f.Name == "load" || f.Name == "quiet" {
			c.rerun = append(c.rerun, "-"+f.Name, f.Value.String())
		}
	})
	if mongoURI != "" {
		if c.mongo, err = cluster.ParseMongo(mongoURI); err != nil {
			return c, fmt.Errorf("MONGO_URI: %w", err)
		}
	}
	return c, c.check(flags.NArg())
}

// check finds wrong flags, and draws the seeds that weren't given.
func (c *config) check(arguments int) error {
	if c.rounds == 0 {
		c.rounds = len(c.seeds)
	}
	if c.rounds == 0 {
		c.rounds = defaultRounds
	}
	switch {
	case arguments > 0:
		return errors.New("chaos takes no arguments but flags")
	case c.rounds < 1 || c.parallel < 1:
		return errors.New("there must be at least one round")
	case c.load < shortestLoad:
		return fmt.Errorf("a load of %v is too short: at least %v", c.load, shortestLoad)
	}
	for len(c.seeds) < c.rounds {
		c.seeds = append(c.seeds, rand.Uint64N(1e9)) // short enough to type
	}
	c.seeds = c.seeds[:c.rounds]
	if err := c.only.Check(c.spared()...); err != nil {
		return fmt.Errorf("%w; the MongoDB of MONGO_URI is neither killed nor paused", err)
	}
	return nil
}

// spared are the processes that the campaign may not kill or pause.
func (c *config) spared() []string {
	if c.mongo != nil {
		return []string{cluster.Mongo}
	}
	return nil
}

// again is the command that reruns a round.
func (c *config) again(seed uint64, d *defects.Defect) string {
	args := c.rerun
	if len(c.only) > 0 {
		args = append(args, "-only", strings.Join(c.only, ","))
	}
	if d != nil {
		args = append(args, "-defect", d.Name)
	}
	command := fmt.Sprintf("make chaos SEED=%d", seed)
	if len(args) > 0 {
		command += fmt.Sprintf(" ARGS=%q", strings.Join(args, " "))
	}
	if c.mongo != nil { // without it the plan differs; it may hold a password
		command = "MONGO_URI=… " + command
	}
	return command
}

func (c *config) parseSeeds(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		seed, err := strconv.ParseUint(strings.TrimSpace(part), 10, 64)
		if err != nil {
			return fmt.Errorf("seed %q is not a number", part)
		}
		c.seeds = append(c.seeds, seed)
	}
	return nil
}

func (c *config) parseDefects(names string) error {
	for name := range strings.SplitSeq(names, ",") {
		d, ok := defects.Named(name)
		if !ok {
			return fmt.Errorf("there is no defect %q; -h names them", name)
		}
		c.defects = append(c.defects, d)
	}
	return nil
}

func defectNames() (names []string) {
	for _, d := range defects.All {
		names = append(names, d.Name)
	}
	return names
}
