package httpapi

import (
	"net/http"
	"path/filepath"
	"testing"

	"claude-mem/internal/contract"
	"claude-mem/internal/recorded"
	"claude-mem/memory"
)

// TestAnswersLikeTheOriginal asks what the original was asked, of the API alone; e2e
// asks a whole deployment.
func TestAnswersLikeTheOriginal(t *testing.T) { onEachEngine(t, answersLikeTheOriginal) }

func answersLikeTheOriginal(t *testing.T, w *world) {
	dir := filepath.Join(recorded.Dir(t), "contract")
	names := contract.Names{
		contract.ProjectID: w.p.ID, contract.OtherProjectID: w.q.ID, contract.SessionID: startedSession(w),
	}
	for _, k := range contract.Keys() {
		names[k.Secret] = w.mint(keyOf(w, k))
	}
	for _, c := range contract.Cases() {
		if c.Worker {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			x, err := contract.Load(dir, c, names)
			if err != nil {
				t.Fatal(err)
			}
			got := w.do(x.Request.Method, x.Request.Path, "", x.Text(), func(r *http.Request) {
				r.Header.Del("Content-Type")
				for k, v := range x.Request.Headers {
					r.Header.Set(k, v)
				}
			})
			for _, d := range c.Compare(x, got.Code, got.Body.Bytes(), names) {
				t.Error(d)
			}
		})
	}
}

// keyOf makes the key that a recorded one stands for.
func keyOf(w *world, k contract.Key) memory.APIKey {
	out := memory.APIKey{Scopes: k.Scopes, ActorID: "system:server-cli"}
	switch k.Project {
	case contract.ProjectID:
		out.ProjectID = memory.Opt(w.p.ID)
	case contract.OtherProjectID:
		out.ProjectID = memory.Opt(w.q.ID)
	}
	if k.Expired {
		out.ExpiresAt = 2
	}
	if k.Revoked {
		out.RevokedAt = 2
	}
	return out
}

func startedSession(w *world) string {
	s, _, err := w.Capture.StartSession(w.t.Context(), memory.Caller{Key: memory.APIKey{TeamID: w.ours.ID}},
		memory.SessionInput{ProjectID: w.p.ID, ExternalSessionID: contract.SessionExternalID})
	if err != nil {
		w.t.Fatal(err)
	}
	return s.ID
}
