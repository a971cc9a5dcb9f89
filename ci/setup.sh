# shellcheck shell=sh
# Has the installer of this tree, which demands the release's signature, put blobber on the PATH of this and later steps.

setup() {
  case ${INPUT_VERSION:-} in
    none)
      if ! command -v blobber >/dev/null 2>&1; then
        fail 2 'there is no blobber on the PATH, which "version: none" asks for'
      fi
      tell_version
      return
      ;;
    # The action installs the release that it is of: who pins the one pins the other.
    '') version=$(sed -n 's/^  "version": "\([^"]*\)",$/\1/p' "$root/deno.json") ;;
    latest) version= ;;
    *) version=$INPUT_VERSION ;;
  esac
  case $version in *[!0-9A-Za-z.-]*) fail 2 "the version is \"$version\", expected one such as 1.2.3" ;; esac
  # The runner's own directory ends with the job; elsewhere what is installed ends with this run.
  bin=${RUNNER_TEMP:-$work}/blobber-${version:-latest}
  code=0
  case $(uname -s) in
    MINGW* | MSYS* | CYGWIN*)
      BLOBBER_VERSION=$version BLOBBER_INSTALL=$bin \
        pwsh -NoProfile -NonInteractive -File "$root/install.ps1" >"$work/said" 2>&1 </dev/null || code=$?
      in_path=$(cygpath -u "$bin")
      ;;
    *)
      BLOBBER_VERSION=$version BLOBBER_INSTALL=$bin \
        sh "$root/install.sh" >"$work/said" 2>&1 </dev/null || code=$?
      in_path=$bin
      ;;
  esac
  # That the directory is not on the PATH is seen to below.
  sed '/is not on the PATH/,$d' "$work/said" >"$work/told"
  report "$work/told"
  if [ "$code" -ne 0 ]; then
    if [ -z "$told" ]; then annotate error "blobber could not be installed: status $code"; fi
    exit "$code"
  fi
  PATH=$in_path:$PATH
  export PATH
  if [ -n "${GITHUB_PATH:-}" ]; then printf '%s\n' "$bin" >>"$GITHUB_PATH"; fi
  tell_version
}

tell_version() {
  told_version=$(blobber --version </dev/null)
  told_version=${told_version#blobber version }
  output version "${told_version%% *}"
}
