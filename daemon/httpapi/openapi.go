package httpapi

import (
	"encoding/json"
	"fmt"
	"sync"

	"go.yaml.in/yaml/v3"

	"claude-mem/docs"
)

// openAPI is the document that people read, as JSON; it is converted when somebody
// first asks.
var openAPI = sync.OnceValues(func() (json.RawMessage, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(docs.OpenAPI, &doc); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	return json.Marshal(doc)
})

func (a *API) openapi(*request) (answer, error) {
	doc, err := openAPI()
	if err != nil {
		return answer{}, err
	}
	return ok(doc)
}
