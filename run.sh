#!/usr/bin/env bash
# Everything a developer does here, by name. It makes its own environment, and needs only Python 3.11 or later.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
cd -- "$here"

python="$here/.venv/bin/python"
sam_python="$here/.venv-sam/bin/python"
export PATH="$here/.venv/bin:$PATH"
export PYTHONPATH="$here/client:$here/layers/core:$here/layers/job:$here/functions:$here"
export SAM_CLI_TELEMETRY=0
# Each command starts many processes; without bytecode every one would compile again what it imports.
unset PYTHONDONTWRITEBYTECODE

usage() {
    cat <<'TEXT'
./run.sh COMMAND [ARGUMENTS]

  demo       start the laptop cloud, run the example against it, show what came out, stop
  services   start the laptop cloud and keep it running: --port 5050, --data .local/data or --ephemeral
  example    run the DraftPunk example against services that already run
  chat       hold a chat about a document with services that already run: examples/chat.py
  test       run the tests; arguments go to pytest
  proofs     run the slower tests: a browser, kills under load, builds; arguments go to pytest
  gameday    100 runs on a bad day, ten minutes of it without a provider: --game-runs 100 --game-outage 600
  check      run every check that is not a test: lint, types, imports, locks, templates
  build      build the functions and layers for AWS (sam build, no Docker)
  grants     take away each permission in turn, see who notices, and write docs/permissions.md; grants NAME ... some
  bench      measure everything that has a target, in one table: --json FILE; bench NAME measures one thing
  evals      what a model does with 28 tasks: --model M --against M2 --only TYPE; docs/evals.md
  deploy     STAGE [PARAMETER=VALUE ...]: check, build, change set, deployment, key, smoke; --dry-run shows the commands
  smoke      ask a deployment, by URL and KEY, whether it does what it promises; without them a laptop cloud
  docs       make a site of the documentation in .site, links checked
  openapi    write docs/openapi.json again from the handlers
  pages      write the pages of docs/ again that are made from the code
  lock       resolve every lock file again; --upgrade takes newer versions
  help       this text

  crossrun   before any of these, or before a command of codex-swarm (docs/command-line.md):
             install, migrate, run, watch, cancel, templates, stats, cleanup, ui and all others
TEXT
}

say() { printf '%s\n' "$*" >&2; }

die() {
    say "run.sh: $*"
    exit 1
}

# A version manager leaves names on PATH that run nothing, so each candidate has to prove itself.
find_python() {
    local name
    for name in python3.13 python3.12 python3.11 python3.14 python3 python; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    die "Python 3.11 or later is needed, with its venv module (on Debian: apt-get install python3 python3-venv)"
}

# environment FOLDER LOCK: the folder holds exactly what the lock names. A copy of the lock inside says that it does.
environment() {
    local folder=$1 lock=$2 started=$SECONDS found
    if cmp -s "$lock" "$folder/installed.txt" && "$folder/bin/python" -c '' 2>/dev/null; then
        return
    fi
    say "Setting up ${folder##*/} from $lock; this happens once ..."
    if ! "$folder/bin/python" -c 'import pip' 2>/dev/null; then
        found=$(find_python)
        rm -rf -- "$folder"
        "$found" -m venv -- "$folder"
    fi
    rm -f -- "$folder/installed.txt"
    install_locked "$folder/bin/python" "$lock"
    cp -- "$lock" "$folder/installed.txt"
    say "Done in $((SECONDS - started)) s."
}

# uv is several times faster, but reads other settings than pip: where it cannot reach the packages, pip may.
install_locked() {
    local interpreter=$1 lock=$2 uv="$here/.venv/bin/uv" reason
    if [[ ! -x $uv ]]; then
        "$interpreter" -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/uv.txt
    fi
    if reason=$("$uv" pip install --quiet --python "$interpreter" --exact --require-hashes -r "$lock" 2>&1); then
        return
    fi
    say "uv could not install the packages (${reason##*$'\n'}); trying pip ..."
    "$interpreter" -m pip install -qq --disable-pip-version-check --require-hashes -r "$lock"
}

development() { environment "$here/.venv" requirements/dev.txt; }

sam() {
    environment "$here/.venv-sam" requirements/sam.txt
    "$sam_python" -m samcli "$@"
}

checkov() {
    environment "$here/.venv-checkov" requirements/checkov.txt
    "$here/.venv-checkov/bin/python" -m checkov.main --config-file infra/checkov.yaml
}

docs() {
    environment "$here/.venv-docs" requirements/docs.txt
    "$here/.venv-docs/bin/python" -m infra.site
}

node_tools() {
    command -v npm >/dev/null || die "check needs npm for asl-validator (on Debian: apt-get install npm)"
    if ! cmp -s package-lock.json node_modules/installed.json; then
        say "Setting up node_modules from package-lock.json; this happens once ..."
        npm ci --loglevel=error
        cp -- package-lock.json node_modules/installed.json
    fi
}

# step NAME COMMAND...: quiet when it passes; says what it found when it does not, and the rest still runs.
step() {
    local name=$1 output status started=$SECONDS
    shift
    # Not in an `if`: there bash would let the command go on after its first failure.
    set +e
    output=$(set -e && "$@" 2>&1)
    status=$?
    set -e
    if ((status == 0)); then
        printf 'ok    %-14s %3d s\n' "$name" "$((SECONDS - started))"
    else
        printf 'FAIL  %s\n%s\n' "$name" "$output"
        failed+=("$name")
    fi
}

# fits FUNCTION LAYER...: Lambda takes a function and its layers together only up to 250 MiB, unpacked.
fits() {
    local mebibytes
    mebibytes=$(du -cms "${@/#/.aws-sam/build/}" | tail -n 1 | cut -f 1)
    ((mebibytes < 250)) || die "$1 and its layers are $mebibytes MiB; Lambda takes 250"
}

build_within_limits() {
    sam build >/dev/null
    fits AuthorizerFunction CoreLayer ClientLayer IdentityLayer
    fits AgentFunction CoreLayer ClientLayer AgentLayer TelemetryLayer
    fits SandboxFunction JobLayer DataLayer
    fits ConvertFunction JobLayer DocumentsLayer
    fits PreviewFunction JobLayer PreviewLayer
}

check() {
    failed=()
    step "ruff" "$python" -m ruff check .
    step "format" "$python" -m ruff format --check .
    step "types" "$python" -m mypy
    step "imports" "$python" .venv/bin/lint-imports
    step "locks" "$python" -m requirements.locks check
    step "cfn-lint" "$python" .venv/bin/cfn-lint --custom-rules infra/template.rules -- \
        template.yaml infra/sandbox-network.yaml infra/observability.yaml infra/edge.yaml
    step "checkov" checkov
    step "sam validate" sam validate --lint --region us-east-1
    step "sam build" build_within_limits
    step "docs" docs
    step "npm packages" node_tools
    step "asl-validator" node_modules/.bin/asl-validator \
        --yaml-definition "$(sed 's/\${Partition}/aws/' infra/run.asl.yaml)" \
        --yaml-definition "$(sed 's/\${Partition}/aws/' infra/webhook.asl.yaml)"
    if ((${#failed[@]})); then
        say "check failed: ${failed[*]}"
        return 1
    fi
}

openapi() {
    local document
    document=$("$python" -c 'from api.app import app, openapi; print(openapi.document(app))')
    mkdir -p docs
    printf '%s\n' "$document" >docs/openapi.json
}

# People know the names of the earlier version: ./run.sh crossrun run, watch, templates and so on.
crossrun=no
if [[ ${1-} == crossrun ]]; then
    crossrun=yes
    shift
fi
command=${1-help}
(($# == 0)) || shift

case $command in
help | -h | --help) usage && exit ;;
demo | services | example | chat | test | proofs | gameday | check | build | bench | evals | deploy | smoke | grants | docs | openapi | pages | lock) development ;;
*)
    [[ $crossrun == yes ]] || { usage >&2 && die "no command '$command'"; }
    development
    [[ $command == install ]] && exit
    exec "$python" -m codex_swarm.cli "$command" "$@"
    ;;
esac

case $command in
demo) exec "$python" -m examples.demo "$@" ;;
services) exec "$python" -m infra.local services "$@" ;;
example) exec "$python" examples/draftpunk_example.py "$@" ;;
chat) exec "$python" -m examples.chat "$@" ;;
test)
    # All of it at once takes every core, a module at a time; a part that somebody looks into runs in one process.
    (($#)) || set -- -m "not proof" -n auto --dist loadfile
    exec "$python" -m pytest "$@"
    ;;
proofs)
    (($#)) && exec "$python" -m pytest -m proof "$@"
    failed=0
    "$python" -m pytest -m "proof and not alone" -n auto --dist loadfile || failed=1
    # What compares times of the clock has the machine for itself.
    "$python" -m pytest -m alone || failed=1
    exit $failed
    ;;
gameday)
    exec "$python" -m pytest -m proof tests/durability/test_game_day.py --game-runs 100 --game-outage 600 "$@"
    ;;
check) check ;;
build) sam build "$@" ;;
docs) docs ;;
bench)
    environment "$here/.venv-bench" requirements/bench.txt
    exec "$python" -m tests.benchmarks "$@"
    ;;
grants) exec "$python" -m tests.grants "$@" ;;
evals) exec "$python" -m evals "$@" ;;
deploy) exec "$python" -m infra.deploy "$@" ;;
smoke) exec "$python" -m infra.smoke "$@" ;;
openapi) openapi ;;
pages) exec "$python" -m infra.pages "$@" ;;
lock) exec "$python" -m requirements.locks renew "$@" ;;
esac
