#!/usr/bin/env bash
# Runs every fuzz target of the module, one after the other, for the time given.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
time=${1:-20s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
targets=0
failed=()
while read -r pkg; do
  while read -r target; do
    targets=$((targets + 1))
    printf '== %s %s\n' "$pkg" "$target"
    if ! go test -run '^$' -fuzz "^${target}\$" -fuzztime "$time" "$pkg" </dev/null >"$log" 2>&1; then
      # The fuzzer sometimes reports the end of its own time as a failure; one with an input is real.
      if grep -q 'context deadline exceeded' "$log" && ! grep -qE 'Failing input|panic:|testdata/fuzz' "$log"; then
        printf 'the time was up\n' >>"$log"
      else
        failed+=("$pkg $target")
      fi
    fi
    tail -n 8 "$log"
  done < <(go test -list '^Fuzz' "$pkg" | grep '^Fuzz' || true)
done < <(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... | grep .)
printf '%d fuzz targets, %d failed\n' "$targets" "${#failed[@]}"
if [ "${#failed[@]}" -gt 0 ]; then
  printf '%s\n' "${failed[@]}"
  exit 1
fi
