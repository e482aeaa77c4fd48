# What .ci/run is written in: step, tests, finish. Sourced by bash.
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
failed_steps=()

# step NAME COMMAND...: runs it and remembers a failure.
step() {
  local name=$1 begin=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then
    printf '== %s: ok, %d s\n' "$name" $((SECONDS - begin))
  else
    failed_steps+=("$name")
    printf '== %s: FAILED, %d s\n' "$name" $((SECONDS - begin))
  fi
}

# tests NAME COMMAND...: a step that runs jest; the flags for its report are put behind COMMAND.
tests() {
  local name=$1
  shift
  local report="$reports/$name.json"
  # A run that ends without a report of its own leaves this, which counts as a failure.
  echo 'no report' >"$report"
  step "$name" timeout --foreground --kill-after=30s 25m "$@" --json --outputFile="$report"
}

# finish: prints the failed steps and the totals, and ends with the status of it all.
finish() {
  local status=0
  printf '\n'
  if [ ${#failed_steps[@]} -gt 0 ]; then
    status=1
    printf 'failed: %s\n' "${failed_steps[@]}"
  fi
  shopt -s nullglob
  node "$(dirname "${BASH_SOURCE[0]}")/totals.mjs" "$reports"/*.json || status=1
  exit $status
}
