#!/bin/sh
# Installs what the tests need and runs them all: format, vet, lint, known
# vulnerabilities, tests under the race detector, cross builds, the start-up
# budget, and install.sh in an empty home. The tests themselves use no network.
#
# usage: ./test.sh [STEP…]      (no step: all of them; ./test.sh --help lists them)
set -eu
cd "$(dirname "$0")"

GOLANGCI_LINT=v2.15.0
GOVULNCHECK=v1.9.0
steps='tools format vet lint vulnerabilities race cross startup install'

# What a hook may do before it begins, in allocations: the sum over all packages
# that are initialised until then. It is counted, not timed, so that a busy machine
# cannot fail it. The first is for the program that does nothing but hooks; the
# second for the whole program, which does them where the other is not installed:
# there it is all that comes before package early, the largest of it encoding/gob,
# which the MCP SDK imports, and what Prometheus's client imports.
HOOK_ALLOCS=140
INIT_ALLOCS=1050

die() {
	printf 'test.sh: %s\n' "$*" >&2
	exit 1
}

# note writes to the end of the run what must not scroll away unread.
notes=
note() {
	printf '!! %s\n' "$*"
	notes="$notes
!! $*"
}

case ${1:-} in
-h | --help)
	printf 'usage: ./test.sh [STEP…]\nsteps: %s\n' "$steps"
	exit 0
	;;
esac

command -v go >/dev/null 2>&1 || PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null 2>&1 || die "Go is not installed: get it from https://go.dev/dl/"
PATH=$PATH:$(go env GOPATH)/bin
export PATH

work=$(mktemp -d "${TMPDIR:-/tmp}/claude-mem-test.XXXXXX")
cleanup() {
	if [ -x "$work/home/.local/bin/claude-mem" ]; then clean_home "$work/home/.local/bin/claude-mem" stop >/dev/null 2>&1 || true; fi
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# tool NAME VERSION PACKAGE installs a Go program unless some version is there.
tool() {
	if command -v "$1" >/dev/null 2>&1; then return; fi
	printf '   installing %s %s\n' "$1" "$2"
	GOFLAGS= go install "$3@$2" || die "cannot install $1: is the Go module proxy reachable?"
}

# aptly installs Debian packages where that can be done without asking.
aptly() {
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
	printf '   installing %s\n' "$*"
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends "$@" >/dev/null
}

# servers makes sure that the tests of the team engines find their servers. Where
# that is not possible those tests skip themselves, which must not go unnoticed.
servers() {
	missing=
	command -v redis-server >/dev/null 2>&1 || missing=redis-server
	command -v postgres >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="postgresql $missing"
	# shellcheck disable=SC2086  # a list of packages
	if [ -n "$missing" ] && ! aptly $missing; then
		[ -z "${CI:-}" ] || die "the tests need $missing: install it and run this again"
		note "NOT TESTED: what needs a server that is not installed: $missing"
	fi
	# Not every Debian has a package of it, so that it cannot be a must.
	major=$(newest_postgres) || return 0
	if ! has_pgvector && ! aptly "postgresql-$major-pgvector" 2>/dev/null; then
		note "NOT TESTED: Postgres with pgvector, which is not installed; what is done without it was"
	fi
}

# newest_postgres prints the major version of the Postgres that Debian put there.
newest_postgres() {
	newest=$(ls /usr/lib/postgresql 2>/dev/null | sort -n | tail -n 1)
	[ -n "$newest" ] && printf '%s\n' "$newest"
}

# has_pgvector says whether that one can have the extension.
has_pgvector() { [ -e "/usr/share/postgresql/$(newest_postgres)/extension/vector.control" ]; }

step_tools() {
	# Only the race detector needs a C compiler; what we ship is built without.
	if ! command -v gcc >/dev/null 2>&1 && ! command -v clang >/dev/null 2>&1; then
		aptly gcc libc6-dev || die "the race detector needs a C compiler: install gcc and run this again"
	fi
	servers
	tool golangci-lint $GOLANGCI_LINT github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	tool govulncheck $GOVULNCHECK golang.org/x/vuln/cmd/govulncheck
	go mod download
}

step_format() {
	unformatted=$(gofmt -l .)
	[ -z "$unformatted" ] || die "not formatted, run gofmt -w on: $unformatted"
}

step_vet() { go vet ./...; }

step_lint() { golangci-lint run ./...; }

step_vulnerabilities() {
	# 0: none; 3: some; anything else: it could not look, mostly for want of its database.
	code=0
	govulncheck ./... >"$work/vuln" 2>&1 || code=$?
	case $code in
	0) ;;
	3)
		cat "$work/vuln"
		die "known vulnerabilities are reachable from our code; see above"
		;;
	*)
		tail -3 "$work/vuln"
		note "NOT CHECKED for known vulnerabilities: govulncheck could not reach its database"
		;;
	esac
}

step_race() {
	# Whoever has both servers wants to know that they are used.
	if command -v redis-server >/dev/null 2>&1 && ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
		CLAUDE_MEM_REQUIRE_SERVERS=1
		export CLAUDE_MEM_REQUIRE_SERVERS
		if has_pgvector; then
			CLAUDE_MEM_REQUIRE_PGVECTOR=1
			export CLAUDE_MEM_REQUIRE_PGVECTOR
		fi
	fi
	CGO_ENABLED=1 go test -race -shuffle=on -timeout 20m ./...
}

step_cross() {
	for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do
		printf '   %s\n' "$target"
		for package in . ./hooks/program; do
			CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} \
				go build -trimpath -ldflags '-s -w' -o "$work/cross" $package || die "$package does not build for $target"
		done
	done
}

# starts PACKAGE BUDGET counts what the program does before a hook begins.
starts() {
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$work/program" "$1"
	# A disabled hook leaves at once, so nothing but the start-up itself is counted.
	echo '{}' | CLAUDE_MEM_DISABLE=1 GODEBUG=inittrace=1 "$work/program" hook claude-code >/dev/null 2>"$work/init"
	awk '
		$1 == "init" { for (i = 1; i <= NF; i++) { if ($i ~ /^clock/) ms += $(i-2); if ($i ~ /^bytes/) b += $(i-1); if ($i ~ /^allocs/) a += $(i-1) } n++ }
		END { printf "%d %d %.2f %d\n", a, b, ms, n }' "$work/init" >"$work/sum"
	read -r allocs bytes ms packages <"$work/sum"
	printf '   %s: %s packages start with %s allocations, %s bytes, %s ms (budget %s allocations)\n' \
		"$1" "$packages" "$allocs" "$bytes" "$ms" "$2"
	[ "$packages" -gt 0 ] || die "the runtime printed no init trace"
	[ "$allocs" -le "$2" ] || {
		sort -t@ -k2 "$work/init" >&2
		die "start-up is over its budget; see the packages above"
	}
}

step_startup() {
	starts ./hooks/program $HOOK_ALLOCS
	starts . $INIT_ALLOCS
}

# clean_home runs a command as on a fresh machine: an empty home and nothing of
# our environment but where Go keeps what it has downloaded and compiled.
clean_home() {
	env -i HOME="$work/home" PATH="$PATH" TMPDIR="$work" CI="${CI:-}" \
		GOCACHE="$(go env GOCACHE)" GOMODCACHE="$(go env GOMODCACHE)" GOPROXY="$(go env GOPROXY)" GOFLAGS="$(go env GOFLAGS)" \
		"$@"
}

step_install() {
	mkdir -p "$work/home/.claude"
	settings=$work/home/.claude/settings.json
	printf '{\n  "model": "opus",\n  "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "true"}]}]}\n}\n' >"$settings"
	cp "$settings" "$work/before.json"

	clean_home ./install.sh >"$work/first" 2>&1 || { cat "$work/first"; die "install.sh failed in an empty home"; }
	bin=$work/home/.local/bin/claude-mem
	grep -q 'parcel\|Auckland' "$work/first" || { cat "$work/first"; die "install.sh showed no memory of the sample session"; }
	grep -q claude-mem "$settings" || die "install.sh did not register the hooks"
	clean_home "$bin" doctor >"$work/doctor" 2>&1 || { cat "$work/doctor"; die "doctor finds fault with a fresh installation"; }

	cp "$settings" "$work/hooked.json"
	clean_home ./install.sh --no-sample >"$work/second" 2>&1 || { cat "$work/second"; die "install.sh failed when run again"; }
	cmp -s "$settings" "$work/hooked.json" || die "install.sh run again changed the settings again"

	clean_home "$bin" uninstall >/dev/null || die "uninstall failed"
	cmp -s "$settings" "$work/before.json" || { diff "$work/before.json" "$settings"; die "uninstall did not give the settings back as they were"; }
	clean_home "$bin" stop >/dev/null || die "stop failed"
}

[ $# -gt 0 ] || set -- $steps
began=$(date +%s)
for step in "$@"; do
	case " $steps " in *" $step "*) ;; *) die "no such step: $step (steps: $steps)" ;; esac
	printf '== %s\n' "$step"
	at=$(date +%s)
	"step_$step"
	printf '   ok, %s s\n' $(($(date +%s) - at))
done
[ -z "$notes" ] || printf '%s\n' "$notes"
printf '== all passed in %s s\n' $(($(date +%s) - began))
