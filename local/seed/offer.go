package seed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/tickets"
)

// venue is where a show plays, with the price of its middle seat.
type venue struct {
	name, city string
	price      float64 // dollars
}

var venues = []venue{
	{"Beacon Theatre", "New York", 89},
	{"Bowery Ballroom", "New York", 38},
	{"Madison Square Garden", "New York", 145},
	{"Royal Albert Hall", "London", 95},
	{"Brixton Academy", "London", 52},
	{"Elbphilharmonie", "Hamburg", 78},
	{"Columbiahalle", "Berlin", 49},
	{"L'Olympia", "Paris", 64},
	{"Paradiso", "Amsterdam", 34},
	{"Ryman Auditorium", "Nashville", 72},
	{"The Fillmore", "San Francisco", 45},
	{"Hollywood Bowl", "Los Angeles", 110},
	{"Red Rocks Amphitheatre", "Morrison", 98},
	{"Massey Hall", "Toronto", 68},
	{"Nippon Budokan", "Tokyo", 105},
	{"Sydney Opera House", "Sydney", 120},
	{"Teatro Colón", "Buenos Aires", 58},
	{"Estadio Azteca", "Mexico City", 84},
	{"Sala Apolo", "Barcelona", 29},
	{"Vega", "Copenhagen", 41},
}

var (
	firsts  = []string{"Paper", "Silver", "Midnight", "Velvet", "Northern", "Electric", "Hollow", "Golden", "Quiet", "Distant", "Crimson", "Salt", "Glass", "Wild", "Second", "Lunar", "Amber", "Broken", "Little", "Concrete"}
	seconds = []string{"Lanterns", "Harbor", "Foxes", "Orchestra", "Parade", "Rivers", "Telegraph", "Sparrows", "Avenue", "Machines", "Gardens", "Sisters", "Weather", "Arcade", "Tides", "Ensemble", "Radio", "Shadows", "Company", "Horizon"}
	tours   = []string{"", "", "", "World Tour", "Unplugged", "The Farewell Tour", "20th Anniversary", "with Strings", "Album Release Show", "Late Show"}
	areas   = []struct {
		name   string
		factor float64
	}{{"Balcony", 0.7}, {"Rear Stalls", 0.9}, {"General Admission", 1}, {"Mezzanine", 1.2}, {"Floor", 1.5}, {"Front Row", 2.6}}
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

	area := areas[rand.IntN(len(areas))]
	title := fmt.Sprintf("%s, %s, %s, %s, %s", act, at.name, at.city, night.Format("Mon Jan 2 2006"), area.name)
	return tickets.Offer{Title: title, Price: price(at.price * fame * area.factor)}
}

// price rounds dollars as sellers do: to 50 cents below $50, and to whole dollars less 5 cents above.
func price(dollars float64) money.Cents {
	if dollars < 50 {
		return money.Cents(math.Max(10, math.Round(dollars*2)) * 50)
	}
	return money.Cents(math.Round(dollars)*100 - 5)
}
