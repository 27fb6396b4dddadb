package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ticketing.dev/common/problem"
)

// Problem is a refusal, as the API tells it.
type Problem struct {
	Status int
	Errors []problem.Detail
	// RetryAfter is when to try again, 0 where the API does not say.
	RetryAfter time.Duration
}

func (p *Problem) Error() string {
	return fmt.Sprintf("%d %s", p.Status, p.Message())
}

// Message joins what the API says is wrong.
func (p *Problem) Message() string {
	messages := make([]string, len(p.Errors))
	for i, e := range p.Errors {
		messages[i] = e.Message
	}
	return strings.Join(messages, "; ")
}

// StatusOf is the status with which the API refused, 0 for an error that is no refusal.
func StatusOf(err error) int {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.Status
	}
	return 0
}

// decodeProblem reads a refusal. Whatever has not the API's own form is quoted as it is.
func decodeProblem(response *http.Response, body []byte) error {
	p := &Problem{Status: response.StatusCode}
	var document struct{ Errors []problem.Detail }
	if json.Unmarshal(body, &document) == nil && len(document.Errors) > 0 {
		p.Errors = document.Errors
	} else {
		p.Errors = []problem.Detail{{Message: string(body)}}
	}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		p.RetryAfter = time.Duration(seconds) * time.Second
	}
	return p
}
