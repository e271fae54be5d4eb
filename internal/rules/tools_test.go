package rules

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"claude-mem/mcp"
)

func TestEveryToolIsDocumented(t *testing.T) {
	near, far := sdk.NewInMemoryTransports()
	server, err := mcp.Local(nil, mcp.Options{}).Connect(t.Context(), far, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	compareSection(t, "mcp.md", "local tools", tools(t, near))

	remote := httptest.NewServer(mcp.Handler(nil, mcp.Options{}))
	defer remote.Close()
	compareSection(t, "mcp.md", "remote tools", tools(t, &sdk.StreamableClientTransport{Endpoint: remote.URL, MaxRetries: -1}))
}

// tools is a table of a server's tools.
func tools(t *testing.T, transport sdk.Transport) string {
	t.Helper()
	cs, err := sdk.NewClient(&sdk.Implementation{Name: "rules", Version: "1"}, nil).Connect(t.Context(), transport, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer cs.Close()
	list, err := cs.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| tool | reads only | arguments | what the model is told |\n|---|---|---|---|\n")
	for _, tool := range list.Tools {
		args := slices.Sorted(maps.Keys(tool.InputSchema.(map[string]any)["properties"].(map[string]any)))
		only := "no"
		if tool.Annotations.ReadOnlyHint {
			only = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s |\n", tool.Name, only, strings.Join(args, "`, `"), tool.Description)
	}
	return b.String()
}
