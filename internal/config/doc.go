// Package config knows every setting there is and where each file lives.
//
// A setting has one name, which is both its environment variable and its key in
// the settings file. What is set in more places than one is taken from the first
// of: command-line flag, environment, settings file, default. [Config.Origin]
// tells which it was. A value that is empty counts as not set; the word "none"
// empties a list.
//
// The settings file is JSON, either flat or nested under "env":
//
//	{"CLAUDE_MEM_SERVER_PORT": 37900, "CLAUDE_MEM_SKIP_TOOLS": ["TodoWrite"]}
//	{"env": {"CLAUDE_MEM_SERVER_PORT": "37900"}}
//
// Keys that are not ours are kept. A file that is not JSON is an error that names
// line and column, and nothing ever writes over it.
//
// A hook loads its configuration hundreds of times a day, so this package does
// nothing at init, reads one file and builds one map.
package config
