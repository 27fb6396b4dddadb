package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"ticketing.dev/auth/mail"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/ratelimit"
	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// Forgotten is the form of a user who forgot the password.
type Forgotten struct {
	Email Email `json:"email" validate:"email,max=254" message:"Email must be valid"`
}

// NewPassword sets a password with the token from an emailed link.
type NewPassword struct {
	Token    string   `json:"token" message:"Token must be a string"`
	Password Password `json:"password" validate:"min=8,max=128" message:"Password must be between 8 and 128 characters"`
}

// PasswordChange replaces the password of a user who is signed in.
type PasswordChange struct {
	Current  string   `json:"currentPassword" message:"Current password must be a string"`
	Password Password `json:"password" validate:"min=8,max=128" message:"Password must be between 8 and 128 characters"`
}

// Confirmation confirms an address with the token from an emailed link.
type Confirmation struct {
	Token string `json:"token" message:"Token must be a string"`
}

// Mailed says whether the site sends mail at all.
type Mailed struct {
	Mailed bool `json:"mailed"`
}

// ErrWrongPassword means that the password that was to be replaced isn't the user's.
var ErrWrongPassword = problem.Field("currentPassword", "That isn’t your current password")

// SetPassword replaces the password and signs the user out everywhere.
func (u *User) SetPassword(hash string, now time.Time) {
	u.PasswordHash = hash
	u.EndAll(now)
}

// forgotPassword has a link mailed. The answer and its time are the same whether or not the address has an account:
// the account is looked up when the mail is sent.
func (s *Service) forgotPassword(w http.ResponseWriter, r *http.Request) error {
	body, err := web.Decode[Forgotten](w, r)
	if err != nil {
		return err
	}
	if _, err := ratelimit.Take(s.resetFrom(r), s.resetOf(string(body.Email))); err != nil {
		return err
	}
	now := s.sessions.Now()
	if err := s.post.Store(r.Context(), mail.New(newRequestID(resetMail), resetMail, string(body.Email), nil, now)); err != nil {
		return err
	}
	web.Audit(r, "password-reset-asked", slog.String("account", s.sessions.Pseudonym(string(body.Email))))
	return web.JSON(w, http.StatusAccepted, Mailed{s.post.On()})
}

// resetPassword sets a new password with an emailed link. It also confirms the address, since the user got the email.
func (s *Service) resetPassword(w http.ResponseWriter, r *http.Request) error {
	body, err := web.Decode[NewPassword](w, r)
	if err != nil {
		return err
	}
	l, err := parseLink(body.Token)
	if err != nil {
		return err
	}
	if _, err := ratelimit.Take(s.resetFrom(r)); err != nil {
		return err
	}
	if err := s.reset(r.Context(), l, body.Password); err != nil {
		return err
	}
	web.Audit(r, "password-reset", slog.String("subject", l.user))
	s.sessions.End(w, r)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Service) reset(ctx context.Context, l link, password Password) error {
	u, err := s.users.Get(ctx, l.user)
	if err != nil || !s.opens(l, string(resetMail), u.PasswordHash) {
		return unlessTrouble(err, ErrLinkExpired)
	}
	// Only valid links count for the account: anyone can forge one, since users' ids are public.
	if _, err := ratelimit.Take(s.resetOf(l.user)); err != nil {
		return err
	}
	hash, err := s.hash(ctx, u.Email, password)
	if err != nil {
		return err
	}
	defer s.announce()
	return s.end(ctx, l.user, func(u *User) error {
		if !s.opens(l, string(resetMail), u.PasswordHash) { // used in the meantime
			return ErrLinkExpired
		}
		u.Confirmed = true
		u.SetPassword(hash, s.sessions.Now())
		s.write(u, changedMail)
		return nil
	})
}

// changePassword replaces the password of the user, who stays signed in here only.
func (s *Service) changePassword(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	body, err := web.Decode[PasswordChange](w, r)
	if err != nil {
		return err
	}
	giveBack, err := s.countSignIn(r, Credentials{Email: user.Email})
	if err != nil {
		return err
	}
	begun, err := s.change(r, user.ID, body)
	if err != nil {
		return unlessGone(err)
	}
	giveBack()
	web.Audit(r, "password-changed")
	if err := s.sessions.Give(w, r, begun); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Service) change(r *http.Request, user string, c PasswordChange) (begun session.Session, err error) {
	ctx := r.Context()
	u, err := s.users.Get(ctx, user)
	if err != nil {
		return begun, err
	}
	right, err := s.hashMatches(ctx, u, Credentials{Password: c.Current})
	switch {
	case err != nil:
		return begun, err
	case !right:
		return begun, ErrWrongPassword
	}
	hash, err := s.hash(ctx, u.Email, c.Password)
	if err != nil {
		return begun, err
	}
	before := u.PasswordHash
	defer s.announce()
	return begun, s.end(ctx, user, func(u *User) error {
		if u.PasswordHash != before { // changed in the meantime
			return ErrWrongPassword
		}
		u.SetPassword(hash, s.sessions.Now())
		s.write(u, changedMail)
		begun = u.Begin(device(r.UserAgent()), s.sessions.Now(), s.sessions.Expired)
		return nil
	})
}

// confirmEmail confirms the user's address with an emailed link. It's idempotent.
func (s *Service) confirmEmail(w http.ResponseWriter, r *http.Request) error {
	body, err := web.Decode[Confirmation](w, r)
	if err != nil {
		return err
	}
	l, err := parseLink(body.Token)
	if err != nil {
		return err
	}
	_, err = s.users.Update(r.Context(), l.user, func(u *User) error {
		if !s.opens(l, string(confirmMail), string(u.Email)) {
			return ErrLinkExpired
		}
		u.Confirmed = true
		return nil
	})
	if err != nil {
		return unlessTrouble(err, ErrLinkExpired)
	}
	web.Audit(r, "email-confirmed", slog.String("subject", l.user))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// resetFrom counts an attempt to get or to use a link, by network.
func (s *Service) resetFrom(r *http.Request) ratelimit.Attempt {
	return ratelimit.Attempt{Limit: s.attempts.resetsByNetwork, Key: s.sessions.Proxies().Network(r).String()}
}

// resetOf counts a link that is asked for or used, by account.
func (s *Service) resetOf(account string) ratelimit.Attempt {
	return ratelimit.Attempt{Limit: s.attempts.resets, Key: account[:min(len(account), maxLocal)]}
}

// unlessTrouble returns otherwise if there's no error or the user doesn't exist, and any other error as it is.
func unlessTrouble(err, otherwise error) error {
	if err == nil || errors.Is(err, problem.ErrNotFound) {
		return otherwise
	}
	return err
}
