package hooks

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"claude-mem/memory"
)

// Bounds on an answer, in bytes.
const (
	maxHead   = 64 << 10
	maxAnswer = 4 << 20
)

// post hands the record to the server at base, such as http://127.0.0.1:37877, by
// the deadline of ctx. It writes and reads HTTP by hand: package net/http takes
// longer to start than the request takes, and one request of version 1.0 needs
// none of it. Nothing that it cannot do is lost: see [Sender].
func post(ctx context.Context, base, key string, r memory.HookRecord) (memory.HookAnswer, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return memory.HookAnswer{}, memory.Errorf(memory.CodeValidation, "encode the record: %w", err)
	}
	host, path := splitBase(base)
	if !strings.HasPrefix(base, "http://") || host == "" || strings.ContainsAny(base+key, " @?#\r\n") {
		return memory.HookAnswer{}, memory.Errorf(memory.CodeUnauthorized, "the server's address, %q, or the key is none", base)
	}
	if path = strings.TrimRight(path, "/"); path != "" {
		path = "/" + path
	}
	head := "POST " + path + "/v1/hooks HTTP/1.0\r\nHost: " + host +
		"\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n"
	if key != "" {
		head += "Authorization: Bearer " + key + "\r\n"
	}
	status, data, err := exchange(ctx, host, append([]byte(head+"\r\n"), body...))
	if err != nil {
		return memory.HookAnswer{}, &memory.Error{Code: memory.CodeUnavailable, Message: "no answer from " + base + ": " + err.Error(), Err: err}
	}
	if status < 200 || status > 299 {
		return memory.HookAnswer{}, refusal(status, data)
	}
	var out memory.HookAnswer
	if err := json.Unmarshal(data, &out); err != nil {
		return out, memory.Errorf(memory.CodeInternal, "what answers at %s is no claude-mem server: %w", base, err)
	}
	return out, nil
}

// splitBase splits an address that begins with http:// into host and path. Package net/url
// would have this program wait for others, see package early.
func splitBase(base string) (host, path string) {
	host, path, _ = strings.Cut(strings.TrimPrefix(base, "http://"), "/")
	return host, path
}

// exchange sends the request and returns the status and the body of the answer.
func exchange(ctx context.Context, host string, request []byte) (int, []byte, error) {
	conn, err := dial(ctx, host)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(request); err != nil {
		return 0, nil, err
	}
	return readAnswer(conn)
}

// readAnswer reads an HTTP answer whose body is as long as it says, or else goes on
// to the end.
func readAnswer(conn io.Reader) (status int, body []byte, err error) {
	in := &io.LimitedReader{R: conn, N: maxHead}
	r := bufio.NewReader(in)
	line, err := r.ReadString('\n')
	if err != nil {
		return 0, nil, err
	}
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	status, err = strconv.Atoi(code)
	if err != nil || !strings.HasPrefix(version, "HTTP/1.") {
		return 0, nil, errors.New("the answer is not HTTP")
	}
	length := -1
	for line = "-"; strings.TrimRight(line, "\r\n") != ""; {
		if line, err = r.ReadString('\n'); err != nil {
			return 0, nil, err
		}
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || length < 0 || length > maxAnswer {
				return 0, nil, fmt.Errorf("the answer has a length of %.20q", strings.TrimSpace(value))
			}
		}
	}
	in.N = maxAnswer
	if length < 0 {
		body, err = io.ReadAll(r)
		return status, body, err
	}
	body = make([]byte, length)
	_, err = io.ReadFull(r, body)
	return status, body, err
}

// refusal is the error of an answer that is none. What matters about it is who is
// at fault: whoever wrote the record (see [wrong]), or somebody who may mend it.
func refusal(status int, body []byte) error {
	code := memory.CodeInternal
	switch {
	case status == 401 || status == 403:
		code = memory.CodeForbidden
	case status == 402:
		code = memory.CodeQuota
	case status == 429:
		code = memory.CodeTooMany
	case status >= 400 && status <= 499:
		code = memory.CodeBadRequest
	case status >= 502 && status <= 504:
		code = memory.CodeUnavailable
	}
	var told struct {
		Error   memory.Code
		Message string
		Issues  []struct{ Message string }
	}
	text := ""
	if json.Unmarshal(body, &told) == nil { // else it is not ours, maybe a page of HTML
		text = ": " + cmp.Or(told.Message, string(told.Error))
		for _, is := range told.Issues {
			text += "; " + is.Message
		}
	}
	return memory.Errorf(code, "the server answered %d%s", status, text)
}
