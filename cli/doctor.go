package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/instance"
)

// verdict is how a check ended.
type verdict string

const (
	fine    verdict = "ok"
	suspect verdict = "warning" // works, but look at it
	wrong   verdict = "wrong"
)

// finding is the result of one check, and what `doctor --json` prints a list of.
type finding struct {
	Check   string  `json:"check"`
	Verdict verdict `json:"verdict"`
	Detail  string  `json:"detail"`
	Mend    string  `json:"mend,omitempty"` // what to do about it
}

// doctor looks at everything that can be wrong with a profile. Checks that need
// what an earlier one could not get are left out: the earlier one said why.
type doctor struct {
	c        *console
	cfg      *config.Config // never nil; defaults where it could not be read
	state    instance.State // zero without a daemon
	cl       *client.Client // nil when nothing can be asked
	probe    bool           // whether providers are asked something
	findings []finding
}

func (d *doctor) report(check string, v verdict, detail, mend string) {
	d.findings = append(d.findings, finding{check, v, detail, mend})
}

func (d *doctor) ok(check, detail string) { d.report(check, fine, detail, "") }

func (c *console) doctorCommand() *cobra.Command {
	var probe, asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find what is wrong and say how to mend it",
		Long: "Checks the settings, the hooks' registration, the binary, file permissions, disk\n" +
			"space, the daemon (which it starts), the port, the database, the spool, the\n" +
			"providers, and times one hook. Exits 1 when something is wrong.",
		Example: "  claude-mem doctor\n  claude-mem doctor --probe\n  claude-mem doctor --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := &doctor{c: c, probe: probe}
			d.examine(cmd.Context())
			if err := c.print(asJSON, d.findings, d.print); err != nil {
				return err
			}
			if d.count(wrong) > 0 {
				return errReported
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&probe, "probe", false, "also ask each provider and the embedding model something small, which may cost a fraction of a cent")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (d *doctor) examine(ctx context.Context) {
	d.checkSettings()
	d.checkBinary(ctx)
	d.checkHosts()
	if d.cfg.Dirs == (config.Dirs{}) {
		return // nothing else has a place; the settings said why
	}
	d.checkPermissions()
	d.checkDisk()
	d.checkDeployment(ctx)
	d.checkDaemon(ctx)
	d.checkProviders(ctx)
	d.checkHealth(ctx)
	d.checkWaiting()
	d.checkDatabase(ctx)
	d.checkRoundTrip(ctx)
}

func (d *doctor) count(v verdict) int {
	n := 0
	for _, f := range d.findings {
		if f.Verdict == v {
			n++
		}
	}
	return n
}

func (d *doctor) print(s screen) {
	for _, f := range d.findings {
		mark := s.paint(green, "ok     ")
		switch f.Verdict {
		case suspect:
			mark = s.paint(yellow, "warning")
		case wrong:
			mark = s.paint(red, "WRONG  ")
		}
		s.beside(fmt.Sprintf("%s  %-11s ", mark, f.Check), 21, "", f.Detail)
		if f.Mend != "" {
			s.text(21, "→ "+f.Mend)
		}
	}
	switch n := d.count(wrong); {
	case n == 1:
		s.printf("\n1 thing is wrong.\n")
	case n > 1:
		s.printf("\n%d things are wrong.\n", n)
	case d.count(suspect) > 0:
		s.printf("\nNothing is wrong; the warnings are worth a look.\n")
	default:
		s.printf("\nAll is well.\n")
	}
}
