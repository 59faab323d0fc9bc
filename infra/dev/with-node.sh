#!/bin/sh
# Installs this clone's packages on first use, then runs the pinned Node with the arguments given. Used by ./pratique and npm scripts.
set -eu

# Without a subshell: this is on the way of every command.
case $0 in
  */*) root=${0%/*}/../.. ;;
  *) root=../.. ;;
esac
stamp=$root/node_modules/.package-lock.json

# npm writes the stamp last: without it, or with an older one than the lockfile, the installation is not this version's.
# A linked folder is shared with another clone, and never installed into from this one.
installed() {
  [ -x "$root/node_modules/.bin/node" ] && { [ -L "$root/node_modules" ] || { [ -f "$stamp" ] && [ ! "$root/package-lock.json" -nt "$stamp" ]; }; }
}

install() {
  lock=$root/.install.lock
  waited=0
  # A folder is made by exactly one process; what a dead one left behind is taken away.
  until mkdir "$lock" 2>/dev/null; do
    owner=$(cat "$lock/pid" 2>/dev/null || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null || [ "$waited" -gt 600 ]; then
      rm -rf "$lock"
      continue
    fi
    [ "$waited" -eq 0 ] && echo "pratique: another process is installing; waiting" >&2
    waited=$((waited + 1))
    sleep 1
  done
  echo $$ >"$lock/pid"
  trap 'rm -rf "$lock"' EXIT
  trap 'exit 130' INT TERM
  if ! installed; then
    if [ -L "$root/node_modules" ]; then
      echo "pratique: node_modules is a link to a folder without this version's packages; remove the link, or run npm ci where it leads" >&2
      exit 3
    fi
    if ! command -v npm >/dev/null; then
      echo "pratique: needs npm to install itself; install Node.js 20 or later (https://nodejs.org)" >&2
      exit 3
    fi
    echo "pratique: installing (npm ci), once; it takes a minute or two" >&2
    if ! (cd "$root" && npm ci --no-audit --no-fund --loglevel=error) >&2; then
      echo "pratique: npm ci failed; its output is above" >&2
      exit 3
    fi
    touch "$stamp"
  fi
  rm -rf "$lock"
  trap - EXIT INT TERM
}

installed || install
# kafkajs asks for timers in the past; Node 24 warns about each.
exec "$root/node_modules/.bin/node" --disable-warning=TimeoutNegativeWarning "$@"
