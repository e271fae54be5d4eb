package cli

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"claude-mem/internal/config"
	"claude-mem/internal/instance"
)

func (c *console) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show and change settings",
		Long: "Shows and changes settings. A setting is taken from the first of: flag, environment,\n" +
			"settings file, default. Secrets are never shown in full.",
		Example: "  claude-mem config list --show-origin\n  claude-mem config set CLAUDE_MEM_LOG_LEVEL debug",
		Args:    cobra.ArbitraryArgs,
		RunE:    group,
	}
	cmd.AddCommand(c.configListCommand(), c.configGetCommand(), c.configSetCommand())
	return cmd
}

// settingValue is one setting as `config list --json` prints it.
type settingValue struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
	Doc    string `json:"doc"`
}

func describe(cfg *config.Config, s config.Setting) settingValue {
	return settingValue{Key: s.Key, Value: s.Show(cfg.String(s.Key)), Origin: cfg.Origin(s.Key).String(), Doc: s.Doc}
}

func (c *console) configListCommand() *cobra.Command {
	var asJSON, showOrigin bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List all settings",
		Example: "  claude-mem config list\n  claude-mem config list --show-origin",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			var all []settingValue
			for _, s := range config.Settings() {
				all = append(all, describe(cfg, s))
			}
			return c.print(asJSON, all, func(s screen) {
				for _, v := range all {
					s.printf("%s=%s", v.Key, clean(v.Value))
					if showOrigin {
						s.printf("  %s", s.paint(dim, "("+v.Origin+")"))
					}
					s.printf("\n")
				}
			})
		},
	}
	cmd.Flags().BoolVar(&showOrigin, "show-origin", false, "say where each value comes from")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) configGetCommand() *cobra.Command {
	var asJSON, showOrigin bool
	cmd := &cobra.Command{
		Use:     "get NAME",
		Short:   "Show one setting",
		Example: "  claude-mem config get CLAUDE_MEM_SERVER_PORT\n  claude-mem config get server_port --show-origin",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			setting, err := findSetting(cmd, args[0])
			if err != nil {
				return err
			}
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			v := describe(cfg, setting)
			return c.print(asJSON, v, func(s screen) {
				s.printf("%s\n", clean(v.Value))
				if showOrigin {
					s.printf("%s\n", s.paint(dim, "("+v.Origin+")"))
				}
			})
		},
	}
	cmd.Flags().BoolVar(&showOrigin, "show-origin", false, "say where the value comes from")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) configSetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "set NAME VALUE",
		Short: "Write one setting to the settings file",
		Long: "Writes one setting to the settings file and leaves everything else in it alone. An\n" +
			"empty value removes the setting. The value - is read from standard input, which\n" +
			"keeps a secret out of the shell's history.",
		Example: "  claude-mem config set CLAUDE_MEM_LOG_LEVEL debug\n" +
			"  claude-mem config set log_level \"\"\n" +
			"  pass show claude-mem | claude-mem config set CLAUDE_MEM_SERVER_API_KEY -",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			setting, err := findSetting(cmd, args[0])
			if err != nil {
				return err
			}
			value := args[1]
			if value == "-" {
				if value, err = readLine(c.in); err != nil {
					return err
				}
			}
			return c.set(cmd, setting, value)
		},
	}
}

func (c *console) set(cmd *cobra.Command, setting config.Setting, value string) error {
	if setting.Key == config.DataDir {
		return badUsage(cmd, "%s cannot be set in a file that lies in the folder it names; set it in the environment", setting.Key)
	}
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	flags := c.flags()
	flags[setting.Key] = value
	checked, err := config.Load(config.Options{Flags: flags})
	if value != "" && checked.Origin(setting.Key).Source != "flag" {
		return badUsage(cmd, "%s", strings.ReplaceAll(err.Error(), " (from "+config.Origin{Source: "flag", Name: setting.Key}.String()+")", ""))
	}
	path := cfg.Dirs.SettingsFile()
	if err := config.SetInFile(path, setting.Key, value); err != nil {
		return err
	}
	c.say("%s is set in %s", setting.Key, path)
	if strange := strangeKinds(checked.List(config.ContextKinds)); setting.Key == config.ContextKinds && strange != "" {
		c.warn("note: %s", strange)
	}
	if o := cfg.Origin(setting.Key); o.Source == "environment" {
		c.warn("note: %s overrides the file", o)
	}
	if _, running, err := instance.Find(cfg.Dirs); err == nil && running {
		c.warn("note: the running daemon reads it when it starts: claude-mem restart")
	}
	return nil
}

// findSetting accepts a setting's name in any case, with or without its prefix.
func findSetting(cmd *cobra.Command, name string) (config.Setting, error) {
	key := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	if !strings.HasPrefix(key, "CLAUDE_MEM_") {
		key = "CLAUDE_MEM_" + key
	}
	all := config.Settings()
	i := slices.IndexFunc(all, func(s config.Setting) bool { return s.Key == key || slices.Contains(s.Aliases, key) })
	if i < 0 {
		return config.Setting{}, badUsage(cmd, "there is no setting %s; `claude-mem config list` shows them all", key)
	}
	return all[i], nil
}

// maxLine bounds a value read from standard input.
const maxLine = 64 << 10

func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, maxLine)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read the value: %w", err)
	}
	return strings.TrimSpace(line), nil
}
