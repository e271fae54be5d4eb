package httpapi

import (
	"net/http"

	"claude-mem/client"
	"claude-mem/memory"
)

func (a *API) healthz(*request) (answer, error) { return ok(a.System.Alive()) }

func (a *API) readiness(*request) (answer, error) {
	if !a.System.Ready() {
		return answer{http.StatusServiceUnavailable, client.Readiness{Status: "stopping"}}, nil
	}
	return ok(client.Readiness{Status: "ready"})
}

func (a *API) version(*request) (answer, error) {
	return ok(client.Version{Version: a.System.Version()})
}

func (a *API) health(r *request) (answer, error) {
	h := a.System.Health(r.Context())
	if h.Status != "ok" {
		return answer{http.StatusServiceUnavailable, h}, nil
	}
	return ok(h)
}

func (a *API) info(r *request) (answer, error) {
	info, err := a.System.Info(r.Context())
	if err != nil {
		return answer{}, memory.Errorf(memory.CodeUnavailable, "storage cannot be read: %w", err)
	}
	return ok(info)
}

func (a *API) metrics(r *request) (answer, error) {
	return answer{http.StatusOK, writing(func(w http.ResponseWriter) { a.Metrics.ServeHTTP(w, r.Request) })}, nil
}
