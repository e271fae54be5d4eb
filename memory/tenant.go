package memory

import (
	"encoding/json"
	"slices"
	"strings"
)

// Scope is the tenant that a query is confined to. An empty ProjectID means
// every project of the team; an empty TeamID matches nothing.
type Scope struct {
	TeamID    string
	ProjectID string
}

// Team owns projects and keys.
type Team struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	CreatedAt Epoch  `json:"createdAtEpoch"`
}

// LocalTeam is the name of the team of a solo profile.
const LocalTeam = "local-hook-team"

// LocalProject is the name of the project of a team for what belongs to none.
const LocalProject = "local-hook-project"

// Project is one body of work, usually one repository. Its name is unique in
// its team; the hooks name a repository by the absolute path of its root.
type Project struct {
	ID        string          `json:"id"`
	TeamID    string          `json:"teamId"`
	Name      string          `json:"name"`
	Metadata  json.RawMessage `json:"metadata"`
	CreatedAt Epoch           `json:"createdAtEpoch"`
	UpdatedAt Epoch           `json:"updatedAtEpoch"`
}

// Scope is the project's own.
func (p Project) Scope() Scope { return Scope{TeamID: p.TeamID, ProjectID: p.ID} }

// ProjectsCalled returns the projects that a person means by a reference: those with that
// id or name or, if there is none, those whose name is a path with these last elements.
func ProjectsCalled(all []Project, ref string) []Project {
	var named, ending []Project
	slashed := func(path string) string { return strings.ReplaceAll(path, `\`, "/") }
	tail := strings.Trim(slashed(ref), "/")
	for _, p := range all {
		switch {
		case p.ID == ref || p.Name == ref:
			named = append(named, p)
		case tail != "" && strings.HasSuffix(slashed(p.Name), "/"+tail):
			ending = append(ending, p)
		}
	}
	if len(named) > 0 {
		return named
	}
	return ending
}

// The scopes a key may hold. ScopeAdmin and ScopeAll include every other.
const (
	ScopeEventsWrite      = "events:write"
	ScopeSessionsWrite    = "sessions:write"
	ScopeMemoriesWrite    = "memories:write" // includes the other writes
	ScopeObservationsRead = "observations:read"
	ScopeJobsRead         = "jobs:read"
	ScopeMemoriesRead     = "memories:read" // includes the other reads
	ScopeAdmin            = "admin"
	ScopeAll              = "*"
)

// KeyScopes lists every scope a key may hold, narrowest first.
func KeyScopes() []string {
	return []string{
		ScopeEventsWrite, ScopeSessionsWrite, ScopeMemoriesWrite,
		ScopeObservationsRead, ScopeJobsRead, ScopeMemoriesRead, ScopeAdmin, ScopeAll,
	}
}

// APIKey is a credential. Of the key itself only the SHA-256 is kept.
type APIKey struct {
	ID        string   `json:"id"`
	TeamID    string   `json:"teamId"`
	ProjectID Opt      `json:"projectId"` // set: the key reaches this project only
	Name      string   `json:"name"`
	Hash      string   `json:"-"` // lower-case hex SHA-256 of the whole key
	Prefix    string   `json:"prefix"`
	Scopes    []string `json:"scopes"`
	ActorID   Opt      `json:"actorId"`
	CreatedAt Epoch    `json:"createdAtEpoch"`
	ExpiresAt Epoch    `json:"expiresAtEpoch"`
	RevokedAt Epoch    `json:"revokedAtEpoch"`
}

// Rotation gives a key another secret. Everything else about the key stays, so what
// was asked for with it is still owed.
type Rotation struct {
	Hash     string // of the new secret
	Prefix   string // of the new secret
	OldUntil Epoch  // until when the old secret opens as well; 0: no more
}

// Usable reports whether the key is neither revoked nor expired at now.
func (k APIKey) Usable(now Epoch) bool {
	return k.RevokedAt == 0 && (k.ExpiresAt == 0 || now < k.ExpiresAt)
}

// Allows reports whether the key holds the scope, or a wider one that includes it.
func (k APIKey) Allows(scope string) bool {
	wider := ""
	switch scope {
	case ScopeEventsWrite, ScopeSessionsWrite:
		wider = ScopeMemoriesWrite
	case ScopeObservationsRead, ScopeJobsRead:
		wider = ScopeMemoriesRead
	}
	return slices.ContainsFunc(k.Scopes, func(s string) bool {
		return s == scope || s == ScopeAdmin || s == ScopeAll || (wider != "" && s == wider)
	})
}

// Scope is what the key may reach.
func (k APIKey) Scope() Scope { return Scope{TeamID: k.TeamID, ProjectID: string(k.ProjectID)} }

// Caller is who asks for something, as established at the door.
type Caller struct {
	Key       APIKey
	RequestID string
}

// Scope is what the caller may reach.
func (c Caller) Scope() Scope { return c.Key.Scope() }
