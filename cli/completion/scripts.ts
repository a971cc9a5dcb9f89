/**
 * The completion scripts. They are thin: each passes the words of the command line to `blobber __complete`
 * and the answer to its shell, as data that is quoted and never evaluated.
 *
 * @module
 */

/** A script, written with `%{` for `${`, which TypeScript would interpolate. */
function script(text: TemplateStringsArray): string {
  return text.raw[0]!.replaceAll("%{", "${");
}

const BASH = script`# bash completion for blobber
_blobber() {
  local rest=%{COMP_LINE:0:COMP_POINT} piece trimmed line value head='' breaks quoted
  local -a words=() candidates=()
  local i n=-1 count
  COMPREPLY=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=%{COMP_WORDS[i]}
    trimmed=%{rest#"%{rest%%[![:space:]]*}"}
    ((i == COMP_CWORD)) && piece=$trimmed
    # bash splits at : and = and @, which references hold: what stood together is put together again
    if ((n >= 0)) && [[ $rest == "$trimmed" ]]; then
      words[n]=%{words[n]}$piece
    else
      ((n++))
      words[n]=$piece
    fi
    rest=%{trimmed#"$piece"}
  done
  local current=%{words[n]}
  while IFS= read -r line; do candidates+=("$line"); done \
    < <(command blobber __complete bash "%{words[@]:1}" 2>/dev/null)
  count=%{#candidates[@]}
  ((count > 0)) || return 0
  local directive=%{candidates[count - 1]}
  case $directive in
    :files) compopt -o default 2>/dev/null; return 0 ;;
    :dirs) compopt -o dirnames 2>/dev/null; return 0 ;;
    :nospace) compopt -o nospace 2>/dev/null ;;
  esac
  # readline replaces what stands behind the last character at which it splits
  breaks=%{COMP_WORDBREAKS//[^:=@]/}
  if [[ -n $breaks && $current == *["$breaks"]* ]]; then
    head=%{current%"%{current##*["$breaks"]}"}
  fi
  for ((i = 0; i < count - 1; i++)); do
    value=%{candidates[i]%%$'\t'*}
    [[ -z $head || $value == "$head"* ]] || continue
    value=%{value#"$head"}
    printf -v quoted %q "$value"
    COMPREPLY+=("$quoted")
  done
}
complete -F _blobber blobber
`;

const ZSH = script`#compdef blobber
# zsh completion for blobber
_blobber() {
  local -a before answer values shown
  local line value directive
  (( CURRENT > 2 )) && before=("%{(@Q)words[2,CURRENT-1]}")
  answer=("%{(@f)$(command blobber __complete zsh "%{before[@]}" "%{(Q)PREFIX}" 2>/dev/null)}")
  directive=$answer[-1]
  case $directive in
    :files) _files; return ;;
    :dirs) _files -/; return ;;
  esac
  for line in "%{(@)answer[1,-2]}"; do
    value=%{line%%$'\t'*}
    values+=("$value")
    if [[ $line == *$'\t'* ]]; then
      shown+=("%{(r:28:)value}  %{line#*$'\t'}")
    else
      shown+=("$value")
    fi
  done
  (( %{#values} )) || return 1
  if [[ $directive == :nospace ]]; then
    compadd -S '' -l -d shown -a -- values
  else
    compadd -l -d shown -a -- values
  fi
}
if [[ %{funcstack[1]} == _blobber ]]; then
  _blobber "$@"
else
  compdef _blobber blobber
fi
`;

const FISH = script`# fish completion for blobber
function __blobber_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    set -l answer (command blobber __complete fish $words "$current" 2>/dev/null)
    test (count $answer) -gt 0; or return
    switch $answer[-1]
        case ':files'
            __fish_complete_path "$current"
        case ':dirs'
            __fish_complete_directories "$current"
        case '*'
            set -e answer[-1]
            test (count $answer) -gt 0; and printf '%s\n' $answer
    end
end
complete -c blobber -e
complete -c blobber -f -a '(__blobber_complete)'
`;

const POWERSHELL = script`# PowerShell completion for blobber
Register-ArgumentCompleter -Native -CommandName 'blobber' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @()
    $current = ''
    foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.StartOffset -ge $cursorPosition) { break }
        $isText = $element -is [System.Management.Automation.Language.StringConstantExpressionAst]
        $text = if ($isText) { $element.Value } else { $element.Extent.Text }
        if ($element.Extent.EndOffset -ge $cursorPosition) { $current = $text } else { $words += "=$text" }
    }
    $program = (Get-Command -Name 'blobber' -CommandType Application -TotalCount 1).Source
    $answer = @(& $program '__complete' 'powershell' @words "=$current" 2>$null)
    if ($answer.Count -eq 0 -or $answer[-1] -in ':files', ':dirs') { return }
    foreach ($line in $answer[0..($answer.Count - 1)]) {
        if ($line -eq $answer[-1] -and $line.StartsWith(':')) { break }
        $value, $help = $line -split [char]9, 2
        if (-not $help) { $help = $value }
        $quoted = $value
        if ($value -notmatch '^[A-Za-z0-9_./:=+-]+$') {
            # PowerShell takes the typographic quotes for quotes too
            $quoted = "'" + ($value -replace "['\u2018\u2019\u201a\u201b]", '$0$0') + "'"
        }
        [System.Management.Automation.CompletionResult]::new($quoted, $value, 'ParameterValue', $help)
    }
}
`;

/** The script of each shell. */
export const SCRIPTS: Record<string, string> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};
