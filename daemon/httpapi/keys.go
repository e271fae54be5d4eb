package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"claude-mem/client"
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	maxKeyDays  = 365
	maxKeyLabel = 120 // bytes
)

// mintKey makes a key that can do less than the one that asks for it, and does not
// outlive it.
func (a *API) mintKey(r *request) (answer, error) {
	var in client.KeyMint
	if err := r.decode(&in); err != nil {
		return answer{}, err
	}
	if d := in.ExpiresInDays; d != nil && (*d < 1 || *d > maxKeyDays) {
		return answer{}, issue("invalid_value", fmt.Sprintf("Invalid input: expected 1 to %d days", maxKeyDays), "expiresInDays")
	}
	if len(in.Label) > maxKeyLabel {
		return answer{}, issue("too_big", fmt.Sprintf("Too big: expected string to have <=%d bytes", maxKeyLabel), "label")
	}
	mcpURL, err := a.mcpURL(r)
	if err != nil {
		return answer{}, err
	}
	secret := memory.MintKey()
	key := newReadKey(r.caller.Key, in).WithSecret(secret)
	entry := r.auditEntry(memory.AuditKeyCreate, "api_key", key.Scope())
	entry.ResourceID = memory.Opt(key.ID)
	entry.Details, _ = json.Marshal(map[string]any{"requestId": r.caller.RequestID, "scopes": key.Scopes}) // texts always marshal
	err = a.Store.InTx(r.Context(), func(tx storage.Tx) error {
		if err := tx.PutKey(r.Context(), key); err != nil {
			return err
		}
		return tx.PutAudit(r.Context(), entry)
	})
	if err != nil {
		return answer{}, err
	}
	out := client.MintedKey{ID: key.ID, Key: secret, Scopes: key.Scopes, MCPURL: mcpURL, ConnectCommand: connectCommand(mcpURL, secret)}
	if key.ExpiresAt != 0 {
		at := key.ExpiresAt.Time().Format(isoMillis)
		out.ExpiresAt = &at
	}
	return answer{http.StatusCreated, out}, nil
}

// isoMillis is how the contract writes a time that is no number.
const isoMillis = "2006-01-02T15:04:05.000Z"

func newReadKey(maker memory.APIKey, in client.KeyMint) memory.APIKey {
	k := memory.APIKey{
		ID: id.New(), TeamID: maker.TeamID, ProjectID: maker.ProjectID, Name: strings.ToValidUTF8(strings.ReplaceAll(in.Label, "\x00", ""), ""),
		Scopes: []string{memory.ScopeMemoriesRead}, ActorID: "key:" + memory.Opt(maker.ID), CreatedAt: memory.Now(), ExpiresAt: maker.ExpiresAt,
	}
	if k.Name == "" {
		k.Name = "connect"
	}
	if in.ExpiresInDays != nil {
		at := k.CreatedAt.Add(time.Duration(*in.ExpiresInDays) * 24 * time.Hour)
		if k.ExpiresAt == 0 || at < k.ExpiresAt {
			k.ExpiresAt = at
		}
	}
	return k
}

func (a *API) connect(r *request) (answer, error) {
	mcpURL, err := a.mcpURL(r)
	if err != nil {
		return answer{}, err
	}
	return ok(client.Connect{
		MCPURL: mcpURL, ConnectCommand: connectCommand(mcpURL, "<YOUR_API_KEY>"),
		Hint: "POST /v1/keys (write scope) to mint a read-only key for this link.",
	})
}

func connectCommand(mcpURL, key string) string {
	return fmt.Sprintf(`claude mcp add --transport http claude-mem %s --header "Authorization: Bearer %s"`, mcpURL, key)
}

// mcpURL is where agents elsewhere find the memory. It goes into a command that
// people paste, so a host that is more than a name and a port is none.
func (a *API) mcpURL(r *request) (string, error) {
	base := strings.TrimRight(a.PublicURL, "/")
	if base == "" {
		if strings.Trim(r.Host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]_") != "" {
			return "", memory.Errorf(memory.CodeBadRequest, "the Host header is no host name")
		}
		base = "http://" + r.Host
		if r.TLS != nil {
			base = "https://" + r.Host
		}
	}
	return base + "/v1/mcp", nil
}
