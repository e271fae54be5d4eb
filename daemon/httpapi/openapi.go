package httpapi

import (
	"encoding/json"

	"claude-mem/docs"
)

func (a *API) openapi(*request) (answer, error) {
	return ok(json.RawMessage(docs.OpenAPI))
}
