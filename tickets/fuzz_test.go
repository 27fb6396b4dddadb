package tickets

import (
	"net/url"
	"testing"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
)

// A search is refused as invalid, or it becomes a filter.
func FuzzSearch(f *testing.F) {
	for _, query := range []string{"", "q=jazz&city=Wien", "minPrice=1&maxPrice=0.5", "from=2027-01-01&to=x", "sort=price", "q=%00", "q=%ff", "minPrice=1e999", "q[$ne]=1", "q=" + "%F0%9F%8E%9F"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, _ := url.ParseQuery(query)
		c, err := parseCriteria(values, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		if err != nil {
			if problem.Of(err).Kind != problem.Invalid {
				t.Errorf("refused as %v", err)
			}
			return
		}
		c.filter()
	})
}

// A title that is accepted is accepted unchanged when it's sent again.
func FuzzTitle(f *testing.F) {
	for _, title := range []string{"Concert", "", " a ", "\x00", "\xff", "e\u0301", "\u202e", "\u200b", "a\u2028b", "🎟"} {
		f.Add(title, int64(1000))
	}
	f.Fuzz(func(t *testing.T, title string, price int64) {
		o, err := NewOffer(Offer{Title: title, Price: money.Cents(price)})
		if err != nil {
			return
		}
		if again, err := NewOffer(o); err != nil || again.Title != o.Title {
			t.Errorf("%q became %q and then %q, %v", title, o.Title, again.Title, err)
		}
	})
}
