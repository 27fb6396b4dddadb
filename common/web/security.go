package web

import (
	"context"
	"log/slog"
	"net/http"

	"ticketing.dev/common/problem"
)

// Identify says who sent a request, for the security log: the user's id, and the address in a form that can be
// compared but not read.
type Identify func(r *http.Request) []slog.Attr

// Audit writes an event of a request to the security log. attrs never hold a password, token, card, cookie, email or
// address.
func Audit(r *http.Request, event string, attrs ...slog.Attr) {
	if router, ok := r.Context().Value(routerKey{}).(*logging); ok && router.identify != nil {
		attrs = append(router.identify(r), attrs...)
	}
	AuditTo(r.Context(), logger(r), event, attrs...)
}

// AuditTo writes an event that belongs to no request to the security log.
func AuditTo(ctx context.Context, log *slog.Logger, event string, attrs ...slog.Attr) {
	group := slog.Attr{Key: "security", Value: slog.GroupValue(append([]slog.Attr{slog.String("event", event)}, attrs...)...)}
	log.LogAttrs(ctx, slog.LevelInfo, "security", group)
}

// audited are the refusals that say something about their sender.
var audited = map[problem.Kind]string{
	problem.CrossSite:   "cross-site-refused",
	problem.NotSignedIn: "not-signed-in",
	problem.NotOwner:    "not-owner",
	problem.OtherUser:   "other-user",
	problem.TooMany:     "limit-reached",
}

// auditRefusal writes a refusal to the security log.
func auditRefusal(r *http.Request, p *problem.Error) {
	if event, ok := audited[p.Kind]; ok {
		Audit(r, event, slog.String("method", r.Method), slog.String("path", r.URL.Path))
	}
}
