package client

import "context"

// KeyMint is the body of POST /v1/keys.
type KeyMint struct {
	Label         string `json:"label,omitempty"`         // at most 120 bytes
	ExpiresInDays *int   `json:"expiresInDays,omitempty"` // 1 to 365; nil: never
}

// MintedKey is the answer of POST /v1/keys: the only time that the key is shown.
type MintedKey struct {
	ID             string   `json:"id"`
	Key            string   `json:"apiKey"`
	Scopes         []string `json:"scopes"`
	ExpiresAt      *string  `json:"expiresAt"` // ISO 8601; nil: never
	MCPURL         string   `json:"mcpUrl"`
	ConnectCommand string   `json:"connectCommand"` // to paste into a shell
}

// Connect is the answer of GET /v1/connect.
type Connect struct {
	MCPURL         string `json:"mcpUrl"`
	ConnectCommand string `json:"connectCommand"` // with a placeholder for the key
	Hint           string `json:"hint"`
}

// MintKey makes a key that only reads, for what the Client's own key reaches.
func (c *Client) MintKey(ctx context.Context, in KeyMint) (MintedKey, error) {
	var out MintedKey
	return out, c.do(ctx, post("/v1/keys", in), &out)
}

// Connect asks how an agent elsewhere is connected to this memory.
func (c *Client) Connect(ctx context.Context) (Connect, error) {
	var out Connect
	return out, c.do(ctx, get("/v1/connect", nil), &out)
}
