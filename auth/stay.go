package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"ticketing.dev/common/problem"
	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// begin starts a session of a user who has just given the right password. If the password has been replaced since then,
// it's no longer right: the session would outlive the new password.
func (s *Service) begin(ctx context.Context, proved *User, agent string) (begun session.Session, err error) {
	_, err = s.users.Update(ctx, proved.ID, func(u *User) error {
		if u.PasswordHash != proved.PasswordHash {
			return ErrInvalidCredentials
		}
		begun = u.Begin(device(agent), s.sessions.Now(), s.sessions.Expired)
		return nil
	})
	return begun, err
}

// end ends sessions of a user: in this process at once, in auth's other replicas from their store, and in the other
// services by the event.
func (s *Service) end(ctx context.Context, user string, change func(*User) error) error {
	u, err := s.users.Update(ctx, user, change)
	if err != nil {
		return err
	}
	if err := s.signouts.Store(ctx, u.ended()); err != nil {
		s.log.WarnContext(ctx, "ended sessions not stored, the event will do it", "user", user, "error", err)
	}
	return nil
}

// leave ends the session of a request, if it has one that auth knows.
func (s *Service) leave(r *http.Request) error {
	current, ok := session.Of(r)
	if !ok || current.Number == 0 {
		return nil
	}
	err := s.end(r.Context(), current.ID, func(u *User) error { return u.End(current.Number) })
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	return err
}

// renew gives a session in use a new token. If the database doesn't answer, the present one is still valid.
func (s *Service) renew(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if current, ok := session.Of(r); ok && s.sessions.Due(current) {
			if err := s.renewed(w, r, current); err != nil {
				s.log.WarnContext(r.Context(), "session not renewed", "user", current.ID, "error", err)
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Service) renewed(w http.ResponseWriter, r *http.Request, current session.Session) error {
	goesOn := false
	_, err := s.users.Update(r.Context(), current.ID, func(u *User) error {
		goesOn = u.See(current.Number, s.sessions.Now())
		return nil
	})
	if err != nil || !goesOn {
		return err
	}
	return s.sessions.Give(w, r, current)
}

// listSessions returns the user's sessions.
func (s *Service) listSessions(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	u, err := s.users.Get(r.Context(), user.ID)
	if err != nil {
		return unlessGone(err)
	}
	current, _ := session.Of(r)
	return web.JSON(w, http.StatusOK, u.views(current.Number, s.sessions.Expired))
}

// endSession ends one session of the user.
func (s *Service) endSession(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	number, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return problem.ErrNotFound
	}
	if err := s.end(r.Context(), user.ID, func(u *User) error { return u.End(number) }); err != nil {
		return err
	}
	web.Audit(r, "session-ended", slog.Int64("ended", number))
	if current, _ := session.Of(r); current.Number == number {
		s.sessions.End(w, r)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// endSessions ends all sessions of the user.
func (s *Service) endSessions(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	now := s.sessions.Now()
	if err := s.end(r.Context(), user.ID, func(u *User) error { u.EndAll(now); return nil }); err != nil {
		return unlessGone(err)
	}
	web.Audit(r, "signed-out-everywhere")
	s.sessions.End(w, r)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// unlessGone makes a session of an account that doesn't exist no session.
func unlessGone(err error) error {
	if errors.Is(err, problem.ErrNotFound) {
		return problem.ErrNotAuthorized
	}
	return err
}
