package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// route is a method and a path with {name} for its parameters.
type route struct{ method, path string }

// request is the text of a request. Unless it's whole, the server may wait for more.
type request struct {
	text  string
	whole bool
}

// mangler makes requests that no client sends. The same seed makes the same ones.
type mangler struct {
	*rand.Rand
	routes []route
	host   string
}

// pick takes one at random.
func pick[T any](m *mangler, from ...T) T { return from[m.IntN(len(from))] }

// request is a request. Its body is never one that a service would accept, and it never ends sessions.
func (m *mangler) request(session string) request {
	r := m.routes[m.IntN(len(m.routes))]
	method := r.method
	if m.IntN(10) == 0 {
		method = pick(m, "TRACE", "OPTIONS", "PATCH", "PUT", "DELETE", "get", "CONNECT", strings.Repeat("X", 300), "G\x00T", "GET\t")
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method, m.target(r.path), m.named())
	if session != "" && !strings.HasPrefix(r.path, "/api/users/") {
		fmt.Fprintf(&text, "Cookie: %s\r\n", session)
	}
	for range m.IntN(4) {
		text.WriteString(m.header() + "\r\n")
	}
	if method == "GET" && m.IntN(4) > 0 {
		text.WriteString("\r\n")
		return request{text.String(), true}
	}
	body := m.body()
	framing, whole := m.framing(len(body))
	text.WriteString(framing + "\r\n" + body)
	return request{text.String(), whole}
}

func (m *mangler) named() string {
	return pick(m, append(slices.Repeat([]string{m.host}, 95), "evil.example", "", m.host+":99999", "a b", "\xff\xfe")...)
}

// target fills in the parameters of a path and adds a query.
func (m *mangler) target(path string) string {
	var filled []string
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, "{") {
			part = m.parameter()
		}
		filled = append(filled, part)
	}
	path = strings.Join(filled, "/")
	switch m.IntN(20) {
	case 0:
		path += pick(m, "/", "//", "/.", "/..", "/../..", "%2f", ";a=b", ".json", "/%", "#x", "\\")
	case 1:
		path = pick(m, "/", "//evil.example", "*", "http://evil.example", "x") + path
	}
	if m.IntN(2) == 0 {
		return path
	}
	name := pick(m, "q", "limit", "after", "sort", "city", "from", "to", "minPrice", "maxPrice", "seller", "status", "state", "orderId", "_rsc", "$where", "")
	query := name + pick(m, "=", "[]=", "[$ne]=", "%00=", "") + m.parameter()
	if m.IntN(8) == 0 {
		query = strings.Repeat(query+"&", 200)
	}
	return path + "?" + query
}

func (m *mangler) parameter() string {
	return pick(m, "65a000000000000000000001", "x", "0", "-1", "99999999999999999999", "1e999", "NaN", "%00", "%ff%fe", "%C0%AF",
		"..%2f..%2fetc%2fpasswd", "%", "%zz", "%E2%80%AE", "\xff\xfe", "é", "null", "true", "{}", "[object%20Object]", "%24ne",
		"%27%20or%201=1--", "%3Cscript%3E", strings.Repeat("a", 300), strings.Repeat("%F0%9F%8E%9F", 900), strings.Repeat("9", 5000))
}

func (m *mangler) header() string {
	cookie := pick(m, "ticketing", "__Host-ticketing", "session", "ticketing-device")
	return pick(m,
		"Cookie: "+cookie+"=%00", "Cookie: "+cookie+"="+strings.Repeat("A", m.IntN(9000)), "Cookie: "+cookie, "Cookie: =;;=;", "Cookie: \xff=\xfe",
		"Cookie: "+strings.Repeat(cookie+"=a; ", 300), "Cookie: "+cookie+"=eyJhbGciOiJub25lIn0.e30.",
		"X-Filler: "+strings.Repeat("x", m.IntN(90_000)), strings.Repeat("A: b\r\n", m.IntN(400))+"A: b",
		"Content-Type: multipart/form-data; boundary=", "Content-Type: multipart/form-data; boundary=\"\x00\"", "Content-Type: application/json; charset=utf-7",
		"Content-Type: application/x-www-form-urlencoded", "Content-Type: ;", "Content-Encoding: gzip", "Accept: "+strings.Repeat("*/*,", 2000),
		"Accept-Encoding: br;q=9", "Idempotency-Key: "+strings.Repeat("k", m.IntN(400)), "Idempotency-Key: \x00", "Expected-User: \xff", "Expected-User: {}",
		"X-Forwarded-For: "+strings.Repeat("1.1.1.1, ", 500), "X-Forwarded-For: \"; drop", "X-Forwarded-Host: evil.example/\\@", "X-Forwarded-Proto: javascript",
		"X-Request-Id: "+strings.Repeat("%0d%0a", 50), "Range: bytes=99-1,-,--", "If-None-Match: W/\"", "If-Modified-Since: never", "Expect: 100-continue",
		"Expect: 200-maybe", "Upgrade: websocket", "Connection: Upgrade", "Origin: null", "Origin: \xff", "Sec-Fetch-Site: cross-site", "Last-Event-ID: -1",
		"Next-Action: "+strings.Repeat("0", 42), "Next-Action: x", "RSC: 1", "Next-Router-State-Tree: %5B%22", "Next-Router-Prefetch: 9", "Next-Url: //",
		"Stripe-Signature: t=9,v1=", "Stripe-Signature: t=-1,v1=\xff,v0", "Authorization: Bearer \x00", " folded: x", "No colon", "Bad\x01Name: x", "Host: two.example")
}

// framing says how long the body is, not always truthfully.
func (m *mangler) framing(length int) (header string, whole bool) {
	kind := "Content-Type: " + pick(m, "application/json", "application/json", "application/json", "application/problem+json", "text/plain",
		"multipart/form-data; boundary=b") + "\r\n"
	switch m.IntN(12) {
	case 0:
		return kind + fmt.Sprintf("Content-Length: %d\r\n", length+1+m.IntN(100)), false
	case 1:
		return kind + "Content-Length: " + pick(m, "-1", "x", "99999999999999999999", "0x10", "1, 2") + "\r\n", false
	case 2:
		return kind + "Transfer-Encoding: chunked\r\n", false
	case 3:
		return kind + fmt.Sprintf("Content-Length: %d\r\nContent-Length: %d\r\n", length, length+1), false
	case 4:
		return fmt.Sprintf("Content-Length: %d\r\n", length), true
	}
	return kind + fmt.Sprintf("Content-Length: %d\r\n", length), true
}

// body is never a valid one: each lacks a required value, or isn't JSON.
func (m *mangler) body() string {
	value := pick(m, `""`, "null", "{}", "[]", "-1", "1e999", "0.001", "true", `"\u0000"`, "\"\xff\xfe\"", `"\ud800"`, `{"$gt":""}`,
		`"`+strings.Repeat("a", m.IntN(20_000))+`"`, strings.Repeat("9", 400))
	field := pick(m, "title", "price", "email", "password", "ticketId", "orderId", "token", "event", "code", "__proto__", "id", "type", "data")
	object := fmt.Sprintf(`{%q:%s}`, field, value)
	switch m.IntN(12) {
	case 0:
		return strings.Repeat(pick(m, "[", `{"a":`), m.IntN(100_000))
	case 1:
		return object[:m.IntN(len(object))]
	case 2:
		return fmt.Sprintf(`{%q:%s,%q:%s,%q:null}`, field, value, field, value, field)
	case 3:
		return object + object
	case 4:
		return strings.Repeat("x", m.IntN(200_000))
	case 5:
		return pick(m, "", "\x00", "\xef\xbb\xbf{}", "null", "0", `"x"`, "NaN", "'a'", "{'a':1}", "{\"a\":1,}")
	case 6:
		return "--b\r\nContent-Disposition: form-data; name=\"" + field + "\"\r\n\r\n" + value + pick(m, "", "\r\n--b", "\r\n--b--\r\n", "\r\n--c--")
	case 7:
		return pick(m, "5\r\nabc", "zz\r\n", "0\r\n\r\n", "ffffffffffffffff\r\n", "-1\r\n", "5;a=\x00\r\nabcde\r\n0\r\n\r\n")
	}
	return object
}
