package seed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
	_ "time/tzdata" // not every machine has the time zones

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/tickets"
)

// venue is where a show plays, with the price of its middle seat.
type venue struct {
	name, city, zone string
	price            float64 // dollars
}

var venues = []venue{
	{"Beacon Theatre", "New York", "America/New_York", 89},
	{"Bowery Ballroom", "New York", "America/New_York", 38},
	{"Madison Square Garden", "New York", "America/New_York", 145},
	{"Royal Albert Hall", "London", "Europe/London", 95},
	{"Brixton Academy", "London", "Europe/London", 52},
	{"Elbphilharmonie", "Hamburg", "Europe/Berlin", 78},
	{"Columbiahalle", "Berlin", "Europe/Berlin", 49},
	{"L'Olympia", "Paris", "Europe/Paris", 64},
	{"Paradiso", "Amsterdam", "Europe/Amsterdam", 34},
	{"Ryman Auditorium", "Nashville", "America/Chicago", 72},
	{"The Fillmore", "San Francisco", "America/Los_Angeles", 45},
	{"Hollywood Bowl", "Los Angeles", "America/Los_Angeles", 110},
	{"Red Rocks Amphitheatre", "Morrison", "America/Denver", 98},
	{"Massey Hall", "Toronto", "America/Toronto", 68},
	{"Nippon Budokan", "Tokyo", "Asia/Tokyo", 105},
	{"Sydney Opera House", "Sydney", "Australia/Sydney", 120},
	{"Teatro Colón", "Buenos Aires", "America/Argentina/Buenos_Aires", 58},
	{"Estadio Azteca", "Mexico City", "America/Mexico_City", 84},
	{"Sala Apolo", "Barcelona", "Europe/Madrid", 29},
	{"Vega", "Copenhagen", "Europe/Copenhagen", 41},
}

var (
	firsts  = []string{"Paper", "Silver", "Midnight", "Velvet", "Northern", "Electric", "Hollow", "Golden", "Quiet", "Distant", "Crimson", "Salt", "Glass", "Wild", "Second", "Lunar", "Amber", "Broken", "Little", "Concrete"}
	seconds = []string{"Lanterns", "Harbor", "Foxes", "Orchestra", "Parade", "Rivers", "Telegraph", "Sparrows", "Avenue", "Machines", "Gardens", "Sisters", "Weather", "Arcade", "Tides", "Ensemble", "Radio", "Shadows", "Company", "Horizon"}
	tours   = []string{"", "", "", "World Tour", "Unplugged", "The Farewell Tour", "20th Anniversary", "with Strings", "Album Release Show", "Late Show"}
	areas   = []struct {
		name   string
		factor float64
		seated bool
	}{{"Balcony", 0.7, true}, {"Rear Stalls", 0.9, true}, {"General Admission", 1, false}, {"Mezzanine", 1.2, true}, {"Floor", 1.5, false}, {"Orchestra", 2.6, true}}
	reasons = []string{
		"I bought two and only need one.", "I'm out of town that night.", "My friend can't make it.", "Great view of the stage.",
		"Mobile transfer right after the sale.", "No refunds, but a great night.",
	}
)

// season is how many days ahead shows are sold.
const season = 300

// offer makes up the i-th ticket. Many tickets are for the same show, as in life: a show is one act on
// one night, and its tickets differ by their seats.
func offer(today time.Time, i int) tickets.Offer {
	show := rand.New(rand.NewPCG(uint64(today.Unix()), uint64(i/50)))
	act := firsts[show.IntN(len(firsts))] + " " + seconds[show.IntN(len(seconds))]
	if tour := tours[show.IntN(len(tours))]; tour != "" {
		act += ": " + tour
	}
	at := venues[show.IntN(len(venues))]
	night := today.AddDate(0, 0, 1+show.IntN(season))
	fame := math.Exp(show.NormFloat64() * 0.35)

	doors := 18 + show.IntN(3)

	area := areas[rand.IntN(len(areas))]
	o := tickets.Offer{Title: act + ", " + area.name, Price: price(at.price * fame * area.factor)}
	o.Event = events.Occasion{StartsAt: localTime(night, doors+1, at.zone), Venue: at.name, City: at.city}
	o.Description = fmt.Sprintf("Doors open at %d PM. %s", doors-12, reasons[rand.IntN(len(reasons))])
	o.Seat = "Standing"
	if area.seated {
		o.Seat = fmt.Sprintf("Row %d, seat %d", 1+rand.IntN(30), 1+rand.IntN(40))
	}
	return o
}

// localTime is an hour of a day on the clocks of a zone.
func localTime(day time.Time, hour int, zone string) events.LocalTime {
	place, err := time.LoadLocation(zone)
	if err != nil {
		panic(err) // time/tzdata has them all
	}
	return events.LocalTime(time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, place).Format(time.RFC3339))
}

// price rounds dollars as sellers do: to 50 cents below $50, and to whole dollars less 5 cents above.
func price(dollars float64) money.Cents {
	if dollars < 50 {
		return money.Cents(math.Max(10, math.Round(dollars*2)) * 50)
	}
	return money.Cents(math.Round(dollars)*100 - 5)
}
