package tickets

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// privateView is a private part as the seller and the buyer see it.
type privateView struct {
	Given    bool       `json:"given"`
	Text     string     `json:"text,omitempty"`
	File     *fileView  `json:"file,omitempty"`
	GivenAt  *time.Time `json:"givenAt,omitempty"`
	OpenedAt *time.Time `json:"openedAt,omitempty"`
	// CanGive is only for the seller.
	CanGive *bool `json:"canGive,omitempty"`
}

type fileView struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int    `json:"size"`
}

func (s *Service) showPrivate(p *ticketPart, user string) (privateView, error) {
	var shown privateView
	if user == p.ticket.UserID {
		can := p.changeable(p.ticket, user) == nil
		shown.CanGive = &can
	}
	if p.Sealed == nil {
		return shown, nil
	}
	has, err := s.keys.given(p.ID, p.Sealed)
	if has.file != nil {
		shown.File = &fileView{has.file.Name, has.file.Type, has.file.Size}
	}
	shown.Given, shown.Text, shown.GivenAt, shown.OpenedAt = true, has.text, p.GivenAt, p.OpenedAt
	return shown, err
}

func (s *Service) givePrivate(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	body, err := web.Decode[struct {
		Text string `json:"text" message:"Text is required"`
	}](w, r)
	if err != nil {
		return err
	}
	text, err := checkPrivate(body.Text)
	if err != nil {
		return err
	}
	p, err := s.giveText(r.Context(), chi.URLParam(r, "id"), user.ID, text)
	return s.answerPrivate(w, p, user, err)
}

func (s *Service) readPrivate(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	p, err := s.read(r.Context(), chi.URLParam(r, "id"), user.ID)
	return s.answerPrivate(w, p, user, err)
}

func (s *Service) removePrivate(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	if err := s.remove(r.Context(), chi.URLParam(r, "id"), user.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Service) answerPrivate(w http.ResponseWriter, p *ticketPart, user session.User, err error) error {
	if err != nil {
		return err
	}
	shown, err := s.showPrivate(p, user.ID)
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, shown)
}
