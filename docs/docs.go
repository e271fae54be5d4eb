// Package docs holds what people read, and hands to the program the one document
// that machines read as well.
package docs

import _ "embed"

// OpenAPI is openapi.yaml: the HTTP API as OpenAPI 3.1.
//
//go:embed openapi.yaml
var OpenAPI []byte
