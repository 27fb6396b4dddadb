package money

import (
	"encoding/json"
	"testing"
)

// A price that is accepted is the same once it has been written and read again.
func FuzzDollars(f *testing.F) {
	for _, price := range []string{"1", "0.01", "19.99", "1e2", "1e999", "-0", "-0.01", "0.001", `"5"`, "null", "99999999999999999999", "1E-2", "NaN"} {
		f.Add([]byte(price))
	}
	f.Fuzz(func(t *testing.T, price []byte) {
		var d, again Dollars
		if json.Unmarshal(price, &d) != nil {
			return
		}
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatalf("%s was read as %v, which can't be written: %v", price, d, err)
		}
		if err := json.Unmarshal(text, &again); err != nil || again != d {
			t.Errorf("%s is %v, but %s is %v, %v", price, d, text, again, err)
		}
	})
}
