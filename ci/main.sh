#!/bin/sh
# What action.yml and the GitLab component run: installs blobber, then pushes or pulls. Inputs come as variables
# INPUT_…; docs/howto/github-actions.md and docs/howto/gitlab.md have them.
set -euf

root=$(dirname -- "$0")/..
# shellcheck source=ci/lib.sh
. "$root/ci/lib.sh"
# shellcheck source=ci/setup.sh
. "$root/ci/setup.sh"
# shellcheck source=ci/push.sh
. "$root/ci/push.sh"
# shellcheck source=ci/pull.sh
. "$root/ci/pull.sh"

main() {
  start
  digest='' signature='' expected=''
  # What is wrong with the inputs is said before anything is downloaded.
  case ${INPUT_COMMAND:-setup} in
    setup) ;;
    push | pull)
      demand reference "${INPUT_REFERENCE:-}"
      demand path "${INPUT_PATH:-}"
      ;;
    *) fail 2 "the input \"command\" is \"$INPUT_COMMAND\", expected setup, push or pull" ;;
  esac
  setup
  case ${INPUT_COMMAND:-setup} in
    push) push ;;
    pull) pull ;;
  esac
}

main
