#!/bin/sh
# Builds claude-mem from this checkout, installs it for the current user,
# registers its hooks with the agents that are here, starts it, and shows what it does on a
# bundled sample. Safe to run again: that is also how to upgrade.
#
# Needs: Go (1.26 or newer), git, a shell.
set -eu

usage() {
	cat <<'EOF'
usage: ./install.sh [--prefix DIR] [--no-hooks] [--no-start] [--no-sample]

  --prefix DIR  install to DIR/bin instead of ~/.local/bin
  --no-hooks    leave the settings of your agents alone
  --no-start    do not start the daemon (the first hook will)
  --no-sample   skip the demonstration in a throw-away profile
  --help        show this

To undo: claude-mem uninstall && claude-mem stop, then delete claude-mem and claude-mem-hook.
EOF
}

say() { printf '%s\n' "$*"; }
die() {
	printf 'install.sh: %s\n' "$*" >&2
	exit 1
}

bindir=${HOME:?HOME is not set}/.local/bin
hooks=yes start=yes sample=yes
while [ $# -gt 0 ]; do
	case $1 in
	--prefix)
		[ $# -ge 2 ] || die "--prefix needs a directory"
		bindir=$2/bin
		shift
		;;
	--prefix=*) bindir=${1#--prefix=}/bin ;;
	--no-hooks) hooks=no ;;
	--no-start) start=no ;;
	--no-sample) sample=no ;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		usage >&2
		exit 2
		;;
	esac
	shift
done
# The hooks will hold this path, so it must not depend on where we are now.
case $bindir in /*) ;; *) bindir=$PWD/$bindir ;; esac

cd "$(dirname "$0")"
[ -f go.mod ] || die "run it from a checkout of claude-mem (there is no go.mod beside this script)"

go=$(command -v go || true)
if [ -z "$go" ] && [ -x /usr/local/go/bin/go ]; then go=/usr/local/go/bin/go; fi
[ -n "$go" ] || die "Go is not installed: get it from https://go.dev/dl/ and run this again"

work=$(mktemp -d "${TMPDIR:-/tmp}/claude-mem-install.XXXXXX")
sandbox=$work/profile
bin=$bindir/claude-mem

# sandboxed runs the new binary in the throw-away profile: whatever the user has
# set for the real one must not reach it.
sandboxed() (
	for setting in $(env | sed -n 's/^\(CLAUDE_MEM_[A-Z0-9_]*\)=.*/\1/p'); do unset "$setting"; done
	CLAUDE_MEM_DATA_DIR=$sandbox exec "$bin" "$@"
)
cleanup() {
	if [ -d "$sandbox" ]; then sandboxed stop >/dev/null 2>&1 || true; fi
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# 1. Build.
version=$(git describe --tags --always --dirty 2>/dev/null || echo unknown)
say "Building claude-mem $version (the first time this takes a minute or two) …"
# build PROGRAM PACKAGE
build() {
	CGO_ENABLED=0 "$go" build -trimpath -ldflags "-s -w -X claude-mem/internal/version.stamped=$version" -o "$work/$1" "$2" ||
		die "the build failed; see above"
}
build claude-mem .
build claude-mem-hook ./hooks/program

# 2. Install. A rename replaces the file even while the old one runs.
mkdir -p "$bindir" || die "cannot create $bindir; choose another place with --prefix"
for program in claude-mem claude-mem-hook; do
	cp "$work/$program" "$bindir/.$program.new" && chmod 755 "$bindir/.$program.new" &&
		mv -f "$bindir/.$program.new" "$bindir/$program" || die "cannot write to $bindir; choose another place with --prefix"
done
say "Installed  $bin, and beside it claude-mem-hook"

# 3. Hooks.
hooked=no
if [ "$hooks" = no ]; then
	say "Hooks      left alone (--no-hooks)"
elif command -v claude >/dev/null 2>&1 || [ -d "${CLAUDE_CONFIG_DIR:-$HOME/.claude}" ] ||
	command -v codex >/dev/null 2>&1 || [ -d "${CODEX_HOME:-$HOME/.codex}" ] ||
	command -v gemini >/dev/null 2>&1 || [ -d "${GEMINI_CLI_HOME:-$HOME}/.gemini" ]; then
	"$bin" install
	hooked=yes
else
	say "Hooks      no agent is here; once one is, run: claude-mem install"
fi

# 4. Daemon. An older one still runs the old binary.
if [ "$start" = no ]; then
	say "Daemon     not started (--no-start)"
elif "$bin" status >/dev/null 2>&1; then
	"$bin" restart
else
	"$bin" start
fi

# 5. The main job, once, where it cannot touch anything.
if [ "$sample" = yes ]; then
	say ""
	say "A demonstration: two recorded sessions go through the hooks of a throw-away profile …"
	mkdir -p "$sandbox"
	sandboxed replay --project sample examples/sample-session.jsonl
	say ""
	say "… and this is what the next session in that project would be told:"
	say ""
	sandboxed context --project sample | sed 's/^/    /'
	sandboxed stop >/dev/null
	rm -rf "$sandbox"
fi

# 6. What next.
say ""
say "Done. What to do next:"
case :$PATH: in
*":$bindir:"*) ;;
*) say "  - put it on your PATH:         export PATH=\"$bindir:\$PATH\"" ;;
esac
if [ "$hooked" = yes ]; then
	say "  - work with your agent as ever; the next session will know what this one did"
else
	say "  - register the hooks:          claude-mem install"
fi
say "  - look something up:           claude-mem search \"why did the build fail\""
say "  - when something seems wrong:  claude-mem doctor"
say "  - to remove it:                claude-mem uninstall && claude-mem stop && rm \"$bin\" \"$bin-hook\""
