# shellcheck shell=sh
# Pushes a directory or a file and signs it as this job. blobber moves tags last: what has one is whole and signed.

push() {
  set -- push "$INPUT_PATH" "$INPUT_REFERENCE"
  # Tags have no white space, and the main script has turned globs off.
  # shellcheck disable=SC2086
  for tag in ${INPUT_TAGS:-}; do set -- "$@" --tag "$tag"; done
  if is_true sign "${INPUT_SIGN:-true}"; then set -- "$@" --sign; fi
  if is_true if-absent "${INPUT_IF_ABSENT:-false}"; then set -- "$@" --if-absent; fi
  while IFS= read -r flag || [ -n "$flag" ]; do
    if [ -n "$flag" ]; then set -- "$@" "$flag"; fi
  done <<END
${INPUT_FLAGS:-}
END
  login
  run "$@"
  digest=$(result "\"digest\":\"($SHA256)\"" 2)
  signature=$(result ".*,\"tags\":\[[^]]*\],\"signature\":\"($SHA256)\"" 2)
  if [ -z "$digest" ]; then fail 1 "blobber did not say which digest it pushed"; fi
  hand_on
  if [ -n "$signature" ]; then
    summary "Pushed and signed \`$by_digest\`"
  else
    summary "Pushed \`$by_digest\`, not signed"
  fi
}
