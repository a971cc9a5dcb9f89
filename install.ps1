# Installs the released binary of blobber for Windows: downloads it, compares its digest with the release's list,
# has the signature of that list verified, and moves it into place. For Windows PowerShell 5.1 and PowerShell 7:
#
#   irm https://github.com/blobber-dev/blobber/releases/latest/download/install.ps1 | iex
#
#   BLOBBER_VERSION    the release, such as 1.2.3 (default: the newest stable one)
#   BLOBBER_INSTALL    the directory of the program (default: %LOCALAPPDATA%\Programs\blobber, put on the user's PATH)
#   BLOBBER_DOWNLOADS  where the files of releases are, as BLOBBER_DOWNLOADS/v1.2.3/NAME: a mirror
#   BLOBBER_ARTIFACT   the repository of the releases' artifact: a mirror
#
# The variables move where bytes come from, and never who must have signed them. It needs no administrator.

function Install-Blobber {
  Set-StrictMode -Version 2
  $ErrorActionPreference = 'Stop'

  # As in cli/home.ts; a test compares.
  $SOURCE = 'https://github.com/blobber-dev/blobber'
  $DOWNLOADS = 'https://github.com/blobber-dev/blobber/releases/download'
  $ARTIFACT = 'ghcr.io/blobber-dev/blobber'
  $ISSUER = 'https://token.actions.githubusercontent.com'
  $IDENTITY = 'https://github.com/blobber-dev/blobber/.github/workflows/release.yml@refs/tags/'

  # MESSAGE [HINT]. No exit: it would close the window of one who pipes this to iex.
  function Stop-Install([string] $Message, [string] $Hint = '') {
    if ($Hint -ne '') { $Message = "$Message`nHint: $Hint" }
    throw "blobber was not installed: $Message"
  }

  function Get-Shown([string] $Text) {
    $clean = $Text -replace '[^\x20-\x7e]', ''
    return $clean.Substring(0, [Math]::Min(300, $clean.Length))
  }

  # HTTPS alone; what runs on this machine, such as a test, may speak HTTP.
  function Assert-Url([string] $Url) {
    if ($Url -match '[@\s\\]' -or $Url -notmatch '^(https://.|http://(127\.0\.0\.1|localhost)[:/])') {
      Stop-Install "refused to download ""$(Get-Shown $Url)"", expected https://"
    }
  }

  # .NET would follow a redirect from HTTPS to HTTP, so each is looked at. A server may send without end, and is not
  # to fill the disk.
  function Save-Url([string] $Url, [string] $File, [long] $Most) {
    for ($hops = 0; $hops -le 5; $hops++) {
      Assert-Url $Url
      $request = [Net.WebRequest]::Create($Url)
      $request.AllowAutoRedirect = $false
      $request.UserAgent = 'blobber-install'
      $request.Timeout = 60000
      try {
        $response = $request.GetResponse()
      } catch [Net.WebException] {
        Stop-Install "$(Get-Shown $Url) could not be downloaded: $(Get-Shown $_.Exception.Message)" `
          "is it a release? $SOURCE/releases"
      }
      try {
        $next = $response.Headers['Location']
        if ([int] $response.StatusCode -ge 300 -and $next) {
          $Url = $next
          continue
        }
        $length = $response.ContentLength
        $from = $response.GetResponseStream()
        $to = [IO.File]::Create($File)
        try {
          $piece = New-Object 'byte[]' 65536
          $taken = [long] 0
          while (($count = $from.Read($piece, 0, $piece.Length)) -gt 0) {
            $taken += $count
            if ($taken -gt $Most) {
              Stop-Install "$(Get-Shown $Url) is larger than $Most bytes, the most that is taken"
            }
            $to.Write($piece, 0, $count)
          }
        } finally { $to.Dispose() }
        if ($length -ge 0 -and (Get-Item -LiteralPath $File).Length -ne $length) {
          Stop-Install "$(Get-Shown $Url) was cut off"
        }
        return
      } finally {
        $response.Dispose()
      }
    }
    Stop-Install "$(Get-Shown $Url) is redirected too often"
  }

  function Get-Digest([string] $File) {
    return (Get-FileHash -LiteralPath $File -Algorithm SHA256).Hash.ToLowerInvariant()
  }

  # Runs a program with its output in a file, byte for byte, and returns its exit status.
  function Invoke-Program([string] $Program, [string[]] $Words, [string] $Output) {
    $process = Start-Process -FilePath $Program -ArgumentList $Words -NoNewWindow -PassThru `
      -RedirectStandardOutput $Output -RedirectStandardError "$Output.errors"
    $null = $process.Handle # else 5.1 forgets the exit status
    $process.WaitForExit()
    return $process.ExitCode
  }

  # The tag that a program says it is, or nothing.
  function Get-Tag([string] $Program, [string] $Work) {
    $output = Join-Path $Work 'version'
    try {
      if ((Invoke-Program $Program @('--version') $output) -ne 0) { return '' }
    } catch {
      return ''
    }
    $line = @(Get-Content -LiteralPath $output -TotalCount 1)
    if ($line.Count -eq 1 -and $line[0] -match '^blobber version (\S+)') { return "v$($Matches[1])" }
    return ''
  }

  function Assert-Signature([string] $Work, [string] $Tag, [string] $Replaced) {
    $list = Join-Path $Work 'checksums.txt'
    $output = Join-Path $Work 'signed'
    $cosign = Get-Command cosign -CommandType Application -ErrorAction SilentlyContinue |
      Select-Object -First 1
    $help = ''
    if ($cosign) {
      $null = Invoke-Program $cosign.Path @('verify-blob-attestation', '--help') $output
      $help = "$(Get-Content -LiteralPath $output) $(Get-Content -LiteralPath "$output.errors")"
    }
    # Versions before 2.4 know no bundles of this form; those before 3 read them only when told so.
    if ($help.Contains('--trusted-root')) {
      $bundle = Join-Path $Work 'bundle.json'
      Save-Url "$downloadsFrom/$Tag/checksums.txt.sigstore.json" $bundle 1MB
      # What blobber signs is a statement, for cosign an attestation.
      $words = @('verify-blob-attestation', '--type', 'https://sigstore.dev/cosign/sign/v1')
      if ($help.Contains('--new-bundle-format')) { $words += '--new-bundle-format' }
      $words += @(
        '--bundle', """$bundle""", '--certificate-oidc-issuer', $ISSUER,
        '--certificate-identity', "$IDENTITY$Tag", """$list"""
      )
      $status = Invoke-Program $cosign.Path $words $output
      if ($status -ne 0) { Stop-Install "cosign did not verify the signature of checksums.txt of $Tag" }
      return 'cosign'
    }
    $by = Join-Path $Work 'blobber.exe'
    $name = 'the new blobber itself'
    $there = Get-Command blobber -CommandType Application -ErrorAction SilentlyContinue |
      Select-Object -First 1
    if ($there -and (Get-Tag $there.Path $Work) -ne '') { $by = $name = $there.Path }
    elseif ($Replaced -ne '') { $by = $name = $Replaced }
    $status = Invoke-Program $by @(
      'cat', "${artifactFrom}:$Tag", 'checksums.txt', '--no-cache', '--output', 'text',
      '--verify-issuer', $ISSUER, '--verify-subject', "$IDENTITY$Tag"
    ) $output
    if ($status -ne 0) {
      $said = Get-Shown ((Get-Content -LiteralPath "$output.errors") -join ' ')
      Stop-Install "the signature of ${artifactFrom}:$Tag could not be verified: $said"
    }
    if ((Get-Digest $output) -ne (Get-Digest $list)) {
      Stop-Install "checksums.txt of $downloadsFrom/$Tag is not the one that was signed"
    }
    return $name
  }

  # The value as it is written, with its variables, and its kind with it.
  function Add-ToUserPath([string] $Directory) {
    $key = Get-Item -LiteralPath 'HKCU:\Environment'
    $path = [string] $key.GetValue('Path', '', 'DoNotExpandEnvironmentNames')
    if (($path -split ';') -contains $Directory) { return $false }
    $joined = (@($Directory) + @($path -split ';' | Where-Object { $_ -ne '' })) -join ';'
    Set-ItemProperty -LiteralPath 'HKCU:\Environment' -Name 'Path' -Value $joined -Type ExpandString
    # Has Windows tell programs that variables have changed.
    [Environment]::SetEnvironmentVariable('BLOBBER_INSTALL_DONE', $null, 'User')
    $env:Path = "$Directory;$env:Path"
    return $true
  }

  if ($env:OS -ne 'Windows_NT') {
    Stop-Install 'this is not Windows' "curl -fsSL $SOURCE/releases/latest/download/install.sh | sh"
  }
  $processor = $env:PROCESSOR_ARCHITEW6432
  if (-not $processor) { $processor = $env:PROCESSOR_ARCHITECTURE }
  if ($processor -eq 'ARM64') {
    Write-Warning 'there is no binary for ARM64: this is the one for x64, which Windows 11 translates'
  } elseif ($processor -ne 'AMD64') {
    Stop-Install "no binary for the processor ""$(Get-Shown $processor)"", expected AMD64"
  }
  $file = 'blobber-windows-x64.exe'

  $directory = $env:BLOBBER_INSTALL
  $ownPath = -not $directory
  if (-not $directory) {
    $principal = [Security.Principal.WindowsPrincipal] [Security.Principal.WindowsIdentity]::GetCurrent()
    if ($principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
      Stop-Install 'this is run as administrator, and installs for one user' `
        'run it as that user, or name a directory in BLOBBER_INSTALL'
    }
    $directory = Join-Path $env:LOCALAPPDATA 'Programs\blobber'
  }
  $directory = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($directory)
  $program = Join-Path $directory 'blobber.exe'
  $downloadsFrom = if ($env:BLOBBER_DOWNLOADS) { $env:BLOBBER_DOWNLOADS.TrimEnd('/') } else { $DOWNLOADS }
  $artifactFrom = if ($env:BLOBBER_ARTIFACT) { $env:BLOBBER_ARTIFACT } else { $ARTIFACT }
  if ($artifactFrom -notmatch '^\w[\w.:/-]*$') { Stop-Install 'BLOBBER_ARTIFACT is no repository' }
  Assert-Url "$downloadsFrom/"
  # Windows PowerShell asks for TLS 1.0 first where nothing else is said.
  [Net.ServicePointManager]::SecurityProtocol =
    [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12

  $null = New-Item -ItemType Directory -Force -Path $directory
  $work = Join-Path $directory ".blobber-install.$([Guid]::NewGuid())"
  $null = New-Item -ItemType Directory -Path $work
  # The installer's own variables are no settings of the program.
  $own = @{}
  foreach ($name in 'VERSION', 'INSTALL', 'DOWNLOADS', 'ARTIFACT') {
    $own[$name] = [Environment]::GetEnvironmentVariable("BLOBBER_$name")
    [Environment]::SetEnvironmentVariable("BLOBBER_$name", $null)
  }
  try {
    $form = '^v(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(-[0-9A-Za-z.-]+)?$'
    $asked = $own['VERSION']
    if ($asked -and $asked -ne 'latest') {
      $tag = 'v' + ($asked -replace '^v', '')
      if ($tag -notmatch $form) {
        Stop-Install "BLOBBER_VERSION is ""$(Get-Shown $asked)"", expected a version such as 1.2.3"
      }
    } else {
      $asked = ''
      $newest = if ($own['DOWNLOADS']) { "$downloadsFrom/latest/version.txt" }
      else { "$SOURCE/releases/latest/download/version.txt" }
      Save-Url $newest (Join-Path $work 'version.txt') 64KB
      $tag = "$(Get-Content -LiteralPath (Join-Path $work 'version.txt') -TotalCount 1)"
      if ($tag -notmatch $form -or $tag.Contains('-')) {
        Stop-Install "$newest says ""$(Get-Shown $tag)"", expected a version such as v1.2.3"
      }
    }
    $installed = if (Test-Path -LiteralPath $program) { Get-Tag $program $work } else { '' }
    if ($installed -eq $tag) {
      Write-Output "blobber $($tag.Substring(1)) is installed already: $program"
      return
    }
    if ($installed -and -not $asked) {
      $numbers = { param($it) [Version] ($it.Substring(1) -replace '-.*$', '') }
      if ((& $numbers $tag) -lt (& $numbers $installed)) {
        Write-Output "blobber $($installed.Substring(1)) is installed, which is newer than $($tag.Substring(1)): $program"
        return
      }
    }

    $list = Join-Path $work 'checksums.txt'
    $fresh = Join-Path $work 'blobber.exe'
    Save-Url "$downloadsFrom/$tag/checksums.txt" $list 64KB
    Save-Url "$downloadsFrom/$tag/$file" $fresh 512MB
    $listed = @(Get-Content -LiteralPath $list | ForEach-Object {
        if ($_ -match '^([0-9a-f]{64}) [ *](.+)$' -and $Matches[2] -eq $file) { $Matches[1] }
      })
    if ($listed.Count -ne 1) {
      Stop-Install "checksums.txt of $tag names $file $($listed.Count) times, expected once"
    }
    $actual = Get-Digest $fresh
    if ($actual -ne $listed[0]) {
      Stop-Install "$file has the wrong digest: $actual, expected $($listed[0])" `
        'the download was damaged or changed on its way'
    }
    $replaced = if ($installed) { $program } else { '' }
    $by = Assert-Signature $work $tag $replaced
    if ((Get-Tag $fresh $work) -ne $tag) {
      Stop-Install "the binary of $tag does not run here, or is another version"
    }

    # A program that runs can be renamed, and neither replaced nor removed; later runs remove it.
    Get-ChildItem -LiteralPath $directory -Filter 'blobber.exe.old-*' |
      Remove-Item -Force -ErrorAction SilentlyContinue
    if (Test-Path -LiteralPath $program) {
      $aside = "$program.old-$([Guid]::NewGuid())"
      Move-Item -LiteralPath $program -Destination $aside
      try {
        Move-Item -LiteralPath $fresh -Destination $program
      } catch {
        Move-Item -LiteralPath $aside -Destination $program
        throw
      }
      Remove-Item -LiteralPath $aside -Force -ErrorAction SilentlyContinue
    } else {
      Move-Item -LiteralPath $fresh -Destination $program
    }
    Write-Output "Installed blobber $($tag.Substring(1)), its signature verified by ${by}: $program"
    if (-not $ownPath) {
      if (($env:Path -split ';') -notcontains $directory) {
        Write-Output "$directory is not on the PATH: add it in the settings of your account"
      }
    } elseif (Add-ToUserPath $directory) {
      Write-Output "$directory was put on your PATH: programs that are started from now on see it"
    }
  } finally {
    foreach ($name in $own.Keys) { [Environment]::SetEnvironmentVariable("BLOBBER_$name", $own[$name]) }
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
    if (@(Get-ChildItem -LiteralPath $directory -Force).Count -eq 0) {
      Remove-Item -LiteralPath $directory -Force -ErrorAction SilentlyContinue
    }
  }
}

Install-Blobber
