package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"claude-mem/internal/config"
)

// console is what every command works with: the streams, and the flags that all
// commands share.
type console struct {
	in       io.Reader
	out, err io.Writer
	dataDir  string // --data-dir
}

// flags are the settings that the command line gives, by name.
func (c *console) flags() map[string]string {
	return map[string]string{config.DataDir: c.dataDir}
}

// settings loads the configuration. A command stops at what is wrong in it, where
// a hook would go on with the defaults.
func (c *console) settings() (*config.Config, error) {
	return config.Load(config.Options{Flags: c.flags()})
}

// print writes v as JSON, or as text for people.
func (c *console) print(asJSON bool, v any, text func(screen)) error {
	if !asJSON {
		text(newScreen(c.out))
		return nil
	}
	enc := json.NewEncoder(c.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// say writes a line about what was done.
func (c *console) say(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }

// warn writes a line that is no result, where it does not mix with results.
func (c *console) warn(format string, args ...any) { fmt.Fprintf(c.err, format+"\n", args...) }

// jsonFlag gives a command that prints data the flag --json.
func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON")
}
