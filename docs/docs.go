// Package docs holds what people read, and hands to the program the one document
// that machines read as well.
package docs

import _ "embed"

// OpenAPI is the HTTP API as OpenAPI 3.1, in JSON. People read and write openapi.yaml; a
// test in internal/rules makes the one from the other, so that the program needs to know
// no YAML: a hook would initialise that each time it starts.
//
//go:embed openapi.json
var OpenAPI []byte
