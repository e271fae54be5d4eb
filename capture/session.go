package capture

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"claude-mem/internal/id"
	"claude-mem/memory"
)

// sessionRef is how a caller names a session: by our own id, or by one of its own.
// At most one of the three has to be known; none at all means no session.
type sessionRef struct {
	serverID  string // must exist
	external  string // made if there is none
	content   string // made if there is none
	platform  string // of a session that is made
	branch    string // of a session that is made: what was checked out
	startedAt memory.Epoch
}

type sessionKey struct{ project, server, external, content string }

func (r sessionRef) key(projectID string) sessionKey {
	if r.serverID != "" {
		return sessionKey{project: projectID, server: r.serverID} // the others do not count
	}
	return sessionKey{project: projectID, external: r.external, content: r.content}
}

// resolveSession is the one place where a session is found or made. It returns ""
// for a reference that names none.
func (u *unit) resolveSession(ctx context.Context, s memory.Scope, r sessionRef) (string, error) {
	key := r.key(s.ProjectID)
	if sid, ok := u.seen[key]; ok {
		return sid, nil
	}
	// Nearly always: a session has hundreds of events, and each comes by itself.
	if sid, ok := u.c.sessions.get(key); ok {
		u.known = append(u.known, key)
		return sid, nil
	}
	sid, err := u.lookUpSession(ctx, s, r)
	if err == nil && sid != "" {
		if u.seen == nil {
			u.seen = make(map[sessionKey]string)
		}
		u.seen[key] = sid
	}
	return sid, err
}

// resolveSessions resolves the session of each draft. It takes them in the order of
// their names: where several batches make the same sessions at once, each waits for
// another that made one, and none of them for each other.
func (u *unit) resolveSessions(ctx context.Context, drafts []draft) ([]string, error) {
	order := make([]int, len(drafts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return drafts[a].sessionKey().compare(drafts[b].sessionKey())
	})
	ids := make([]string, len(drafts))
	for _, i := range order {
		var err error
		if ids[i], err = u.resolveSession(ctx, drafts[i].event.Scope(), drafts[i].session); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func (d *draft) sessionKey() sessionKey { return d.session.key(d.event.ProjectID) }

func (k sessionKey) compare(o sessionKey) int {
	return cmp.Or(strings.Compare(k.project, o.project), strings.Compare(k.server, o.server),
		strings.Compare(k.external, o.external), strings.Compare(k.content, o.content))
}

func (u *unit) lookUpSession(ctx context.Context, s memory.Scope, r sessionRef) (string, error) {
	if r.serverID != "" {
		found, err := u.Session(ctx, s, r.serverID)
		if errors.Is(err, memory.ErrNotFound) {
			return "", memory.Errorf(memory.CodeForbidden, "server_session_id must belong to project_id and team_id")
		}
		return found.ID, err
	}
	if r.external == "" && r.content == "" {
		return "", nil
	}
	found, _, err := u.findOrStart(ctx, memory.Session{
		ProjectID: s.ProjectID, TeamID: s.TeamID,
		ExternalSessionID: memory.Opt(r.external), ContentSessionID: memory.Opt(r.content),
		PlatformSource: memory.Opt(platform(r.platform)), Metadata: onBranch(r.branch), StartedAt: r.startedAt,
	})
	return found.ID, err
}

// onBranch is what a session's metadata say of where it started.
func onBranch(branch string) json.RawMessage {
	if branch == "" {
		return nil
	}
	raw, err := json.Marshal(map[string]string{memory.SessionBranch: branch})
	if err != nil {
		return nil // a text always marshals
	}
	return cleanJSON(raw)
}

// findOrStart finds the session by its external id, then by its content id, and
// makes it from in if there is none.
func (u *unit) findOrStart(ctx context.Context, in memory.Session) (s memory.Session, created bool, err error) {
	// A content id also finds the session that was started under an external one, but
	// not one that has another external id.
	if in.ContentSessionID != "" {
		s, err = u.SessionByContentID(ctx, in.Scope(), string(in.ContentSessionID))
		same := in.ExternalSessionID == "" || s.ExternalSessionID == "" || s.ExternalSessionID == in.ExternalSessionID
		if err == nil && same {
			return s, false, nil
		}
		if err != nil && !errors.Is(err, memory.ErrNotFound) {
			return s, false, err
		}
	}
	in.ID = id.New()
	in.DedupeKey = sessionDedupeKey(in)
	in.GenerationStatus = "idle"
	in.CreatedAt, in.UpdatedAt = u.now, u.now
	if in.StartedAt == 0 { // a spooled session started when it did, not when we heard of it
		in.StartedAt = u.now
	}
	if len(in.Metadata) == 0 {
		in.Metadata = emptyObject()
	}
	s, created, err = u.EnsureSession(ctx, in)
	if err == nil && created {
		u.audit(memory.AuditSessionWrite, "server_session", s.ID, s.Scope(), "")
		u.notify(s.Notice())
	}
	return s, created, err
}

// sessionDedupeKey is what makes two starts the same session. The prefixes keep
// ids of different origin apart.
func sessionDedupeKey(s memory.Session) string {
	switch {
	case s.ExternalSessionID != "":
		return "ext:" + string(s.ExternalSessionID)
	case s.ContentSessionID != "":
		return "content:" + string(s.ContentSessionID)
	}
	h := sha256.New()
	for _, part := range []string{string(s.AgentID), string(s.AgentType), string(s.PlatformSource), string(s.Metadata)} {
		hashPart(h, part)
	}
	return "sha:" + hex.EncodeToString(h.Sum(nil))
}

// StartSession finds or makes the session. created is false when a session of that
// external id was there before; without an external id it is always true, as the
// contract has it.
func (c *Capture) StartSession(ctx context.Context, caller memory.Caller, in memory.SessionInput) (s memory.Session, created bool, err error) {
	if err := in.Validate(); err != nil {
		return s, false, err
	}
	p, err := c.ResolveProject(ctx, caller, in.ProjectID, Write)
	if err != nil {
		return s, false, err
	}
	draft := memory.Session{
		ProjectID: p.ID, TeamID: p.TeamID,
		ExternalSessionID: memory.Opt(cleanText(in.ExternalSessionID)), ContentSessionID: memory.Opt(cleanText(in.ContentSessionID)),
		AgentID: memory.Opt(cleanText(in.AgentID)), AgentType: memory.Opt(cleanText(in.AgentType)),
		PlatformSource: memory.Opt(platform(in.PlatformSource)), Metadata: cleanJSON(in.Metadata), StartedAt: in.StartedAt,
	}
	err = c.write(ctx, caller, func(u *unit) (err error) {
		s, created, err = u.findOrStart(ctx, draft)
		return err
	})
	return s, created || in.ExternalSessionID == "", err
}

// platform is the host's name in its short form, which the original's clients know.
func platform(name string) string {
	name = strings.ToLower(strings.TrimSpace(cleanText(name)))
	for _, host := range []string{"claude", "codex", "gemini"} {
		if strings.HasPrefix(name, host) {
			return host
		}
	}
	return name
}

func emptyObject() json.RawMessage { return json.RawMessage("{}") }
