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
	GivenAt  *time.Time `json:"givenAt,omitempty"`
	OpenedAt *time.Time `json:"openedAt,omitempty"`
}

func (s *Service) showPrivate(p *Private) (privateView, error) {
	if p.Sealed == nil {
		return privateView{}, nil
	}
	text, err := s.keys.Open(p.ID, p.Sealed)
	return privateView{Given: true, Text: text, GivenAt: p.GivenAt, OpenedAt: p.OpenedAt}, err
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
	p, err := s.give(r.Context(), chi.URLParam(r, "id"), user.ID, text)
	return s.answerPrivate(w, p, err)
}

func (s *Service) readPrivate(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	p, err := s.read(r.Context(), chi.URLParam(r, "id"), user.ID)
	return s.answerPrivate(w, p, err)
}

func (s *Service) answerPrivate(w http.ResponseWriter, p *Private, err error) error {
	if err != nil {
		return err
	}
	shown, err := s.showPrivate(p)
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, shown)
}
