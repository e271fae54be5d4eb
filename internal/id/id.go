// Package id makes the ids of everything we store.
package id

import "github.com/google/uuid"

// New returns a UUID version 7: unique, and later ones sort after earlier ones
// of the same process.
func New() string { return uuid.Must(uuid.NewV7()).String() }
