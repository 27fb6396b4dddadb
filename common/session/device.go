package session

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/securecookie"
)

const (
	// deviceSuffix makes the device cookie's name from the session cookie's.
	deviceSuffix   = "-device"
	deviceLifetime = 180 * 24 * time.Hour
	deviceLabel    = "device"
)

// newDevices signs and encrypts device cookies with keys of their own.
func newDevices(key string) (*securecookie.SecureCookie, error) {
	hash, err := derive(key, "ticketing device: cookie authentication")
	if err != nil {
		return nil, err
	}
	encrypt, err := derive(key, "ticketing device: cookie encryption")
	if err != nil {
		return nil, err
	}
	return securecookie.New(hash, encrypt).
		SetSerializer(securecookie.NopEncoder{}).
		MaxAge(int(deviceLifetime.Seconds())), nil
}

// RememberDevice gives the browser a cookie that proves that the account has signed in there. It's not a credential
// and outlives the session. Attackers who guess passwords don't have it, so limits on guesses don't stop the owner.
func (s *Sessions) RememberDevice(w http.ResponseWriter, r *http.Request, account string) error {
	value, err := s.devices.Encode(deviceLabel, []byte(rand.Text()+":"+digest(account)))
	if err != nil {
		return err
	}
	c := s.cookie(r, s.names(r)[0], trimPadding(value), int(deviceLifetime.Seconds()))
	c.Name += deviceSuffix
	http.SetCookie(w, c)
	return nil
}

// Device returns the id of a device on which the account has signed in before, or "" if the request comes from
// another.
func (s *Sessions) Device(r *http.Request, account string) string {
	for _, name := range s.names(r) {
		for _, c := range r.CookiesNamed(name + deviceSuffix) {
			if id, of, _ := strings.Cut(s.deviceOf(c.Value), ":"); id != "" && of == digest(account) {
				return id
			}
		}
	}
	return ""
}

// deviceOf returns what a device cookie says, or "" if it's forged or too old.
func (s *Sessions) deviceOf(value string) string {
	var device []byte
	if s.devices.Decode(deviceLabel, addPadding(value), &device) == nil {
		return string(device)
	}
	for _, k := range s.previous {
		if k.devices.Decode(deviceLabel, addPadding(value), &device) == nil {
			return string(device)
		}
	}
	return ""
}

// digest shortens an account's name of any length.
func digest(account string) string {
	sum := sha256.Sum256([]byte(account))
	return string(sum[:])
}
