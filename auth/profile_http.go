package auth

import (
	"net/http"

	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// profileView is a profile as its user sees it.
type profileView struct {
	Name string `json:"name" message:"Name must be a string"`
}

func (s *Service) showProfile(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	p, err := s.profile(r.Context(), user.ID)
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, profileView{p.Name})
}

func (s *Service) editProfile(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	body, err := web.Decode[profileView](w, r)
	if err != nil {
		return err
	}
	name, err := checkName(body.Name)
	if err != nil {
		return err
	}
	p, err := s.rename(r.Context(), user.ID, name)
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, profileView{p.Name})
}
