package local

import (
	"path"
	"slices"
	"strings"
)

// action is what a command is for, the more worth telling the higher.
type action int

const (
	looks    action = iota // shows something, changes nothing that lasts
	runs                   // anything else
	checks                 // builds, lints, formats
	files                  // moves, removes, rewrites files
	tests                  //
	installs               //
	deploys                // or migrates
	history                // git commit and the like, pull requests
)

// purpose sorts one simple command.
func purpose(s segment) action {
	if len(s.words) == 0 {
		return looks
	}
	program, args := path.Base(s.words[0]), s.words[1:]
	if slices.Contains(args, "--help") || slices.Contains(args, "--version") {
		return looks
	}
	sub := firstArg(args)
	switch program {
	case "git":
		return gitPurpose(sub)
	case "gh", "glab":
		return hubPurpose(args)
	case "go":
		return goPurpose(sub)
	case "npm", "pnpm", "yarn", "bun", "deno":
		return npmPurpose(sub, args)
	case "cargo":
		return cargoPurpose(sub)
	case "make", "just", "task", "mise", "rake", "gradle", "gradlew", "mvn", "mvnw", "dotnet", "mix", "bazel", "composer",
		"tox", "nox", "turbo", "nx":
		return taskPurpose(args)
	case "pytest", "jest", "vitest", "mocha", "rspec", "phpunit", "ctest", "bats", "unittest", "playwright", "cypress",
		"gotestsum", "ava":
		return tests
	case "golangci-lint", "gofmt", "goimports", "gofumpt", "eslint", "prettier", "ruff", "black", "mypy", "pyright", "tsc",
		"clippy", "shellcheck",
		"flake8", "pylint", "isort", "biome", "staticcheck", "rubocop", "cmake", "ninja", "gcc", "g++", "clang", "javac",
		"webpack", "vite", "esbuild", "goreleaser", "govulncheck", "pre-commit", "actionlint":
		return checks
	case "pip", "pip3", "uv", "poetry", "gem", "bundle", "brew", "apt", "apt-get", "dnf", "yum", "apk", "pacman", "conda",
		"pipx", "choco", "winget":
		return installPurpose(sub, args)
	case "docker", "docker-compose", "podman", "kubectl", "helm", "terraform", "tofu", "ansible-playbook", "fly", "flyctl",
		"vercel", "netlify", "systemctl", "pulumi", "aws", "gcloud", "az", "heroku":
		return deployPurpose(sub, args)
	case "alembic", "goose", "flyway", "liquibase", "dbmate", "sqlx", "prisma", "knex", "drizzle-kit":
		return deploys
	case "rm", "mv", "sed", "perl", "tee", "patch", "rmdir", "cat", "echo", "printf":
		return filePurpose(program, s)
	}
	return otherPurpose(program)
}

// otherPurpose sorts programs by habit: a script with test in its name tests.
func otherPurpose(program string) action {
	switch program {
	case "ls", "cd", "pwd", "head", "tail", "grep", "rg", "ag", "find", "fd", "wc", "which", "whereis", "type", "sleep", "ps",
		"kill",
		"jq", "yq", "sort", "uniq", "awk", "cut", "tr", "date", "true", "false", "test", "[", "man", "less", "more", "file",
		"stat", "du", "df", "tree", "id", "whoami",
		"hostname", "uname", "export", "set", "source", ".", "diff", "cmp", "xargs", "basename", "dirname", "realpath",
		"readlink", "mkdir", "touch", "cp", "ln",
		"chmod", "open", "code", "clear", "history", "for", "done", "fi", "od", "xxd", "hexdump", "column", "lsof", "pgrep",
		"pkill", "killall", "tput", "wait", "unset",
		"read", "return", "exit", "shasum", "sha256sum", "md5", "md5sum", "base64", "bat", "eza", "sqlite3", "nl", "tac", "rev",
		"paste", "comm", "ping", "dig", "watch":
		return looks
	}
	stem := strings.ToLower(strings.TrimSuffix(program, path.Ext(program)))
	if stem == "test" || stem == "tests" || stem == "run-tests" || stem == "run_tests" {
		return tests
	}
	return runs
}

// firstArg is the first argument that is no flag: the sub-command of most programs.
// Of the flags that may stand before it the common ones that take a value are known.
func firstArg(args []string) string {
	for i := 0; i < len(args); i++ {
		if args[i] == "-C" || args[i] == "-c" || args[i] == "--prefix" || args[i] == "--filter" {
			i++ // takes a value
			continue
		}
		if !strings.HasPrefix(args[i], "-") && !strings.HasPrefix(args[i], "+") {
			return args[i]
		}
	}
	return ""
}

// filePurpose tells rewriting from printing.
func filePurpose(program string, s segment) action {
	touches := false
	switch program {
	case "rm", "mv", "rmdir", "patch":
		touches = lasting(s.words[1:])
	case "sed", "perl":
		for _, w := range s.words[1:] {
			touches = touches || strings.HasPrefix(w, "-i") || strings.HasPrefix(w, "-pi")
		}
	case "tee":
		touches = lasting(s.words[1:])
	case "cat", "echo", "printf":
		touches = s.target != "" && lasting([]string{s.target})
	}
	if touches {
		return files
	}
	return looks
}

// lasting reports whether one of the arguments is a file that is meant to stay.
func lasting(args []string) bool {
	for _, a := range args {
		if a == "" || strings.HasPrefix(a, "-") || strings.ContainsAny(a, "$") {
			continue
		}
		if !strings.HasPrefix(a, "/tmp/") && !strings.HasPrefix(a, "/private/tmp/") && !strings.HasPrefix(a, "/dev/") && !strings.HasPrefix(a, "/var/") {
			return true
		}
	}
	return false
}
