package sandbox

import (
	_ "embed"
	"html/template"
	"net/http"

	"github.com/go-chi/chi/v5"
)

//go:embed bank.html
var bankHTML string

var bankTemplate = template.Must(template.New("bank").Parse(bankHTML))

// bankView is the data of the bank's page.
type bankView struct {
	Amount       string
	ClientSecret string
	Asking       bool   // false: the result, told by Status
	Status       string // of the PaymentIntent
}

// showBank is the bank's page, where the payer confirms a payment (3-D Secure).
func (s *Sandbox) showBank(w http.ResponseWriter, r *http.Request) error {
	secret := r.URL.Query().Get("client_secret")
	var in *paymentIntent
	err := s.store.update(func(tx *tx) (err error) {
		in, err = intentAtBank(tx, chi.URLParam(r, "id"), secret)
		return err
	})
	if err != nil {
		return err
	}
	return writeBank(w, in)
}

// decideAtBank takes the payer's decision. Deciding again changes nothing.
func (s *Sandbox) decideAtBank(w http.ResponseWriter, r *http.Request) error {
	secret, approved, err := readDecision(w, r)
	if err != nil {
		return err
	}
	var in *paymentIntent
	err = s.update(nil, func(tx *tx) (err error) {
		if in, err = intentAtBank(tx, chi.URLParam(r, "id"), secret); err != nil {
			return err
		}
		return decide(tx, in, approved)
	})
	if err != nil {
		return err
	}
	return writeBank(w, in)
}

func readDecision(w http.ResponseWriter, r *http.Request) (secret string, approved bool, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return "", false, invalid("", "", "The request could not be read: %s", err)
	}
	form := newParams(r.PostForm)
	secret = form.required("client_secret")
	form.required("decision")
	approved = form.oneOf("decision", "approve", "refuse") == "approve"
	return secret, approved, form.check()
}

// intentAtBank returns the intent, if the request has its client secret, and not found otherwise.
func intentAtBank(tx *tx, id, secret string) (*paymentIntent, error) {
	in, err := find[paymentIntent](tx, paymentIntents, id)
	if err == nil && secret != in.ClientSecret {
		err = &missing{paymentIntents, id}
	}
	return in, err
}

// decide ends the bank's question, unless it has ended.
func decide(tx *tx, in *paymentIntent, approved bool) error {
	if in.Status != requiresAction {
		return nil
	}
	pm, err := find[paymentMethod](tx, paymentMethods, in.PaymentMethod)
	if err != nil {
		return err
	}
	if approved {
		capture(tx, in, pm)
		return nil
	}
	in.failAuthentication(pm)
	put(tx, paymentIntents, in.ID, in)
	tx.emit("payment_intent.payment_failed", in)
	return nil
}

func writeBank(w http.ResponseWriter, in *paymentIntent) error {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer") // the address holds the client secret
	return bankTemplate.Execute(w, bankView{
		Amount:       dollars(in.Amount),
		ClientSecret: in.ClientSecret,
		Asking:       in.Status == requiresAction,
		Status:       in.Status,
	})
}
