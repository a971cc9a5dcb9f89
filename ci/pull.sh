# shellcheck shell=sh
# Pulls an artifact into a directory after a signature by a signer who is trusted was verified; anything else has
# to be asked for by name.

pull() {
  set --
  if [ -n "${INPUT_CONFIG:-}" ]; then set -- "$@" "--config=$INPUT_CONFIG"; fi
  if [ -n "${INPUT_VERIFY_ISSUER:-}" ]; then set -- "$@" "--verify-issuer=$INPUT_VERIFY_ISSUER"; fi
  if [ -n "${INPUT_VERIFY_SUBJECT:-}" ]; then set -- "$@" "--verify-subject=$INPUT_VERIFY_SUBJECT"; fi
  if [ -n "${INPUT_VERIFY_SUBJECT_PATTERN:-}" ]; then
    set -- "$@" "--verify-subject-pattern=$INPUT_VERIFY_SUBJECT_PATTERN"
  fi
  if [ -n "${INPUT_VERIFY_REPO:-}" ]; then set -- "$@" "--verify-repo=$INPUT_VERIFY_REPO"; fi
  if [ -n "${INPUT_VERIFY_KEY:-}" ]; then set -- "$@" "--verify-key=$INPUT_VERIFY_KEY"; fi
  signature=
  if is_true unverified "${INPUT_UNVERIFIED:-false}"; then
    if [ "$#" -gt 0 ]; then
      fail 2 'the inputs say whom to trust, and "unverified: true" that it does not matter'
    fi
    login
  else
    login
    demand_signature "$@"
  fi
  if [ -n "$expected" ]; then set -- "$@" --expect "$expected"; fi
  while IFS= read -r flag || [ -n "$flag" ]; do
    if [ -n "$flag" ]; then set -- "$@" "$flag"; fi
  done <<END
${INPUT_FLAGS:-}
END
  run pull "$INPUT_REFERENCE" "$INPUT_PATH" "$@"
  digest=$(result "\"digest\":\"($SHA256)\"" 2)
  if [ -z "$digest" ]; then fail 1 "blobber did not say which digest it pulled"; fi
  hand_on
  if [ -n "$signature" ]; then
    summary "Pulled \`$by_digest\`, verified by the signature \`$signature\`"
  else
    summary "Pulled \`$by_digest\`, **not verified**"
  fi
}

# Ends the run where no signature satisfies the inputs, or the rules of a configuration file. What is pulled then
# must have the same digest, whatever further flags say.
demand_signature() {
  if [ "$#" -eq 0 ]; then
    say 'no input says whom to trust, so a rule on this machine has to: else set "verify-issuer" and "verify-subject", "verify-key" or "config", or "unverified: true"'
  fi
  run verify "$INPUT_REFERENCE" "$@"
  verified="\"digest\":\"($SHA256)\",\"mediaType\":$STRING,\"signed\":\{[^}]*\},(\"unsignedIndex\":\"($SHA256)\",)?\"signature\":\"($SHA256)\""
  signature=$(result "$verified" 6)
  # An index that is not signed is what the reference resolves to, and the manifest chosen from it what is verified.
  expected=$(result "$verified" 5)
  expected=${expected:-$(result "$verified" 2)}
  if [ -z "$signature" ] || [ -z "$expected" ]; then fail 1 "blobber did not say what it verified"; fi
}
