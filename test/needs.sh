#!/usr/bin/env bash
# Sees to it that what the tests drive is on this machine: Chromium, the
# PostgreSQL 15 binaries and the browser tests' node modules. Packages are
# installed only when they are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'needs: %s\n' "$*"; }

fail() {
  say "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "not root and no sudo here; please run: $*"
  fi
}

missing=()
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && [ -z "${MIMEO_CHROMIUM:-}" ]; then
  missing+=(chromium)
fi
# Without a font that has Arabic letters the right-to-left pages are boxes.
if command -v fc-list >/dev/null; then
  [ -n "$(fc-list ':lang=fa' | head -n 1)" ] || missing+=(fonts-dejavu-core)
else
  missing+=(fonts-dejavu-core)
fi
if ! [ -x /usr/lib/postgresql/15/bin/initdb ]; then
  missing+=(postgresql-15)
fi

# The ledger's journals are shown to the programs they are written for.
command -v hledger >/dev/null || missing+=(hledger)
command -v bean-check >/dev/null || missing+=(beancount)

if [ "${#missing[@]}" -gt 0 ]; then
  command -v apt-get >/dev/null || fail "please install: ${missing[*]} (there is no apt-get here)"
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # The tests run databases of their own; none has to be started for the machine.
  if [[ " ${missing[*]} " == *" postgresql-15 "* ]] && ! [ -e /etc/postgresql-common/createcluster.conf ]; then
    as_root mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o Dpkg::Options::=--force-confold "${missing[@]}"
fi

command -v node >/dev/null || fail "Node 20 or newer is needed for the browser tests (https://nodejs.org)"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 10) ? 0 : 1)' ||
  fail "Node 20.10 or newer is needed, this is $(node --version)"
command -v java >/dev/null || say "no java here: the Nu HTML Checker will be left out, html-validate still runs"

# npm's own record of what it installed tells whether the lock file has changed since.
cd test/browser
if ! [ -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say "installing the browser tests' node modules"
  npm ci --ignore-scripts --no-audit --no-fund
fi

# What Stripe's own description of its API says of our calls.
cd ../..
if ! [ -x bin/stripe-mock ]; then
  say "building stripe-mock"
  go build -modfile=tools/go.mod -o bin/stripe-mock github.com/stripe/stripe-mock
fi
