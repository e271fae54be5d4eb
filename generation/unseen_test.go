package generation_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"claude-mem/generation"
	"claude-mem/memory"
)

// unseen is how a job ends that no provider sees.
type unseen struct {
	arrange func(h *harness) memory.Job // owes the job and announces it
	status  memory.JobStatus
	result  memory.Opt
	reason  memory.Opt
	audits  []string
}

func endsUnseen(t *testing.T, cases map[string]unseen) {
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				j := c.arrange(h)
				p, finished := &provider{}, make(chan memory.Job, 1)
				h.start(p, func(c *generation.Config) { c.OnFinished = func(j memory.Job) { finished <- j } })
				if got := <-finished; got.ID != j.ID || got.Status != c.status {
					t.Errorf("finished %s as %s, want %s", got.ID, got.Status, c.status)
				}
				got := h.now(j)
				if got.Status != c.status || got.Result != c.result || got.LastError != c.reason {
					t.Errorf("job is %s, result %q, error %q", got.Status, got.Result, got.LastError)
				}
				if diff := cmp.Diff(c.audits, h.audits(j.ID)); diff != "" {
					t.Errorf("audits (-want +got):\n%s", diff)
				}
				if n := len(p.asked()); n != 0 {
					t.Errorf("the provider was asked %d times", n)
				}
				if n := len(h.observations()); n != 0 {
					t.Errorf("%d observations", n)
				}
			})
		})
	}
}

func TestJobsWithoutMatter(t *testing.T) {
	audits := []string{memory.AuditJobProcessing, memory.AuditJobCompleted}
	endsUnseen(t, map[string]unseen{
		"the event is gone": {
			arrange: func(h *harness) memory.Job { return h.oweJob(memory.KindEvent, "no such event") },
			status:  memory.JobCompleted, result: "skipped: the event is gone", audits: audits,
		},
		"all of it was private": {
			arrange: func(h *harness) memory.Job {
				e := h.event()
				e.EventType, e.Payload = memory.EventUserPrompt, []byte(`{"prompt":" ","cwd":"/src"}`)
				h.put(e)
				return h.oweJob(memory.KindEvent, e.ID)
			},
			status: memory.JobCompleted, result: "skipped: nothing is left to remember", audits: audits,
		},
		"a session without events": {
			arrange: func(h *harness) memory.Job { return h.oweJob(memory.KindSummary, h.session.ID) },
			status:  memory.JobCompleted, result: "skipped: nothing is left to remember", audits: audits,
		},
		"a vector without a model": {
			arrange: func(h *harness) memory.Job { return h.oweJob(memory.KindReindex, "whatever") },
			status:  memory.JobCompleted, result: "skipped: no embedding model is configured", audits: audits,
		},
	})
}

func TestMessagesOfAnotherTenant(t *testing.T) {
	forged := func(forge func(m *memory.Message)) unseen {
		return unseen{
			arrange: func(h *harness) memory.Job {
				e := h.event()
				h.put(e)
				j := h.job(memory.KindEvent, e.ID)
				h.storeOnly(j)
				m := j.Message()
				forge(&m)
				h.send(m)
				return j
			},
			status: memory.JobFailed, reason: "the message names another tenant than the job's",
			audits: []string{memory.AuditJobScopeViolation, memory.AuditJobFailed},
		}
	}
	endsUnseen(t, map[string]unseen{
		"another project": forged(func(m *memory.Message) { m.ProjectID = "another" }),
		"another team":    forged(func(m *memory.Message) { m.TeamID = "another" }),
	})
}

func TestKeysThatCountNoMore(t *testing.T) {
	audits := []string{memory.AuditJobRevokedKey, memory.AuditJobFailed}
	endsUnseen(t, map[string]unseen{
		"revoked": {
			arrange: func(h *harness) memory.Job {
				_, j := h.oweEvent()
				h.inTx(func(tx txn) error {
					_, err := tx.RevokeKey(h.t.Context(), memory.Scope{TeamID: h.scope.TeamID}, h.key.ID, memory.Now())
					return err
				})
				return j
			},
			status: memory.JobFailed, reason: "the API key that asked for it was revoked", audits: audits,
		},
		"expired": {
			arrange: func(h *harness) memory.Job {
				h.key.ID, h.key.Hash, h.key.ExpiresAt = "expired", "expired", memory.Now().Add(time.Minute)
				h.inTx(func(tx txn) error { return tx.PutKey(h.t.Context(), h.key) })
				_, j := h.oweEvent()
				time.Sleep(time.Minute)
				return j
			},
			status: memory.JobFailed, reason: "the API key that asked for it has expired", audits: audits,
		},
		"gone": {
			arrange: func(h *harness) memory.Job {
				h.key.ID = "no such key"
				_, j := h.oweEvent()
				return j
			},
			status: memory.JobFailed, reason: "the API key that asked for it is gone", audits: audits,
		},
	})
}
