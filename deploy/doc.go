// Package deploy holds what a team runs its servers with: an image, a compose file
// and systemd units. docs/deploy.md is their manual. There is no code here but the
// tests, which compare the files with what the program knows.
package deploy
