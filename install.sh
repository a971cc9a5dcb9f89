#!/bin/sh
# Installs the released binary of blobber for Linux (glibc) and macOS: downloads it, compares its digest with the
# release's list, has the signature of that list verified, and moves it into place in one step.
#
#   BLOBBER_VERSION    the release, such as 1.2.3 (default: the newest stable one)
#   BLOBBER_INSTALL    the directory of the program (default: ~/.local/bin)
#   BLOBBER_DOWNLOADS  where the files of releases are, as BLOBBER_DOWNLOADS/v1.2.3/NAME: a mirror
#   BLOBBER_ARTIFACT   the repository of the releases' artifact: a mirror
#
# These variables move where bytes come from, and never who must have signed them; a trust root that blobber or cosign
# is set to use is used.
# Exit statuses are those of blobber: 2 usage, 4 not found, 5 to 7 signature, 8 integrity, 9 limit, 10 a directory in
# the way, 11 network, 13 files.
set -eu

# As in cli/home.ts; a test compares.
SOURCE='https://github.com/blobber-dev/blobber'
DOWNLOADS='https://github.com/blobber-dev/blobber/releases/download'
ARTIFACT='ghcr.io/blobber-dev/blobber'
ISSUER='https://token.actions.githubusercontent.com'
IDENTITY='https://github.com/blobber-dev/blobber/.github/workflows/release.yml@refs/tags/'

usage() {
  cat <<'END'
Usage: install.sh

Installs blobber for this user. Variables:
  BLOBBER_VERSION    the release, such as 1.2.3 [the newest stable one]
  BLOBBER_INSTALL    the directory of the program [~/.local/bin]
  BLOBBER_DOWNLOADS  a mirror of the releases' files
  BLOBBER_ARTIFACT   a mirror of the releases' artifact in a registry
END
}

# Steps are told to a person alone.
step() {
  if [ -t 2 ]; then printf '%s\n' "$1" >&2; fi
}

warn() {
  printf 'Warning: %s\n' "$1" >&2
}

# fail STATUS MESSAGE [HINT]
fail() {
  printf 'Error: %s\n' "$2" >&2
  if [ "$#" -gt 2 ]; then printf 'Hint: %s\n' "$3" >&2; fi
  exit "$1"
}

# What came from outside, as a terminal may be shown it.
shown() {
  printf '%s' "$1" | tr -cd '[:print:]' | cut -c 1-300
}

# What another program said of what came from outside.
said_by() {
  tr -cd '[:print:]\n' <"$1" >&2
}

has() {
  command -v "$1" >/dev/null 2>&1
}

cleanup() {
  trap - EXIT HUP INT TERM
  if [ -n "$child" ]; then kill "$child" 2>/dev/null || :; fi
  if [ -n "$work" ]; then rm -rf "$work"; fi
  if [ -n "$made_dir" ]; then rmdir "$made_dir" 2>/dev/null || :; fi
}

stopped() {
  cleanup
  exit "$1"
}

# Runs a program in a way that signals end it at once: a shell waits for what runs in front. Where `most` is set,
# no file that it writes grows beyond so many blocks of 512 bytes (bash's have 1024).
run() {
  (
    if [ -n "$most" ]; then
      trap '' XFSZ
      ulimit -f "$most" || :
    fi
    exec "$@"
  ) &
  child=$!
  code=0
  wait "$child" || code=$?
  child=
  return "$code"
}

# --- which binary -----------------------------------------------------------------------------------------

libc_of_linux() {
  if has getconf && getconf GNU_LIBC_VERSION >/dev/null 2>&1; then
    echo glibc
  elif has ldd; then
    case $(ldd --version 2>&1 || :) in
      *musl*) echo musl ;;
      *GLIBC* | *GNU*) echo glibc ;;
      *) echo another ;;
    esac
  else
    echo another
  fi
}

find_target() {
  system=$(uname -s)
  machine=$(uname -m)
  case $system in
    Linux)
      if has getconf && [ "$(getconf LONG_BIT 2>/dev/null || echo 64)" = 32 ]; then
        fail 2 "this system has 32 bits, expected 64: there is no binary for it" \
          "with Node 22.15 or later: npm install -g @blobber/cli"
      fi
      libc=$(libc_of_linux)
      if [ "$libc" = musl ]; then
        fail 2 "this system's C library is musl (as in Alpine), expected glibc: there is no binary for it" \
          "use the container image $ARTIFACT-image, or with Node 22.15 or later: npm install -g @blobber/cli"
      elif [ "$libc" != glibc ]; then
        warn "the C library of this system is not known to be glibc, which the binary needs"
      fi
      target=linux
      ;;
    Darwin) target=macos ;;
    MINGW* | MSYS* | CYGWIN* | Windows_NT)
      fail 2 "this is Windows, which has an installer of its own" \
        "in PowerShell: irm $SOURCE/releases/latest/download/install.ps1 | iex"
      ;;
    *)
      fail 2 "no binary for the system \"$(shown "$system")\", expected Linux or macOS" \
        "with Deno: deno install -g -A -n blobber jsr:@blobber/cli"
      ;;
  esac
  case $machine in
    x86_64 | amd64)
      target=$target-x64
      # A shell that Rosetta translates says that the machine is another one.
      if [ "$target" = macos-x64 ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" = 1 ]; then
        target=macos-arm64
      fi
      ;;
    aarch64 | arm64) target=$target-arm64 ;;
    *)
      fail 2 "no binary for the processor \"$(shown "$machine")\", expected x86_64 or arm64" \
        "with Deno: deno install -g -A -n blobber jsr:@blobber/cli"
      ;;
  esac
  file=blobber-$target
}

# --- versions ---------------------------------------------------------------------------------------------

# Whether a text is the tag of a release: v1.2.3 or v1.2.3-rc.1.
is_tag() {
  case $1 in v[0-9]*) ;; *) return 1 ;; esac
  case $1 in *[!0-9A-Za-z.-]* | *..* | *. | *- | *-.* | *.-*) return 1 ;; esac
  number=${1#v}
  number=${number%%-*}
  case $number in *[!0-9.]* | *.*.*.*) return 1 ;; esac
  case $number in [0-9]*.[0-9]*.[0-9]*) ;; *) return 1 ;; esac
  case $number in *0[0-9]*) case .$number in *.0[0-9]*) return 1 ;; esac ;; esac
  case $1 in *[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]*) return 1 ;; esac
}

# Whether the first tag is older than the second, by their numbers, and a release is newer than what led to it.
is_older() {
  one=${1#v} other=${2#v}
  a=${one%%-*}. b=${other%%-*}.
  while [ -n "$a" ]; do
    if [ "${a%%.*}" -lt "${b%%.*}" ]; then return 0; fi
    if [ "${a%%.*}" -gt "${b%%.*}" ]; then return 1; fi
    a=${a#*.} b=${b#*.}
  done
  case $one in *-*) case $other in *-*) return 1 ;; *) return 0 ;; esac ;; esac
  return 1
}

# The tag that an installed program says it is, or nothing.
tag_of() {
  said=$("$1" --version 2>/dev/null </dev/null) || return 0
  case $said in
    'blobber version '*)
      said=${said#blobber version }
      said=v${said%% *}
      if is_tag "$said"; then printf '%s\n' "$said"; fi
      ;;
  esac
}

# --- downloads --------------------------------------------------------------------------------------------

# HTTPS alone; what runs on this machine, such as a test, may speak HTTP.
check_url() {
  case $1 in
    *@* | *[[:space:]]* | *\\*) ;;
    https://?*) return 0 ;;
    http://127.0.0.1:* | http://127.0.0.1/* | http://localhost:* | http://localhost/*) return 0 ;;
  esac
  fail 2 "refused to download \"$(shown "$1")\", expected https://"
}

find_downloader() {
  if has curl; then
    downloader=curl
  elif has wget; then
    downloader=wget
    case $(wget --version 2>/dev/null || :) in
      *'GNU Wget'*) ;;
      # The wget of busybox does not say whether it checks certificates, and in many builds does not.
      *) downloader=other_wget ;;
    esac
  else
    fail 2 "neither curl nor wget is there to download with" "install curl"
  fi
}

with_curl() {
  case $1 in
    https://*) set -- "$@" --proto '=https' --proto-redir '=https' --tlsv1.2 ;;
    *) set -- "$@" --proto '=http' --proto-redir '=http,https' ;;
  esac
  from=$1 to=$2
  shift 2
  run curl -fsSL --connect-timeout 30 --retry 2 --speed-limit 1 --speed-time 60 \
    "$@" -o "$to" -- "$from" 2>"$work/said"
}

# wget would follow a redirect from HTTPS to HTTP, so each is looked at.
with_wget() {
  from=$1 hops=0
  while :; do
    check_url "$from"
    case $from in
      https://*) secure=--secure-protocol=TLSv1_2 ;;
      *) secure=--secure-protocol=auto ;;
    esac
    code=0
    run wget -q -S --max-redirect=0 --tries=3 --timeout=60 "$secure" -O "$2" -- "$from" \
      2>"$work/said" || code=$?
    if [ "$code" -eq 0 ]; then return 0; fi
    next=
    while read -r name value || [ -n "$name" ]; do
      case $name in [Ll]ocation:) next=${value%%[[:space:]]*} ;; esac
    done <"$work/said"
    hops=$((hops + 1))
    if [ -z "$next" ] || [ "$hops" -gt 5 ]; then return "$code"; fi
    from=$next
  done
}

# fetch URL FILE BLOCKS: a server may send without end, and is not to fill the disk.
fetch() {
  check_url "$1"
  most=$3
  step "Downloading $1"
  code=0
  : >"$work/said"
  case $downloader in
    curl) with_curl "$1" "$2" || code=$? ;;
    wget) with_wget "$1" "$2" || code=$? ;;
    other_wget)
      case $1 in
        https://*)
          fail 2 "this wget is not GNU's, and may not check the certificates of servers" "install curl"
          ;;
      esac
      run wget -q -O "$2" "$1" 2>"$work/said" || code=$?
      ;;
  esac
  most=
  if [ "$code" -eq 0 ]; then return 0; fi
  if [ -f "$2" ] && has wc && [ "$(wc -c <"$2")" -ge $(($3 * 512)) ]; then
    fail 9 "$(shown "$1") is larger than $(($3 / 2)) KiB, the most that is taken"
  fi
  reason=$(shown "$(tail -n 1 "$work/said")")
  case $(cat "$work/said") in
    # As curl and wget say it; a port or a path may have the digits too.
    *'error: 404'* | *HTTP/*' 404'*) fail 4 "$(shown "$1") is not there" "is it a release? $SOURCE/releases" ;;
  esac
  fail 11 "$(shown "$1") could not be downloaded: ${reason:-$downloader ended with $code}"
}

# --- checks -----------------------------------------------------------------------------------------------

digest_of() {
  if has sha256sum; then
    sum=$(sha256sum <"$1")
  elif has shasum; then
    sum=$(shasum -a 256 <"$1")
  elif has openssl; then
    sum=$(openssl dgst -sha256 -r <"$1")
  elif has busybox; then
    sum=$(busybox sha256sum <"$1")
  else
    fail 2 "none of sha256sum, shasum and openssl is there to check the download with" "install openssl"
  fi
  printf '%s\n' "${sum%% *}"
}

# The one digest that the list names for the file.
listed_digest() {
  listed=
  while read -r sum name || [ -n "$sum" ]; do
    if [ "${name#\*}" != "$file" ]; then continue; fi
    if [ -n "$listed" ]; then fail 8 "checksums.txt of $tag names $file twice"; fi
    listed=$sum
  done <"$work/checksums.txt"
  if [ -z "$listed" ]; then
    fail 4 "checksums.txt of $tag names no $file: this release has no binary for this machine"
  fi
}

check_digest() {
  listed_digest
  actual=$(digest_of "$work/blobber")
  if [ "$actual" != "$listed" ]; then
    fail 8 "$file has the wrong digest: $actual, expected $(shown "$listed")" \
      "the download was damaged or changed on its way; nothing was installed"
  fi
}

# Has a blobber read the list out of the registry, signed, and compares. The installer's own variables are no
# settings of the program.
verify_with_blobber() {
  step "Verifying the signature of $artifact:$tag with $1"
  code=0
  (
    unset BLOBBER_VERSION BLOBBER_INSTALL BLOBBER_DOWNLOADS BLOBBER_ARTIFACT
    exec "$1" cat "$artifact:$tag" checksums.txt --no-cache --output text \
      --verify-issuer "$ISSUER" --verify-subject "$IDENTITY$tag"
  ) >"$work/signed" 2>"$work/said" &
  child=$!
  wait "$child" || code=$?
  child=
  if [ "$code" -ne 0 ]; then
    said_by "$work/said"
    fail "$code" "the signature of $artifact:$tag could not be verified" "nothing was installed"
  fi
  if [ "$(digest_of "$work/signed")" != "$(digest_of "$work/checksums.txt")" ]; then
    fail 8 "checksums.txt of $downloads/$tag is not the one that was signed" "nothing was installed"
  fi
}

verify_with_cosign() {
  fetch "$downloads/$tag/checksums.txt.sigstore.json" "$work/bundle.json" 2048
  step "Verifying the signature of checksums.txt with cosign"
  # What blobber signs is a statement, for cosign an attestation.
  set -- --type https://sigstore.dev/cosign/sign/v1 --bundle "$work/bundle.json" \
    --certificate-oidc-issuer "$ISSUER" --certificate-identity "$IDENTITY$tag" "$work/checksums.txt"
  # Versions before 3 read bundles of this form only when told so.
  case $cosign_help in *--new-bundle-format*) set -- --new-bundle-format "$@" ;; esac
  if ! run cosign verify-blob-attestation "$@" >"$work/said" 2>&1; then
    said_by "$work/said"
    fail 5 "cosign did not verify the signature of checksums.txt of $tag" "nothing was installed"
  fi
}

verify_signature() {
  cosign_help=
  if has cosign; then cosign_help=$(cosign verify-blob-attestation --help 2>&1 || :); fi
  # Versions before 2.4 know no bundles of this form.
  case $cosign_help in
    *--trusted-root*)
      verify_with_cosign
      verified_by=cosign
      return
      ;;
  esac
  verified_by=$(command -v blobber || :)
  if [ -z "$verified_by" ] || [ -z "$(tag_of "$verified_by")" ]; then
    verified_by=
    if [ -n "$installed" ]; then verified_by=$program; fi
  fi
  if [ -z "$verified_by" ]; then
    # Its digest holds, so it is what the release's page has; it tells whether the release is signed as it must be.
    verified_by=$work/blobber
  fi
  verify_with_blobber "$verified_by"
  if [ "$verified_by" = "$work/blobber" ]; then verified_by="the new blobber itself"; fi
}

# --- the place --------------------------------------------------------------------------------------------

find_directory() {
  dir=${BLOBBER_INSTALL:-}
  if [ -z "$dir" ]; then
    if [ "$(id -u)" -eq 0 ]; then
      fail 2 "this is run as root, which needs no rights of root: it installs for one user" \
        "run it as that user, or name a directory: BLOBBER_INSTALL=/usr/local/bin"
    fi
    case ${HOME:-} in
      /?*) dir=$HOME/.local/bin ;;
      *) fail 2 "HOME names no directory to install into" "name one with BLOBBER_INSTALL" ;;
    esac
  fi
  case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
  program=$dir/blobber
  if [ -d "$program" ]; then
    fail 10 "$(shown "$program") is a directory, expected a program or nothing"
  fi
}

open_directory() {
  if [ ! -d "$dir" ]; then
    if ! mkdir -p "$dir" 2>/dev/null; then
      fail 13 "cannot make the directory $(shown "$dir")" "name another with BLOBBER_INSTALL"
    fi
    made_dir=$dir
  fi
  # In the same directory, so that the last step is one rename.
  work=$(mktemp -d "$dir/.blobber-install.XXXXXX" 2>/dev/null) || work=
  if [ -z "$work" ]; then
    fail 13 "cannot write to $(shown "$dir")" \
      "name a directory of your own with BLOBBER_INSTALL; root is not needed"
  fi
}

advise() {
  case :${PATH:-}: in
    *:"$dir":*)
      first=$(command -v blobber || :)
      if [ "$first" != "$program" ]; then
        warn "another blobber comes first on the PATH: $(shown "$first")"
      fi
      return
      ;;
  esac
  quoted="'$(printf '%s' "$dir" | sed "s/'/'\\\\''/g")'"
  line="export PATH=$quoted:\"\$PATH\""
  case ${SHELL:-} in
    */fish) line="fish_add_path $quoted" where= ;;
    */zsh) where=' to ~/.zshrc' ;;
    */bash) where=' to ~/.bashrc' ;;
    *) where=" to your shell's startup file" ;;
  esac
  if [ -z "$where" ]; then where=', run'; else where=", add$where"; fi
  printf '%s is not on the PATH%s:\n  %s\n' "$(shown "$dir")" "$where" "$line"
}

find_tag() {
  asked=${BLOBBER_VERSION:-}
  if [ "$asked" = latest ]; then asked=; fi
  if [ -n "$asked" ]; then
    tag=v${asked#v}
    if ! is_tag "$tag"; then
      fail 2 "BLOBBER_VERSION is \"$(shown "$asked")\", expected a version such as 1.2.3"
    fi
    return
  fi
  if [ -n "${BLOBBER_DOWNLOADS:-}" ]; then
    newest=$downloads/latest/version.txt
  else
    newest=$SOURCE/releases/latest/download/version.txt
  fi
  fetch "$newest" "$work/version.txt" 128
  read -r tag <"$work/version.txt" || :
  # What comes before a release is installed only where it is named.
  if ! is_tag "$tag" || [ "$tag" != "${tag%-*}" ]; then
    fail 8 "$newest says \"$(shown "$tag")\", expected a version such as v1.2.3"
  fi
}

main() {
  if [ -n "${ZSH_VERSION:-}" ]; then emulate sh; fi
  case ${1:-} in
    '') ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail 2 "unexpected argument \"$(shown "$1")\", expected none" "install.sh --help tells of its variables" ;;
  esac
  export LC_ALL=C
  work='' child='' made_dir='' most=''
  trap cleanup EXIT
  trap 'stopped 129' HUP
  trap 'stopped 130' INT
  trap 'stopped 143' TERM

  downloads=${BLOBBER_DOWNLOADS:-$DOWNLOADS}
  downloads=${downloads%/}
  artifact=${BLOBBER_ARTIFACT:-$ARTIFACT}
  # It becomes a word of a command, and is to be no flag there.
  case $artifact in
    [!0-9A-Za-z]* | *[!0-9A-Za-z._:/-]*)
      fail 2 "BLOBBER_ARTIFACT is \"$(shown "$artifact")\", expected a repository such as $ARTIFACT"
      ;;
  esac
  find_target
  find_directory
  check_url "$downloads/"
  find_downloader
  open_directory
  find_tag

  installed=
  if [ -x "$program" ]; then installed=$(tag_of "$program"); fi
  if [ "$installed" = "$tag" ]; then
    printf 'blobber %s is installed already: %s\n' "${tag#v}" "$(shown "$program")"
    return
  fi
  if [ -n "$installed" ] && [ -z "$asked" ] && is_older "$tag" "$installed"; then
    printf 'blobber %s is installed, which is newer than %s: %s\n' \
      "${installed#v}" "${tag#v}" "$(shown "$program")"
    return
  fi

  fetch "$downloads/$tag/checksums.txt" "$work/checksums.txt" 128
  fetch "$downloads/$tag/$file" "$work/blobber" 1048576
  check_digest
  chmod 755 "$work/blobber"
  verify_signature
  if [ "$(tag_of "$work/blobber")" != "$tag" ]; then
    fail 8 "the binary of $tag does not run here, or is another version" \
      "run it by hand to see why: $(shown "$downloads/$tag/$file")"
  fi
  if ! mv -f "$work/blobber" "$program"; then
    fail 13 "cannot write $(shown "$program")"
  fi
  made_dir=
  printf 'Installed blobber %s, its signature verified by %s: %s\n' \
    "${tag#v}" "$(shown "$verified_by")" "$(shown "$program")"
  advise
}

main "$@"
