// Package httpapi is the HTTP face of the daemon: the /v1 contract.
//
// A request passes, in this order: a request id, the Host and Origin checks, the
// route, the key and its scope, the body's limits, and the route's handler. A
// handler is a method that returns what to answer or an error; it never writes to
// the connection. One place, [API.ServeHTTP] and what it calls, recovers panics,
// turns errors into answers by the table in package client, and logs.
//
// [Routes] is the one table of everything that is answered. The router, the tests
// of the checks at the door and the documentation all come from it.
//
// The shapes on the wire are the types of packages client and memory.
package httpapi
