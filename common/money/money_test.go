package money

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestDollarsAreReadToTheCent(t *testing.T) {
	for in, want := range map[string]Cents{
		"19.99": 1999, "0.57": 57, "1.10": 110, "1.1": 110, "999999.99": 99999999, "20": 2000,
		"0": 0, "0.5": 50, "0.05": 5, "-1": -100, "-0.25": -25, "1.00": 100, "9999999999999.99": 999999999999999,
	} {
		var d Dollars
		if err := json.Unmarshal([]byte(in), &d); err != nil {
			t.Errorf("%s: %v", in, err)
		} else if d.Cents != want {
			t.Errorf("%s was read as %d cents, want %d", in, d.Cents, want)
		}
	}
}

func TestRefusesInvalidAmountsWithTheirField(t *testing.T) {
	for _, in := range []string{"1.999", `"20"`, "1e2", "1E2", "1.5e1", "true", "{}", "[]", "null", "10000000000000", "0.001"} {
		var body struct {
			Price Dollars `json:"price"`
		}
		err := json.Unmarshal([]byte(`{"price":`+in+`}`), &body)
		var wrong *json.UnmarshalTypeError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: got %v, want an UnmarshalTypeError", in, err)
		} else if wrong.Field != "price" {
			t.Errorf("%s: the error names field %q, want price", in, wrong.Field)
		}
	}
}

func TestDollarsAreWrittenShort(t *testing.T) {
	for in, want := range map[Cents]string{1999: "19.99", 2000: "20", 110: "1.1", 57: "0.57", 5: "0.05", 0: "0", -25: "-0.25", 100000: "1000"} {
		got, err := json.Marshal(in.Dollars())
		if err != nil || string(got) != want {
			t.Errorf("%d cents are written %s (%v), want %s", in, got, err, want)
		}
	}
}

func TestEveryAmountSurvivesTheWire(t *testing.T) {
	for c := Cents(0); c <= 99999999; c += 9973 {
		b, err := json.Marshal(c.Dollars())
		if err != nil {
			t.Fatal(err)
		}
		var d Dollars
		if err := json.Unmarshal(b, &d); err != nil || d.Cents != c {
			t.Fatalf("%d cents came back as %d over %s (%v)", c, d.Cents, b, err)
		}
	}
}

func TestStringIsForPeople(t *testing.T) {
	for in, want := range map[Cents]string{1999: "$19.99", 50: "$0.50", -125: "-$1.25"} {
		if got := in.String(); got != want {
			t.Errorf("%d: %s, want %s", in, got, want)
		}
	}
}
