#!/usr/bin/env bash
# The API with curl alone: a project, a run, its files and its main output.
#
#   ./run.sh services            in another terminal, then
#   examples/curl.sh [URL]       or CODEX_SWARM_URL; with CODEX_SWARM_API_KEY where the service wants a key
set -euo pipefail

url=${1:-${CODEX_SWARM_URL:-http://127.0.0.1:5050}}
url=${url%/}

call() {
    curl --silent --show-error --fail-with-body ${CODEX_SWARM_API_KEY:+--header "Authorization: Bearer $CODEX_SWARM_API_KEY"} "$@"
}

# field NAME...: the value under these names in the JSON on standard input
field() {
    python3 -c '
import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1:]:
    value = value[name]
print(value)' "$@"
}

echo "== Create the project"
call -X PUT "$url/projects/test" \
    -H "Content-Type: application/json" \
    -d '{"id":"test","name":"Test","task_type":"document_writing"}'
echo

echo "== Start a run"
run=$(call -X POST "$url/projects/test/runs" \
    -H "Content-Type: application/json" \
    -d '{
        "project_id": "test",
        "name": "Test Run",
        "instructions": "Create a file called test.md",
        "task_type": "document_writing"
    }' | field run_id)
echo "$run"

echo "== Wait for its end"
status=queued
for _ in $(seq 600); do
    status=$(call "$url/runs/$run" | field status)
    case $status in queued | running) sleep 1 ;; *) break ;; esac
done
echo "$status"

echo "== Read the run"
call "$url/runs/$run"
echo

echo "== List its files"
call "$url/runs/$run/workspace/files"
echo

[[ $status == succeeded ]]

echo "== Read its main output"
output=$(call "$url/runs/$run" | field machine_summary primary_artifact)
call --location --get --data-urlencode "path=$output" "$url/runs/$run/workspace/file"
echo
