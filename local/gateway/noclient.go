package gateway

import (
	"fmt"
	"net/http"

	"ticketing.dev/common/problem"
	"ticketing.dev/common/web"
)

const welcome = `Ticketing

The API is here, the client (the pages for a browser) is not running.

  POST   /api/users/signup        {"email", "password"}
  POST   /api/users/signin        {"email", "password"}
  POST   /api/users/signout
  GET    /api/users/currentuser
  GET    /api/tickets
  POST   /api/tickets             {"title", "price"}
  GET    /api/tickets/{id}
  PUT    /api/tickets/{id}        {"title", "price"}
  GET    /api/orders
  POST   /api/orders              {"ticketId"}
  GET    /api/orders/{id}
  DELETE /api/orders/{id}
  GET    /api/payments
  POST   /api/payments            {"orderId", "token"}
`

// noClient answers in the place of the client: the first page names the API, and no other page is there.
func noClient(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		web.WriteError(w, r, problem.ErrNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // the client may be here a moment later
	fmt.Fprint(w, welcome)
}
