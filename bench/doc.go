// Package bench measures the product from outside: processes, HTTP, disk. What
// each benchmark means and how to run it stands in README.md.
package bench
