package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"ticketing.dev/e2e/chaos/defects"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/world"
)

const (
	defaultRounds   = 10
	defaultKills    = 3
	defaultParallel = 3
	defaultLoad     = 20 * time.Second
	// shortestLoad leaves room for faults and for what they do.
	shortestLoad = 5 * time.Second
	// defaultQuiet is how long a round may take to be quiet once it is healed. The reconciler takes up a
	// payment when it is a minute old, Redis's tasks of a worker that was killed run again after a minute,
	// the broker delivers again after 15 seconds.
	defaultQuiet = 150 * time.Second
)

// config is what the command line says.
type config struct {
	rounds   int
	seeds    []uint64 // of the first rounds; the others are random
	parallel int
	load     time.Duration
	quiet    time.Duration
	dir      string
	keep     bool
	only     faults.Selection
	report   string

	// mongo is the MongoDB that MONGO_URI names, nil if it names none.
	mongo *world.MongoServer

	defects  []defects.Defect // to look for, one after the other
	recovery bool

	// defect is the one that is looked for now, nil if none is.
	defect *defects.Defect
}

const about = `chaos runs rounds of a campaign: two replicas of each service, and what they run on, are hurt
while people buy; when all is quiet, what they saw is held against what is promised.
Its status is 0 if every promise was kept, or each defect found. It is 1 if a promise was broken, P1 stayed
undecided, a round could not be carried out or was stopped, or a defect was not found, and 2 if the flags
are wrong.

  make chaos                     # %d rounds of random seeds
  make chaos SEED=42             # one round again
  make chaos ROUNDS=100 ARGS="-report report.md"
  make chaos ARGS="-defect NAME" # the services with a defect that has to be found
  make chaos ARGS=-defects       # each of them in turn
  make chaos ARGS=-recovery      # how long after a kill each part serves again

If MONGO_URI is set, such as to mongodb://127.0.0.1:27017, each round has databases of its own there, which
are dropped at its end, instead of MongoDB's stand-in; nobody kills or pauses that MongoDB.

`

// parse reads the command line, and what MONGO_URI says. It writes the usage if it is asked for.
func parse(args []string, mongoURI string, usage io.Writer) (c config, err error) {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // what is wrong is in the error
	flags.IntVar(&c.rounds, "rounds", 0, fmt.Sprintf("how many `rounds`: unless set, as many as seeds are named, or %d; with -recovery how often each part is killed, or %d", defaultRounds, defaultKills))
	flags.Func("seed", "`seeds` of the first rounds, with commas between them; the others are random", func(s string) (err error) {
		c.seeds, err = parseSeeds(s)
		return err
	})
	flags.IntVar(&c.parallel, "parallel", defaultParallel, "how many `rounds` run side by side")
	flags.DurationVar(&c.load, "load", defaultLoad, "how `long` people buy and faults happen in a round")
	flags.DurationVar(&c.quiet, "quiet", defaultQuiet, "how `long` a round may take to be quiet once it is healed")
	flags.StringVar(&c.dir, "dir", "", "`directory` for the rounds that fail: unless set, one in the temporary directory")
	flags.BoolVar(&c.keep, "keep", false, "keep the rounds that pass, too")
	flags.Func("only", fmt.Sprintf("`faults`, with commas between them, such as kill:nats,pause; the kinds are %v", faults.Kinds), func(s string) error {
		c.only = strings.Split(s, ",")
		return c.only.Check()
	})
	flags.StringVar(&c.report, "report", "", "`file` for a report in Markdown")
	flags.Func("defect", "`names` of defects, with commas between them, to build the services with; each has to be found: "+
		strings.Join(defectNames(), ", "), func(names string) (err error) {
		c.defects, err = parseDefects(names)
		return err
	})
	all := flags.Bool("defects", false, "look for every defect")
	flags.BoolVar(&c.recovery, "recovery", false, "measure how long after its kill each part serves again")
	err = flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(usage)
		fmt.Fprintf(usage, about, defaultRounds)
		flags.PrintDefaults()
	}
	if err != nil {
		return c, err
	}
	if *all {
		c.defects = defects.All
	}
	if mongoURI != "" {
		if c.mongo, err = world.ParseMongo(mongoURI); err != nil {
			return c, fmt.Errorf("MONGO_URI: %w", err)
		}
		if err := c.only.Check(c.spared()...); err != nil {
			return c, fmt.Errorf("%w; the MongoDB of MONGO_URI is neither killed nor paused", err)
		}
	}
	return c, c.check(flags.NArg())
}

// spared are the processes that are not the campaign's to kill or pause.
func (c *config) spared() []string {
	if c.mongo != nil {
		return []string{world.Mongo}
	}
	return nil
}

func (c *config) check(arguments int) error {
	switch {
	case arguments > 0:
		return errors.New("it takes no arguments but flags")
	case len(c.defects) > 0 && c.recovery:
		return errors.New("-recovery is measured without a defect")
	case c.rounds < 0 || c.parallel < 1:
		return errors.New("there must be a round")
	case c.load < shortestLoad:
		return fmt.Errorf("a load of %v is too short: at least %v", c.load, shortestLoad)
	case c.rounds == 0 && c.recovery:
		c.rounds = defaultKills
	case c.rounds == 0 && len(c.seeds) > 0:
		c.rounds = len(c.seeds)
	case c.rounds == 0:
		c.rounds = defaultRounds
	}
	for len(c.seeds) < c.rounds {
		c.seeds = append(c.seeds, rand.Uint64N(1e9)) // short enough to be typed
	}
	c.seeds = c.seeds[:c.rounds]
	return nil
}

func parseSeeds(s string) (seeds []uint64, err error) {
	for part := range strings.SplitSeq(s, ",") {
		seed, err := strconv.ParseUint(strings.TrimSpace(part), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("seed %q is no number", part)
		}
		seeds = append(seeds, seed)
	}
	return seeds, nil
}

func parseDefects(names string) (some []defects.Defect, err error) {
	for name := range strings.SplitSeq(names, ",") {
		d, ok := defects.Named(name)
		if !ok {
			return nil, fmt.Errorf("there is no defect %q; -h names them", name)
		}
		some = append(some, d)
	}
	return some, nil
}

func defectNames() (names []string) {
	for _, d := range defects.All {
		names = append(names, d.Name)
	}
	return names
}
