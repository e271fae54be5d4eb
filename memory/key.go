package memory

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// keyPrefix starts every key, so that people and scanners know one.
const keyPrefix = "cmem_"

// shownKeyBytes is how much of a key is kept to tell it from others.
const shownKeyBytes = len(keyPrefix) + 4

// MintKey makes the secret of a key out of 32 random bytes.
func MintKey() string {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	return keyPrefix + hex.EncodeToString(secret[:])
}

// HashKey is what is stored of a secret: whoever reads the database cannot act as
// the key's owner.
func HashKey(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// WithSecret returns the key as it is stored for that secret.
func (k APIKey) WithSecret(secret string) APIKey {
	k.Hash, k.Prefix = HashKey(secret), secret[:min(shownKeyBytes, len(secret))]
	return k
}
