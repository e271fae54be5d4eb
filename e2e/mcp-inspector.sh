#!/bin/sh
# Lets the reference inspector of the Model Context Protocol, in its command-line mode,
# list and call the tools of `claude-mem mcp`, in a throw-away profile. Needs npm once,
# to fetch the inspector.
#
#   e2e/mcp-inspector.sh [VERSION]     the inspector's version; a known good one by default
set -eu
version=${1:-2.12.0}
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/claude-mem-e2e/inspector-$version
inspector=$cache/node_modules/.bin/mcp-inspector

if [ ! -x "$inspector" ]; then
	command -v npm >/dev/null || {
		echo "mcp-inspector.sh: install npm first; it fetches the inspector" >&2
		exit 1
	}
	echo "fetching the inspector $version into $cache"
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$cache" "@modelcontextprotocol/inspector@$version"
fi

work=$(mktemp -d)
bin=$work/claude-mem
export CLAUDE_MEM_DATA_DIR="$work/profile" CLAUDE_MEM_SERVER_PORT=0
trap '"$bin" stop >/dev/null 2>&1; rm -rf "$work"' EXIT
(cd "$here/.." && CGO_ENABLED=0 go build -o "$bin" .)
cd "$work"

# The inspector hands a server next to nothing of the environment, so that the server
# has to be told of the profile another way.
server=$work/server
printf '#!/bin/sh\nexec "%s" --data-dir "%s" mcp\n' "$bin" "$CLAUDE_MEM_DATA_DIR" >"$server"
chmod +x "$server"

# says WORDS ARGUMENTS… fails unless the inspector prints the words.
says() {
	words=$1
	shift
	answer=$("$inspector" --cli "$server" "$@" 2>&1) || true
	case $answer in
	*"$words"*) echo "ok    $* → $words" ;;
	*)
		echo "wrong: $* does not say \"$words\":" >&2
		echo "$answer" >&2
		exit 1
		;;
	esac
}

says '"get_observations"' --method tools/list
[ ! -e "$work/profile/claude-mem.db" ] || { echo "wrong: a list of tools started the daemon" >&2; exit 1; }
says 'Remembered as #1.' --method tools/call --tool-name observation_add --tool-arg 'content=The release image needs tzdata'
says '#1 manual: The release image needs tzdata' --method tools/call --tool-name search --tool-arg 'query=release image'
says '> ' --method tools/call --tool-name timeline --tool-arg anchor=1
says 'there is no memory #7' --method tools/call --tool-name get_observations --tool-arg 'ids=[7]'
