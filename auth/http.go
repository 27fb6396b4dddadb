package auth

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/idempotency"
	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// Identify says who sent a request, for the security log.
func (s *Service) Identify(r *http.Request) []slog.Attr { return s.sessions.Identify(r) }

// Routes are the HTTP API of auth.
func (s *Service) Routes(r chi.Router) {
	r.Group(func(r chi.Router) {
		r.Use(s.sessions.Middleware)
		r.Method(http.MethodPost, "/api/users/signup", web.Handler(s.signUp))
		r.Method(http.MethodPost, "/api/users/signin", web.Handler(s.signIn))
		limited := r.With(s.writes.Middleware)
		limited.Method(http.MethodPost, "/api/users/signout", web.Handler(s.signOut))
		limited.Method(http.MethodPost, "/api/users/password-reset", web.Handler(s.forgotPassword))
		limited.Method(http.MethodPut, "/api/users/password-reset", web.Handler(s.resetPassword))
		limited.Method(http.MethodPut, "/api/users/confirmation", web.Handler(s.confirmEmail))
		limited.Method(http.MethodPut, "/api/users/password", web.Handler(s.changePassword))
		limited.Method(http.MethodDelete, "/api/users/sessions", web.Handler(s.endSessions))
		limited.Method(http.MethodDelete, "/api/users/sessions/{id}", web.Handler(s.endSession))
		r.Method(http.MethodGet, "/api/users/profile", web.Handler(s.showProfile))
		limited.Method(http.MethodPut, "/api/users/profile", web.Handler(s.editProfile))
		r = r.With(s.renew)
		r.Method(http.MethodGet, "/api/users/sessions", web.Handler(s.listSessions))
		r.Method(http.MethodGet, "/api/users/currentuser", web.Handler(s.currentUser))
	})
}

func (s *Service) signUp(w http.ResponseWriter, r *http.Request) error {
	body, err := web.Decode[SignUp](w, r)
	if err != nil {
		return err
	}
	if body.Name, err = checkName(body.Name); err != nil {
		return err
	}
	// The password isn't part of the digest: a fast hash of it is never stored. register compares it.
	request, err := idempotency.Read(r, "", body.Email, time.Now())
	if err != nil {
		return err
	}
	if err := s.countSignUp(r); err != nil {
		return err
	}
	user, err := s.register(r.Context(), body, request)
	if err != nil {
		return err
	}
	web.Audit(r, "signed-up", slog.String("subject", user.ID))
	return s.admit(w, r, http.StatusCreated, user)
}

func (s *Service) signIn(w http.ResponseWriter, r *http.Request) error {
	body, err := web.Decode[Credentials](w, r)
	if err != nil {
		return err
	}
	giveBack, err := s.countSignIn(r, body)
	if err != nil {
		return err
	}
	leave, err := s.signingIn.Take(s.sessions.Proxies().Network(r))
	if err != nil {
		giveBack()
		return err
	}
	defer leave()
	user, err := s.authenticate(r.Context(), body)
	if errors.Is(err, ErrInvalidCredentials) {
		web.Audit(r, "sign-in-refused", slog.String("account", s.sessions.Pseudonym(body.account())))
	}
	if err != nil {
		return err
	}
	web.Audit(r, "signed-in", slog.String("subject", user.ID))
	giveBack()
	return s.admit(w, r, http.StatusOK, user)
}

// admit starts a session, remembers the device, and returns the user.
func (s *Service) admit(w http.ResponseWriter, r *http.Request, status int, u *User) error {
	begun, err := s.begin(r.Context(), u, r.UserAgent())
	if err != nil {
		return err
	}
	if err := s.sessions.Give(w, r, begun); err != nil {
		return err
	}
	if err := s.sessions.RememberDevice(w, r, string(u.Email)); err != nil {
		return err
	}
	return web.JSON(w, status, u.identity())
}

// signOut accepts an empty body or JSON.
func (s *Service) signOut(w http.ResponseWriter, r *http.Request) error {
	if r.ContentLength > 0 || r.ContentLength < 0 && r.Header.Get("Content-Type") != "" {
		if _, err := web.Decode[struct{}](w, r); err != nil {
			return err
		}
	}
	if err := session.Expected(r); err != nil {
		return err
	}
	if err := s.leave(r); err != nil {
		return err // the cookie stays, so that another try can end the session
	}
	web.Audit(r, "signed-out")
	s.sessions.End(w, r)
	return web.JSON(w, http.StatusOK, struct{}{})
}

func (s *Service) currentUser(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		CurrentUser *session.User `json:"currentUser"`
	}
	if user, ok := session.From(r); ok {
		body.CurrentUser = &user
	}
	return web.JSON(w, http.StatusOK, body)
}
