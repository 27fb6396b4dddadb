package mongo

import (
	"bytes"
	"math"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

func decimal(t *testing.T, text string) primitive.Decimal128 {
	t.Helper()
	d, err := primitive.ParseDecimal128(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// ascending is a value of every kind, in MongoDB's order.
func ascending(t *testing.T) []any {
	return []any{
		primitive.MinKey{}, primitive.Null{},
		math.NaN(), math.Inf(-1), decimal(t, "-1E6000"), -math.MaxFloat64, int64(math.MinInt64), int64(math.MinInt64 + 1),
		-1.5, int32(-1), decimal(t, "-1E-6000"), 0.0, decimal(t, "1E-6000"), math.SmallestNonzeroFloat64,
		0.1, int32(1), decimal(t, "1.000000000000000000000000000000001"), 1.5, int64(1<<53 - 1), int64(1 << 53), int64(1<<53 + 1),
		int64(math.MaxInt64 - 1), int64(math.MaxInt64), float64(1 << 63), math.MaxFloat64, decimal(t, "1E6000"), decimal(t, "2E6000"), math.Inf(1),
		"", "\x00", "\x00a", "a", "a\x00", "a\x00b", "aa", "b", "ä",
		bson.D{}, bson.D{{Key: "a", Value: 1}}, bson.D{{Key: "a", Value: 1}, {Key: "b", Value: 1}}, bson.D{{Key: "a", Value: 2}}, bson.D{{Key: "b", Value: 0}}, bson.D{{Key: "a", Value: "x"}},
		bson.A{}, bson.A{1}, bson.A{1, 2}, bson.A{2}, bson.A{"x"},
		primitive.Binary{Subtype: 5, Data: []byte{9}}, primitive.Binary{Subtype: 0, Data: []byte{0, 0}}, primitive.Binary{Subtype: 1, Data: []byte{0, 0}},
		primitive.ObjectID{}, primitive.ObjectID{11: 0xFF}, primitive.ObjectID{0: 0xFF},
		false, true,
		time.UnixMilli(-1), time.UnixMilli(0), time.UnixMilli(255),
		primitive.Timestamp{T: 1, I: 2}, primitive.Timestamp{T: 2, I: 1},
		primitive.Regex{Pattern: "a"}, primitive.Regex{Pattern: "a", Options: "i"}, primitive.Regex{Pattern: "b"},
		primitive.MaxKey{},
	}
}

func TestKeysSortAsMongoDBDoes(t *testing.T) {
	values := ascending(t)
	for n := range values {
		for m := range values {
			a, b := toValue(values[n]), toValue(values[m])
			want := min(max(n-m, -1), 1)
			if got := compare(a, b); got != want {
				t.Errorf("compare %v with %v: %d, want %d", values[n], values[m], got, want)
			}
			if got := bytes.Compare(appendField(nil, a, true), appendField(nil, b, true)); got != -want {
				t.Errorf("compare %v with %v, descending: %d, want %d", values[n], values[m], got, -want)
			}
			if n != m && bytes.HasPrefix(appendKey(nil, a), appendKey(nil, b)) {
				t.Errorf("the key of %v is a prefix of that of %v", values[m], values[n])
			}
		}
	}
}

func TestNumbersThatAreEqualHaveOneKey(t *testing.T) {
	for _, same := range [][]any{
		{int32(0), int64(0), 0.0, math.Copysign(0, -1), decimal(t, "0"), decimal(t, "-0E3")},
		{int32(10), int64(10), 10.0, decimal(t, "10"), decimal(t, "1E1"), decimal(t, "10.00")},
		{int64(1 << 60), float64(1 << 60), decimal(t, "1152921504606846976")},
		{int64(math.MaxInt64), decimal(t, "9223372036854775807")},
		{math.Inf(1), decimal(t, "Infinity")}, {math.NaN(), decimal(t, "NaN")},
		{0.5, decimal(t, "0.50")},
	} {
		for _, other := range same[1:] {
			if !equal(toValue(same[0]), toValue(other)) {
				t.Errorf("%v and %v (%T) differ", same[0], other, other)
			}
		}
	}
	if equal(toValue(0.1), toValue(decimal(t, "0.1"))) {
		t.Error("0.1 as a double is not one tenth")
	}
}

// An interval between two values has exactly those that it should, of a descending field as well.
func TestIntervalsHoldTheValuesBetweenTheirEnds(t *testing.T) {
	var keys [][]byte
	for _, v := range ascending(t) {
		keys = append(keys, appendKey(nil, toValue(v)))
	}
	for low := range keys {
		for high := low; high < len(keys); high++ {
			for _, desc := range []bool{false, true} {
				both := between(keys[low], keys[high], true, true, desc)
				neither := between(keys[low], keys[high], false, false, desc)
				for n, key := range keys {
					if got := both.has(key, desc); got != (low <= n && n <= high) {
						t.Errorf("value %d is in [%d, %d] (descending: %v): %v", n, low, high, desc, got)
					}
					if got := neither.has(key, desc); got != (low < n && n < high) {
						t.Errorf("value %d is in (%d, %d) (descending: %v): %v", n, low, high, desc, got)
					}
				}
			}
		}
	}
}

// has reports whether an entry whose field has this encoding is in the interval.
func (i interval) has(key []byte, desc bool) bool {
	key = slices.Clone(key)
	if desc {
		invert(key)
	}
	key = append(key, rankString, 'x', 0, 0) // a field that follows
	return bytes.Compare(i.from, key) <= 0 && bytes.Compare(key, i.to) < 0
}
