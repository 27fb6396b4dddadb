package tickets_test

import (
	"errors"
	"strings"
	"testing"

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
	"ticketing.dev/tickets"
)

const (
	seller = "64b000000000000000000001"
	other  = "64b000000000000000000002"
)

var (
	concert = tickets.Offer{Title: "Concert", Price: 1999}
	revised = tickets.Offer{Title: "Concert, front row", Price: 4999}
)

func TestOffersAreTrimmedAndKept(t *testing.T) {
	for _, c := range []struct {
		title string
		price money.Cents
		want  string
	}{
		{"Concert", 1999, "Concert"},
		{" \t\n Concert at 8  ", 1999, "Concert at 8"},
		{"x", 50, "x"},
		{"x", 99999999, "x"},
		{strings.Repeat("ü", 200), 1999, strings.Repeat("ü", 200)},
		{"👨\u200d👩\u200d👧 می\u200cخواهم", 1999, "👨\u200d👩\u200d👧 می\u200cخواهم"},
		{"  " + strings.Repeat("🎫", 200) + "  ", 1999, strings.Repeat("🎫", 200)},
	} {
		got, err := tickets.NewOffer(tickets.Offer{Title: c.title, Price: c.price})
		if want := (tickets.Offer{Title: c.want, Price: c.price}); err != nil || got != want {
			t.Errorf("%q for %v: %v, %v", c.title, c.price, got, err)
		}
	}
}

func TestRefusedOffersNameTheirFields(t *testing.T) {
	for _, c := range []struct {
		title  string
		price  money.Cents
		fields string
	}{
		{"", 1999, "title"},
		{" \t\n\u00a0", 1999, "title"},
		{strings.Repeat("ü", 201), 1999, "title"},
		{"Concert", 0, "price"},
		{"Concert", 49, "price"},
		{"Concert", -1999, "price"},
		{"Concert", 100000000, "price"},
		{"", 0, "title price"},
		{"\u200b", 1999, "title"},
		{"\u3164\u2800", 1999, "title"},
		{"\u202egnp.exe", 1999, "title"},
		{"Concert\x00", 1999, "title"},
		{"Concert\nat 8", 0, "title price"},
	} {
		_, err := tickets.NewOffer(tickets.Offer{Title: c.title, Price: c.price})
		wrong, ok := errors.AsType[*problem.Error](err)
		if !ok || wrong.Kind != problem.Invalid {
			t.Errorf("%q for %v: %v", c.title, c.price, err)
			continue
		}
		var fields []string
		for _, d := range wrong.Details {
			fields = append(fields, d.Field)
		}
		if got := strings.Join(fields, " "); got != c.fields {
			t.Errorf("%q for %v names %q, want %q", c.title, c.price, got, c.fields)
		}
	}
}

func TestListingPublishesTicketCreated(t *testing.T) {
	ticket := tickets.List(seller, concert)
	if want := (tickets.State{Offer: concert, Status: tickets.Available}); ticket.State != want || ticket.UserID != seller {
		t.Errorf("listed as %+v of %s", ticket.State, ticket.UserID)
	}
	want := events.TicketCreated{Ticket: events.Ticket{ID: ticket.ID, Title: "Concert", Price: 1999, UserID: seller}}
	if told := ticket.Recorded(); len(told) != 1 || told[0] != want {
		t.Errorf("recorded %+v, want %+v", told, want)
	}
}

// news is what orders tells of a ticket, by the number of the reservation.
type news func(*tickets.Ticket) error

func created(n int64) news {
	return func(t *tickets.Ticket) error { return t.Reserve(orderID(n), n) }
}

func cancelled(n int64) news {
	return func(t *tickets.Ticket) error { return t.Release(n) }
}

// completed is an order of the concert.
func completed(n int64) news {
	return func(t *tickets.Ticket) error { return t.Sell(orderID(n), n, concert) }
}

func edited(offer tickets.Offer) news {
	return func(t *tickets.Ticket) error { return t.Edit(seller, tickets.Edit{Offer: offer}) }
}

func orderID(n int64) string { return "order-" + string(rune('0'+n)) }

// after is a ticket of which all this was heard without objection.
func after(t *testing.T, heard ...news) *tickets.Ticket {
	t.Helper()
	ticket := tickets.List(seller, concert)
	for _, hear := range heard {
		if err := hear(ticket); err != nil {
			t.Fatal(err)
		}
	}
	return ticket
}

func available(o tickets.Offer, n int64) tickets.State {
	return tickets.State{Offer: o, Status: tickets.Available, Reservation: n}
}

func reserved(o tickets.Offer, n int64) tickets.State {
	return tickets.State{Offer: o, Status: tickets.Reserved, OrderID: orderID(n), Reservation: n}
}

func sold(o tickets.Offer, n int64) tickets.State {
	return tickets.State{Offer: o, Status: tickets.Sold, OrderID: orderID(n), Reservation: n}
}

func TestTicketFollowsItsOrders(t *testing.T) {
	for name, c := range map[string]struct {
		heard []news
		want  tickets.State
	}{
		"listed":                        {nil, available(concert, 0)},
		"edited":                        {[]news{edited(revised)}, available(revised, 0)},
		"reserved":                      {[]news{created(1)}, reserved(concert, 1)},
		"reserved twice":                {[]news{created(1), created(1)}, reserved(concert, 1)},
		"released":                      {[]news{created(1), cancelled(1)}, available(concert, 1)},
		"released twice":                {[]news{created(1), cancelled(1), cancelled(1)}, available(concert, 1)},
		"sold":                          {[]news{created(1), completed(1)}, sold(concert, 1)},
		"sold twice":                    {[]news{created(1), completed(1), completed(1)}, sold(concert, 1)},
		"reserved again":                {[]news{created(1), cancelled(1), created(2)}, reserved(concert, 2)},
		"released before reserved":      {[]news{cancelled(1), created(1)}, available(concert, 1)},
		"sold before reserved":          {[]news{completed(1), created(1)}, sold(concert, 1)},
		"released after the next order": {[]news{created(1), created(2), cancelled(1)}, reserved(concert, 2)},
		"released after the next ended": {[]news{created(2), cancelled(2), cancelled(1)}, available(concert, 2)},
		"released after the next sold":  {[]news{created(1), completed(2), cancelled(1)}, sold(concert, 2)},
		"reserved after the next order": {[]news{created(2), created(1)}, reserved(concert, 2)},
		"reserved after the next ended": {[]news{cancelled(2), created(1), created(2)}, available(concert, 2)},
		"only the third is heard of":    {[]news{created(3)}, reserved(concert, 3)},
		"edited after a release":        {[]news{created(1), cancelled(1), edited(revised)}, available(revised, 1)},
		"edited, then reserved":         {[]news{edited(revised), created(1)}, reserved(revised, 1)},
		"sold as it was ordered":        {[]news{edited(revised), created(1), completed(1)}, sold(concert, 1)},
		"edited before the sale is known, and reserved after": {
			[]news{edited(revised), completed(1), created(1)}, sold(concert, 1)},
	} {
		if got := after(t, c.heard...).State; got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestEveryChangePublishesTicketUpdated(t *testing.T) {
	for name, c := range map[string]struct {
		heard  []news
		change news
		want   events.Ticket
	}{
		"edited":   {nil, edited(revised), events.Ticket{Title: "Concert, front row", Price: 4999}},
		"reserved": {nil, created(1), events.Ticket{Title: "Concert", Price: 1999, OrderID: "order-1"}},
		"released": {[]news{created(1)}, cancelled(1), events.Ticket{Title: "Concert", Price: 1999}},
		"sold":     {[]news{edited(revised)}, completed(1), events.Ticket{Title: "Concert", Price: 1999, OrderID: "order-1"}},
	} {
		ticket := after(t, c.heard...)
		ticket.Version = 7
		before := len(ticket.Recorded())
		if err := c.change(ticket); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		c.want.ID, c.want.UserID, c.want.Version = ticket.ID, seller, 7
		told := ticket.Recorded()[before:]
		if len(told) != 1 || told[0] != (events.TicketUpdated{Ticket: c.want}) {
			t.Errorf("%s: recorded %+v, want %+v", name, told, c.want)
		}
	}
}

func TestChangesWithoutEffectPublishNothing(t *testing.T) {
	for name, c := range map[string]struct {
		heard  []news
		change news
	}{
		"the same offer":               {nil, edited(concert)},
		"a reservation that is known":  {[]news{created(2)}, created(2)},
		"a reservation of the past":    {[]news{created(2)}, created(1)},
		"a release that is known":      {[]news{created(2), cancelled(2)}, cancelled(2)},
		"a release of the past":        {[]news{created(2)}, cancelled(1)},
		"a sale that is known":         {[]news{completed(2)}, completed(2)},
		"the reservation of its sale":  {[]news{completed(2)}, created(2)},
		"a reservation before a sale":  {[]news{completed(2)}, created(1)},
		"a release before a sale":      {[]news{completed(2)}, cancelled(1)},
		"the reservation of a release": {[]news{cancelled(2)}, created(2)},
	} {
		ticket := after(t, c.heard...)
		before, told := ticket.State, len(ticket.Recorded())
		if err := c.change(ticket); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if ticket.State != before || len(ticket.Recorded()) != told {
			t.Errorf("%s: %+v became %+v, recorded %v", name, before, ticket.State, ticket.Recorded()[told:])
		}
	}
}

func TestEditsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		heard []news
		user  string
		offer tickets.Offer
		want  error
	}{
		"another's":                    {nil, other, revised, problem.ErrNotOwner},
		"another's without difference": {nil, other, concert, problem.ErrNotOwner},
		"another's, reserved":          {[]news{created(1)}, other, revised, problem.ErrNotOwner},
		"another's, sold":              {[]news{completed(1)}, other, revised, problem.ErrNotOwner},
		"reserved":                     {[]news{created(1)}, seller, revised, tickets.ErrReserved},
		"reserved without difference":  {[]news{created(1)}, seller, concert, tickets.ErrReserved},
		"sold":                         {[]news{completed(1)}, seller, revised, tickets.ErrSold},
		"sold without difference":      {[]news{completed(1)}, seller, concert, tickets.ErrSold},
	} {
		ticket := after(t, c.heard...)
		before, told := ticket.State, len(ticket.Recorded())
		if err := ticket.Edit(c.user, tickets.Edit{Offer: c.offer}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if ticket.State != before || len(ticket.Recorded()) != told {
			t.Errorf("%s: %+v became %+v, recorded %v", name, before, ticket.State, ticket.Recorded()[told:])
		}
	}
}

// orders never cancels a complete order and never lets another follow it. tickets refuses events that say so.
func TestContradictionsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		heard      []news
		contradict news
		want       error
	}{
		"a reservation after the sale": {[]news{created(2), completed(2)}, created(3), tickets.ErrSold},
		"a release of the sale":        {[]news{created(2), completed(2)}, cancelled(2), tickets.ErrSold},
		"a release after the sale":     {[]news{created(2), completed(2)}, cancelled(3), tickets.ErrSold},
		"a second sale":                {[]news{created(2), completed(2)}, completed(3), tickets.ErrSold},
		"a sale before the sale":       {[]news{created(2), completed(2)}, completed(1), tickets.ErrOvertaken},
		"a sale before a reservation":  {[]news{created(2)}, completed(1), tickets.ErrOvertaken},
		"a sale before a release":      {[]news{cancelled(2)}, completed(1), tickets.ErrOvertaken},
	} {
		ticket := after(t, c.heard...)
		before, told := ticket.State, len(ticket.Recorded())
		if err := c.contradict(ticket); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if ticket.State != before || len(ticket.Recorded()) != told {
			t.Errorf("%s: %+v became %+v, recorded %v", name, before, ticket.State, ticket.Recorded()[told:])
		}
	}
}
