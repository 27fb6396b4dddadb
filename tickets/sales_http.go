package tickets

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// ownView is a ticket as its seller sees it.
type ownView struct {
	view
	RefundedAmount money.Dollars `json:"refundedAmount,omitzero"`
}

func showOwn(s sale) ownView { return ownView{show(s.Ticket), s.refunded.Dollars()} }

// summary adds up the user's sales.
func (s *Service) summary(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	var total sum
	if err := s.eachSale(r.Context(), soldBy(user.ID), total.add); err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, total)
}

// export lists the user's sales as a file for spreadsheets (RFC 4180).
func (s *Service) export(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	var file bytes.Buffer // takes everything, so that the response begins once all is read
	rows := csv.NewWriter(&file)
	rows.UseCRLF = true
	_ = rows.Write([]string{"Sold at", "Order", "Ticket", "Title", "Amount", "Refunded", "Owed"})
	if err := s.eachSale(r.Context(), soldBy(user.ID), func(one sale) { _ = rows.Write(row(one)) }); err != nil {
		return err
	}
	rows.Flush()
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="sales.csv"`)
	_, _ = file.WriteTo(w) // the client may be gone
	return nil
}

func row(s sale) []string {
	at := ""
	if !s.SoldAt.IsZero() {
		at = s.SoldAt.UTC().Format(time.RFC3339)
	}
	return []string{at, s.OrderID, s.ID, asText(s.Title), decimal(s.Price), decimal(s.refunded), decimal(s.owed())}
}

// asText keeps spreadsheets from reading a title as a formula (https://owasp.org/www-community/attacks/CSV_Injection).
func asText(title string) string {
	if title != "" && strings.ContainsRune("=+-@\t\r", rune(title[0])) {
		return "'" + title
	}
	return title
}

func decimal(c money.Cents) string { return strings.TrimPrefix(c.String(), "$") }
