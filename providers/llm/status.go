package llm

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"claude-mem/providers"
)

// longWait is from where on a wait that a server asks for is no rate limit any more:
// its quota is used up.
const longWait = 15 * time.Minute

// StatusError says what an HTTP status other than 2xx means, going by the status and
// by what the body says:
//
//	408, 409, 425, 5xx        transient
//	429                       rate_limit; quota where the body speaks of one and names no short wait
//	503, 529                  overloaded
//	401, 403, 404             auth: nobody gets through until the key or a setting is changed;
//	                          bad_request where a 403 speaks of what was sent
//	402                       quota
//	3xx, 400, 413, other 4xx  bad_request, unless the body speaks of the key, the model or a quota
func StatusError(status int, h http.Header, body []byte) *providers.Error {
	said := message(body)
	e := &providers.Error{Class: classOf(status), RetryAfter: retryAfter(h, body), Err: fmt.Errorf("status %d: %s", status, said)}
	switch {
	case status >= 300 && status < 400:
		e.Err = fmt.Errorf("status %d: it redirects to another address; set the base URL to that one", status)
	case status == http.StatusTooManyRequests && speaksOfQuota(said) && (e.RetryAfter == 0 || e.RetryAfter > longWait):
		e.Class = providers.Quota
	case status == http.StatusForbidden && speaksOfContent(said):
		e.Class = providers.BadRequest
	case status == http.StatusBadRequest && (speaksOfKey(said) || speaksOfModel(said)):
		e.Class = providers.Auth
	case (status == http.StatusBadRequest || status == http.StatusForbidden) && speaksOfQuota(said):
		e.Class = providers.Quota
	case status == http.StatusNotFound:
		e.Err = fmt.Errorf("status %d: there is no such model or address, check the model's name and the base URL: %s", status, said)
	}
	return e
}

func classOf(status int) providers.Class {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return providers.Auth
	case http.StatusPaymentRequired:
		return providers.Quota
	case http.StatusTooManyRequests:
		return providers.RateLimit
	case http.StatusServiceUnavailable, 529: // the latter is Anthropic's own
		return providers.Overloaded
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly:
		return providers.Transient
	}
	if status >= http.StatusInternalServerError {
		return providers.Transient
	}
	return providers.BadRequest
}

// BodyError says what an error in the body of a 200 means; nil if there is none.
// Gateways answer so when a model behind them fails.
func BodyError(h http.Header, body []byte) *providers.Error {
	var wrapped struct {
		Error json.RawMessage `json:"error"`
	}
	_ = json.Unmarshal(body, &wrapped) // what is no JSON has no error in it
	if len(wrapped.Error) == 0 || string(wrapped.Error) == "null" {
		return nil
	}
	var inner struct {
		Code json.RawMessage `json:"code"`
	}
	_ = json.Unmarshal(wrapped.Error, &inner) // a text has no code
	status, err := strconv.Atoi(strings.Trim(string(inner.Code), `"`))
	if err != nil || status < 400 || status > 599 {
		said := message(body)
		switch {
		case speaksOfQuota(said):
			status = http.StatusPaymentRequired
		case speaksOfKey(said):
			status = http.StatusUnauthorized
		default:
			status = http.StatusBadGateway
		}
	}
	return StatusError(status, h, body)
}

// maxSaid is how much of an error body is repeated.
const maxSaid = 300

// message is what an error body says, on one line, without what is shaped like a
// secret: some servers repeat the key.
func message(body []byte) string {
	var e struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  string          `json:"detail"`
	}
	text := string(body)
	if json.Unmarshal(body, &e) == nil {
		var inner struct {
			Type    string          `json:"type"`
			Code    json.RawMessage `json:"code"`
			Status  string          `json:"status"`
			Message string          `json:"message"`
		}
		var plainText string
		switch {
		case json.Unmarshal(e.Error, &plainText) == nil:
			text = plainText
		case json.Unmarshal(e.Error, &inner) == nil && inner.Message != "":
			text = strings.Join(strings.Fields(inner.Type+" "+inner.Status+" "+strings.Trim(string(inner.Code), `"`)), " ") + ": " + inner.Message
		case e.Message != "":
			text = e.Message
		case e.Detail != "":
			text = e.Detail
		}
	}
	return cmp.Or(bounded(text, maxSaid), "no reason is given")
}

func speaksOfQuota(s string) bool {
	return containsAny(s, "insufficient_quota", "exceeded your current quota", "credit balance", "billing", "payment required",
		"out of credits", "insufficient credits", "requires more credits", "monthly limit", "spending limit")
}

func speaksOfKey(s string) bool {
	return containsAny(s, "api key not valid", "api_key_invalid", "invalid api key", "invalid_api_key", "incorrect api key", "authentication")
}

// speaksOfModel tells a model that is not there from a request that is not right.
func speaksOfModel(s string) bool {
	return containsAny(s, "not a valid model", "invalid model", "unknown model", "no such model", "model_not_found", "model not found")
}

// speaksOfContent tells a request that a moderator stopped from a key that may not
// ask: the next request may pass.
func speaksOfContent(s string) bool {
	return containsAny(s, "moderation", "flagged", "content policy", "content_policy", "content_filter")
}

func containsAny(s string, words ...string) bool {
	s = strings.ToLower(s)
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// retryAfter is how long a server asks to be left alone: by header, in seconds, in
// milliseconds or as a date, or by Google's RetryInfo in the body. 0 means not said.
func retryAfter(h http.Header, body []byte) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return bound(time.Duration(min(ms, 1e12)) * time.Millisecond)
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 {
		return bound(time.Duration(min(s, 1e9) * float64(time.Second)))
	}
	if at, err := http.ParseTime(v); err == nil {
		return bound(time.Until(at))
	}
	var e struct {
		Error struct {
			Details []struct {
				RetryDelay string `json:"retryDelay"`
			} `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) == nil {
		for _, d := range e.Error.Details {
			if wait, err := time.ParseDuration(d.RetryDelay); err == nil {
				return bound(wait)
			}
		}
	}
	return 0
}

// bound keeps a wait within a day; what is past is none.
func bound(d time.Duration) time.Duration { return min(max(d, 0), 24*time.Hour) }

// transient is a failure that says nothing about us.
func transient(err error) *providers.Error {
	return &providers.Error{Class: providers.Transient, Err: err}
}

var errUnreadable = errors.New("the server's answer is no JSON of the kind that was expected")

// Unreadable is the failure of an answer that is not what the wire format says.
func Unreadable() *providers.Error { return transient(errUnreadable) }
