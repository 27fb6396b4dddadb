package faults_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"ticketing.dev/e2e/chaos/cluster"
	"ticketing.dev/e2e/chaos/faults"
)

const load = 20 * time.Second

func TestASeedDecidesThePlan(t *testing.T) {
	first, again, other := faults.Draw(42, load, nil), faults.Draw(42, load, nil), faults.Draw(43, load, nil)
	if !reflect.DeepEqual(first, again) {
		t.Errorf("the same seed makes\n%+v\nand\n%+v", first, again)
	}
	if reflect.DeepEqual(first.Faults, other.Faults) {
		t.Error("another seed makes the same faults")
	}
}

func TestPlans(t *testing.T) {
	kinds, overlapping, long, allDown, skewed := make(map[faults.Kind]int), 0, 0, 0, 0
	for seed := range uint64(300) {
		p := faults.Draw(seed, load, nil)
		if len(p.Faults) < 6 {
			t.Errorf("seed %d has only %d faults", seed, len(p.Faults))
		}
		if p.OrderTTL < 8*time.Second || p.OrderTTL > 12*time.Second {
			t.Errorf("seed %d: orders live for %v", seed, p.OrderTTL)
		}
		for _, ahead := range p.Skew {
			skewed++
			if ahead.Abs() > 1500*time.Millisecond {
				t.Errorf("seed %d: a clock is off by %v", seed, ahead)
			}
		}
		for i, f := range p.Faults {
			kinds[f.Kind]++
			if f.At < 0 || f.For < 0 || f.At+f.For > load {
				t.Errorf("seed %d: %s is from %v for %v", seed, f, f.At, f.For)
			}
			if f.Kind == faults.Pause && f.For > 15*time.Second {
				long++
			}
			for _, other := range p.Faults[:i] {
				if f.At < other.At {
					t.Errorf("seed %d: %s stands after %s", seed, f, other)
				}
				if f.At >= other.At+other.For {
					continue
				}
				overlapping++
				if f.Kind == faults.Kill && f.Target != other.Target && other.Kind == faults.Kill && strings.Contains(f.Target, "-") &&
					cluster.ServiceOf(f.Target) == cluster.ServiceOf(other.Target) {
					allDown++
				}
				if f.Target == other.Target {
					t.Errorf("seed %d: %s and %s at once", seed, f, other)
				}
			}
		}
	}
	for _, k := range faults.Kinds {
		if kinds[k] < 50 {
			t.Errorf("in 300 rounds there were %d of the kind %s", kinds[k], k)
		}
	}
	if overlapping < 300 || long < 10 || allDown < 30 || skewed == 0 {
		t.Errorf("300 rounds had only %d overlapping faults, %d pauses longer than the broker waits, %d outages of a whole service, %d skewed clocks",
			overlapping, long, allDown, skewed)
	}
}

func TestALongerLoadHasMoreFaults(t *testing.T) {
	short, long := 0, 0
	for seed := range uint64(20) {
		short += len(faults.Draw(seed, load/4, nil).Faults)
		long += len(faults.Draw(seed, 3*load, nil).Faults)
	}
	if short < 20*5 || long < 2*short {
		t.Errorf("20 rounds have %d faults, and %d if they are twelve times as long", short, long)
	}
}

func TestASelectionNarrowsThePlan(t *testing.T) {
	for _, test := range []struct {
		selection faults.Selection
		target    string // is part of each
	}{
		{faults.Selection{"kill:nats"}, cluster.NATS},
		{faults.Selection{"pause:orders"}, "orders-"},
		{faults.Selection{"cut:orders-2"}, "orders-2→"},
		{faults.Selection{"slow:mongo", "cut:mongo"}, "→" + cluster.Mongo},
		{faults.Selection{"wipe:redis", "kill:redis"}, cluster.Redis},
		{faults.Selection{"stripe", "webhooks"}, cluster.Stripe},
		{faults.Selection{"replay"}, "events"},
		{faults.Selection{"refund"}, faults.Dashboard},
	} {
		if err := test.selection.Check(); err != nil {
			t.Error(err)
		}
		some := 0
		for seed := range uint64(20) {
			for _, f := range faults.Draw(seed, load, test.selection).Faults {
				some++
				if !strings.Contains(f.Target, test.target) || !strings.Contains(strings.Join(test.selection, ","), string(f.Kind)) {
					t.Errorf("%v allows %s", test.selection, f)
				}
			}
		}
		if some < 20 {
			t.Errorf("%v makes %d faults in 20 rounds", test.selection, some)
		}
	}
	for _, pattern := range []string{"", "explode", "kill:stripe", "cut:client", "wipe:mongo"} {
		if err := (faults.Selection{pattern}).Check(); err == nil {
			t.Errorf("%q selects something", pattern)
		}
	}
}

func TestSparedTargetsHaveNoFaults(t *testing.T) {
	links := 0
	for seed := range uint64(100) {
		for _, f := range faults.Draw(seed, load, nil, cluster.Mongo).Faults {
			if f.Target == cluster.Mongo {
				t.Errorf("seed %d: %s", seed, f)
			}
			if strings.HasSuffix(f.Target, "→"+cluster.Mongo) {
				links++
			}
		}
	}
	if links < 50 {
		t.Errorf("in 100 rounds, only %d ways to it were hurt", links)
	}
	for _, pattern := range []string{"kill:mongo", "pause:mongo"} {
		if err := (faults.Selection{"kill", pattern}).Check(cluster.Mongo); err == nil {
			t.Errorf("%q selects something", pattern)
		}
	}
	if err := (faults.Selection{"kill", "pause:nats", "cut:mongo", "slow:orders-1→mongo"}).Check(cluster.Mongo); err != nil {
		t.Error(err)
	}
}
