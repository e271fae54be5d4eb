// Package install registers our hooks and our MCP server with agent hosts, by editing
// their files, and takes them out again. A [Host] says which files those are and in
// which form it wants its hooks, a [File] what of ours stands in it.
//
// The files are the user's. So an edit changes the bytes it must and no others: keys
// keep their order, the rest keeps its spaces and comments; a file that is not JSON,
// or not TOML, is refused with line and column, because a host ignores such a file
// silently and somebody should know. Installing twice is installing once; entries of ours that point at
// another path are brought up to date, not added again.
//
// The first edit leaves a copy of the file beside it ([BackupSuffix]); taking the
// hooks out gives that copy back byte for byte if nothing else has changed since,
// and otherwise removes our entries alone.
//
//	plan, err := host.Files[0].Install(install.Options{Exe: exe})
//	fmt.Print(plan.Diff())   // --dry-run ends here
//	err = plan.Apply()
package install
