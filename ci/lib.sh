# shellcheck shell=sh
# What the parts of the action and of the GitLab component share: what is said, what is handed on, and how blobber
# is run. Everything that comes from outside is data: it stands in variables, and no shell reads it as a script.

# Makes the directory for what is secret or half done, which ends with the run.
start() {
  export LC_ALL=C
  # Arguments such as /drafts/ are no paths that Git's shell on Windows may rewrite.
  export MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*'
  work=
  trap 'trap - EXIT; if [ -n "$work" ]; then rm -rf "$work"; fi' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  work=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/blobber.XXXXXX")
}

# --- what is said -----------------------------------------------------------------------------------------

# In one line, without control characters, and with nothing in it that a runner takes for a command.
shown() {
  printf '%s' "$1" | tr '\n\r\t' '   ' | tr -d '\000-\037\177' | sed 's/##\[/# #[/g'
}

# annotate error|warning MESSAGE [HINT]
annotate() {
  if [ "${GITHUB_ACTIONS:-}" = true ]; then
    hint=
    if [ -n "${3:-}" ]; then hint="%0AHint: $(escaped "$3")"; fi
    printf '::%s title=blobber::%s%s\n' "$1" "$(escaped "$2")" "$hint"
    return
  fi
  case $1 in error) label=Error ;; *) label=Warning ;; esac
  printf '%s: %s\n' "$label" "$(shown "$2")" >&2
  if [ -n "${3:-}" ]; then printf 'Hint: %s\n' "$(shown "$3")" >&2; fi
}

# As the data of a runner's command.
escaped() {
  shown "$1" | sed 's/%/%25/g'
}

# fail STATUS MESSAGE [HINT]
fail() {
  annotate error "$2" "${3:-}"
  exit "$1"
}

# say TEXT: a line of the log, which can begin no command of a runner.
say() {
  printf 'blobber: %s\n' "$(shown "$1")"
}

# report FILE: says what a program wrote, errors and warnings as such. Tells in `told` whether there was an error.
report() {
  told=
  error='' hint_of_error=''
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      '{"error":'*) error=$(json message "$line") hint_of_error=$(json hint "$line") ;;
      '{"notice":'*) annotate warning "$(json message "$line")" "$(json hint "$line")" ;;
      'Error: '*) error=${line#Error: } ;;
      'Warning: '*) annotate warning "${line#Warning: }" ;;
      'Hint: '*) hint_of_error=${line#Hint: } ;;
      *) if [ -n "$line" ]; then say "$line"; fi ;;
    esac
  done <"$1"
  if [ -n "$error" ]; then
    annotate error "$error" "$hint_of_error"
    told=yes
  fi
}

# json NAME LINE: the text of a member in a line of JSON.
json() {
  printf '%s\n' "$2" | sed -nE 's/.*"'"$1"'":"(([^"\\]|\\.)*)".*/\1/p' | sed 's/\\\(["\\/]\)/\1/g'
}

# --- what is handed on ------------------------------------------------------------------------------------

# output NAME VALUE: for later steps of a workflow, or later jobs of a pipeline.
output() {
  case $2 in *[[:cntrl:]]*) fail 9 "the output $1 has control characters" ;; esac
  if [ -n "${GITHUB_OUTPUT:-}" ]; then
    printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
  elif [ -n "${INPUT_DOTENV:-}" ]; then
    printf '%s=%s\n' "$(printf '%s' "$1" | tr 'a-z-' 'A-Z_')" "$2" >>"$INPUT_DOTENV"
  fi
}

# summary LINE: Markdown on the page of the run.
summary() {
  if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then printf '%s\n' "$1" >>"$GITHUB_STEP_SUMMARY"; fi
  say "$1"
}

# Digest and signature of what was pushed or pulled, and its name by digest.
hand_on() {
  by_digest=$(without_tag "$INPUT_REFERENCE")@$digest
  output digest "$digest"
  output signature "$signature"
  output reference "$by_digest"
}

# The name of the repository or layout in a reference.
without_tag() {
  name=${1%%@*}
  case ${name##*[/\\]} in
    oci:*:*) name=${name%:*} ;;
    oci:*) ;;
    *:*) name=${name%:*} ;;
  esac
  printf '%s' "$name"
}

# --- what is given ----------------------------------------------------------------------------------------

# demand NAME VALUE: an input that has to be given, in one line, and is no flag.
demand() {
  case $2 in
    '') fail 2 "the input \"$1\" is missing" ;;
    -*) fail 2 "the input \"$1\" is \"$2\", expected no flag" ;;
    *[[:cntrl:]]*) fail 2 "the input \"$1\" has control characters: \"$2\"" ;;
  esac
}

# is_true NAME VALUE: whether an input is true; anything but true and false is an error.
is_true() {
  case $2 in
    true) return 0 ;;
    false) return 1 ;;
    *) fail 2 "the input \"$1\" is \"$2\", expected true or false" ;;
  esac
}

# --- how blobber is run -----------------------------------------------------------------------------------

# run COMMAND…: with the result in a file, in JSON; ends the run where it fails.
run() {
  code=0
  blobber "$@" --output json --progress none >"$work/result" 2>"$work/said" </dev/null || code=$?
  report "$work/said"
  if [ "$code" -ne 0 ]; then
    if [ -z "$told" ]; then annotate error "blobber $1 ended with status $code"; fi
    exit "$code"
  fi
}

STRING='"([^"\\]|\\.)*"'
SHA256='sha256:[0-9a-f]{64}'

# result PATTERN GROUP: a group of the pattern behind the reference in the result; nothing where it does not match.
result() {
  sed -nE "s/^\{\"version\":1,\"reference\":$STRING,$1.*/\\$2/p" "$work/result"
}

# Logs in for this run alone: what earlier steps stored stays, and later ones see nothing of it.
login() {
  password=${INPUT_PASSWORD:-} username=${INPUT_USERNAME:-}
  unset INPUT_PASSWORD
  host=${INPUT_REFERENCE%%/*}
  if [ -z "$password" ] && [ -n "${CI_REGISTRY:-}" ] && [ "$host" = "$CI_REGISTRY" ]; then
    # GitLab's own registry, by the credentials of this job.
    password=${CI_REGISTRY_PASSWORD:-} username=${CI_REGISTRY_USER:-}
  fi
  if [ -z "$password" ]; then return 0; fi
  # A layout takes no credentials, and a workflow that tries a push may still hand some on.
  case $INPUT_REFERENCE in oci:*) return 0 ;; esac
  case $password in *[[:cntrl:]]*) fail 2 'the input "password" has control characters' ;; esac
  if [ "${GITHUB_ACTIONS:-}" = true ]; then
    printf '::add-mask::%s\n' "$(printf '%s' "$password" | sed 's/%/%25/g')"
  fi
  demand username "$username"
  mkdir "$work/docker"
  code=0
  printf '%s' "$password" | DOCKER_CONFIG="$work/docker" blobber login "$host" \
    --username "$username" --password-stdin >"$work/said" 2>&1 || code=$?
  password=
  report "$work/said"
  if [ "$code" -ne 0 ]; then exit "$code"; fi
  export REGISTRY_AUTH_FILE="$work/docker/config.json"
}
