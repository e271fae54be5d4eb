package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

// staller is a language model's server: its first answer never comes.
type staller struct {
	*httptest.Server
	calls atomic.Int32
	asked chan struct{} // closed at the first call
}

func newStaller(t *testing.T) *staller {
	t.Helper()
	m := &staller{asked: make(chan struct{})}
	const observation = `<observation><type>change</type><title>Counts</title><narrative>The counter counts.</narrative></observation>`
	answer, err := json.Marshal(map[string]any{
		"model":   "stub",
		"choices": []any{map[string]any{"finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": observation}}},
		"usage":   map[string]int{"prompt_tokens": 10, "completion_tokens": 10},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the end of the caller is not seen
		if m.calls.Add(1) == 1 {
			close(m.asked)
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer)
	}))
	t.Cleanup(m.Close)
	return m
}

// TestTeamWorkerKilledAtWork kills a worker while it waits for a model: when its lease
// is over, and not before, another asks the model again and does the job, once.
func TestTeamWorkerKilledAtWork(t *testing.T) {
	t.Parallel()
	m := newStaller(t)
	d := newTeam(t, 1, 2, config.ServerProvider+"=openrouter", config.OpenRouterBaseURL+"="+m.URL, config.OpenRouterModel+"=stub")
	key := d.key("full", "*")
	stored, err := d.servers[0].client(key.Key).PutEvent(t.Context(), teamEvent(t, key.ProjectID, "at-work", 1), client.EventOptions{})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-m.asked:
	case <-time.After(teamWithin):
		t.Fatalf("the model is not asked:\n%s\n%s", d.workers[0].tail(), d.workers[1].tail())
	}
	killed := 0
	for _, w := range d.workers {
		held := d.number(`SELECT COUNT(*) FROM observation_generation_jobs WHERE locked_by LIKE '%-' || $1::text || ':%'`, strconv.Itoa(w.cmd.Process.Pid))
		if held == 1 {
			w.end(syscall.SIGKILL)
			killed++
		}
	}
	if killed != 1 {
		t.Fatalf("%d workers have the job", killed)
	}
	d.settle()
	job, err := d.servers[0].client(key.Key).Job(t.Context(), stored.GenerationJob.ID)
	if err != nil || job.Status != memory.JobCompleted || job.Attempts != 2 {
		t.Errorf("the job became %+v, %v", job, err)
	}
	if n := m.calls.Load(); n != 2 {
		t.Errorf("the model was asked %d times", n)
	}
	// The reconciler says so, unless the transport brought the message to a worker before.
	if n := d.number(`SELECT COUNT(*) FROM audit_log WHERE action = 'generation_job.stalled'`); n > 1 {
		t.Errorf("it stalled %d times", n)
	}
	d.balance()
}
