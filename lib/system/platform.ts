/**
 * What follows from the operating system: the one place that asks which it is. Everything else asks for what it
 * needs to know by name, such as whether files have permission bits. Tests drive the program as another system;
 * {@linkcode actAs} is theirs alone, and `tests/architecture.ts` holds both.
 *
 * @module
 */

import { nodeModule, systemOfRuntime } from "./runtime.ts";

/** What differs between systems, one question each. */
export interface System {
  /** Its name in the terms of the OCI image spec, which are Go's. */
  readonly os: string;
  /** What people call it. */
  readonly label: string;
  /** What separates the names in a path: `/`, and on Windows `\` too. */
  readonly separators: readonly string[];
  /** Whether a path may begin with a drive (`C:\`) or a server (`\\server\share`). */
  readonly hasDrives: boolean;
  /** How a path begins that depends on no working directory; `\x` and `/x` depend on the current drive of Windows. */
  readonly absolutePath: RegExp;
  /** Whether some names cannot be given, or mean a device or a stream (`safe_path.ts` knows which). */
  readonly reservesNames: boolean;
  /** What the file systems that people have here take for one name. A directory may differ: it is asked. */
  readonly folds: NameFolding;
  /** Whether a test says that this is another system: then no directory is asked. */
  readonly isActed: boolean;
  /** Whether files have permission bits, which say who may run them, and a process a umask. */
  readonly hasModes: boolean;
  /** Whether the system tells to whom a file belongs, and there is a root who may do all. */
  readonly hasOwners: boolean;
  /** Whether `/proc` tells about processes, and names what a descriptor of this one has open. */
  readonly hasProc: boolean;
  /** Whether an open file can lose its name and stay open. */
  readonly unlinksOpenFiles: boolean;
  /** What the system says of a file that another process, such as a virus scanner, has open for a moment. */
  readonly busyCodes: readonly string[];
  /** Whether a symbolic link is to a file or to a directory, and to make one takes a right. */
  readonly linksHaveKinds: boolean;
  /** The signals that ask a process to end, and reach it. */
  readonly stopSignals: readonly StopSignal[];
  /** How the file of a program is called that is started without a shell. */
  readonly programEnding: string;
  /** How a script is called that is run by a shell, where a name of a program may be one of it. */
  readonly scriptEndings: readonly string[];
  /** What separates the directories of the PATH. */
  readonly pathSeparator: string;
  /** What opens an address in the browser, a program without its ending; the address follows. */
  readonly opensPages: readonly string[];
  /** Variables of which one is set where a browser could be shown; none where it always can. */
  readonly displayVariables: readonly string[];
  /** The variable that names the user's home. */
  readonly homeVariable: string;
  /** Where the user's configuration, caches and state are. */
  readonly userDirectories: Readonly<Record<UserDirectory, Place>>;
  /** The administrator's configuration file. No variable names it: it speaks to those who set variables. */
  readonly systemConfig: string;
  /** Whether a terminal draws lines of boxes where no locale is set. */
  readonly drawsLines: boolean;
  /** Whether a terminal can turn the echo off and keep its own keys, such as Ctrl-C. */
  readonly hasCbreak: boolean;
}

/** Which names are one: all that are equal but for letter case, and for Unicode forms too. */
export interface NameFolding {
  readonly case: boolean;
  readonly forms: boolean;
}

/** A signal that asks a process to end. */
export type StopSignal = "SIGINT" | "SIGTERM" | "SIGBREAK";

/** Kinds of directories of a user's own. */
export type UserDirectory = "config" | "cache" | "state";

/** A directory: named by a variable, or below the home. */
export type Place = { readonly variable: string } | { readonly inHome: string };

const UNIX: System = {
  os: "unix",
  label: "Unix",
  separators: ["/"],
  hasDrives: false,
  absolutePath: /^\//,
  reservesNames: false,
  folds: { case: false, forms: false },
  isActed: false,
  hasModes: true,
  hasOwners: true,
  hasProc: false,
  unlinksOpenFiles: true,
  busyCodes: [],
  linksHaveKinds: false,
  stopSignals: ["SIGINT", "SIGTERM"],
  programEnding: "",
  scriptEndings: [],
  pathSeparator: ":",
  opensPages: ["xdg-open"],
  displayVariables: [],
  homeVariable: "HOME",
  userDirectories: {
    config: { inHome: ".config" },
    cache: { inHome: ".cache" },
    state: { inHome: ".local/state" },
  },
  systemConfig: "/etc/blobber/config.yaml",
  drawsLines: false,
  hasCbreak: true,
};

const PLATFORMS: Readonly<Record<string, System>> = {
  linux: {
    ...UNIX,
    os: "linux",
    label: "Linux",
    hasProc: true,
    displayVariables: ["DISPLAY", "WAYLAND_DISPLAY"],
  },
  darwin: {
    ...UNIX,
    os: "darwin",
    label: "macOS",
    folds: { case: true, forms: true },
    opensPages: ["/usr/bin/open"],
  },
  windows: {
    ...UNIX,
    os: "windows",
    label: "Windows",
    separators: ["\\", "/"],
    hasDrives: true,
    absolutePath: /^(?:[A-Za-z]:[\\/]|[\\/]{2}[^\\/])/,
    reservesNames: true,
    folds: { case: true, forms: false },
    hasModes: false,
    hasOwners: false,
    unlinksOpenFiles: false,
    busyCodes: ["EPERM", "EACCES", "EBUSY"],
    linksHaveKinds: true,
    // SIGTERM ends a process there without a word to it.
    stopSignals: ["SIGINT", "SIGBREAK"],
    programEnding: ".exe",
    scriptEndings: [".cmd", ".bat"],
    pathSeparator: ";",
    opensPages: ["rundll32", "url.dll,FileProtocolHandler"],
    homeVariable: "USERPROFILE",
    userDirectories: {
      config: { variable: "APPDATA" },
      cache: { variable: "LOCALAPPDATA" },
      state: { variable: "LOCALAPPDATA" },
    },
    systemConfig: "C:\\ProgramData\\blobber\\config.yaml",
    drawsLines: true,
    hasCbreak: false,
  },
};

/** What runtimes call systems and processors that the OCI image spec calls otherwise. */
const OS_NAMES: Readonly<Record<string, string>> = { win32: "windows" };
const PROCESSOR_NAMES: Readonly<Record<string, string>> = {
  x64: "amd64",
  x86_64: "amd64",
  aarch64: "arm64",
  ia32: "386",
  mipsel: "mipsle",
};

/** Systems that tests drive the program as. */
export type ActedSystem = "linux" | "darwin" | "windows";

let acted: System | undefined;
let real: System | undefined;

/** What holds on this system. */
export function platform(): System {
  return acted ?? (real ??= platformNamed(osOf(systemOfRuntime().os)));
}

function platformNamed(os: string): System {
  return Object.hasOwn(PLATFORMS, os) ? PLATFORMS[os]! : { ...UNIX, os, label: os };
}

/** This machine's platform in the terms of the OCI image spec, which are Go's. */
export function thisPlatform(): { os: string; architecture: string } {
  const { arch } = systemOfRuntime();
  return { os: platform().os, architecture: PROCESSOR_NAMES[arch] ?? arch };
}

/** Whether a path depends on no working directory, and on no current drive. */
export function isAbsolute(path: string): boolean {
  return platform().absolutePath.test(path);
}

/**
 * The user's home.
 *
 * @param variable gives a variable of the environment; the system is asked where this is left out
 * @returns nothing for a user without one, such as a service, or one with a number that the system does not know
 * @throws what the runtime does where it does not let this be asked
 */
export function homeDirectory(
  variable?: (name: string) => string | undefined,
): string | undefined {
  const home = variable ? variable(platform().homeVariable) : systemsHome();
  // Services have this for a home: nothing can be below it.
  return home !== undefined && isAbsolute(home) && home !== "/dev/null" ? home : undefined;
}

function systemsHome(): string | undefined {
  try {
    return nodeModule("os").homedir();
  } catch (error) {
    // Node's own error is that there is none; a missing permission is the caller's to tell.
    if ((error as { code?: unknown }).code === "ERR_SYSTEM_ERROR") return undefined;
    throw error;
  }
}

/**
 * Where the user's files of one kind are.
 *
 * @param kind what is kept there
 * @param variable gives a variable of the environment
 * @param home as {@linkcode homeDirectory} gives it; asked only where it is needed
 */
export function userDirectory(
  kind: UserDirectory,
  variable: (name: string) => string | undefined,
  home: () => string | undefined = () => homeDirectory(variable),
): string | undefined {
  const named = variable(`XDG_${kind.toUpperCase()}_HOME`);
  // The XDG specification: a relative path is to be ignored.
  if (named !== undefined && isAbsolute(named)) return named;
  const place = platform().userDirectories[kind];
  if ("variable" in place) {
    const directory = variable(place.variable);
    return directory !== undefined && isAbsolute(directory) ? directory : undefined;
  }
  const directory = home();
  return directory === undefined ? undefined : pathBelow(directory, place.inHome);
}

/** A path below another, with the separator that this has. */
export function pathBelow(directory: string, ...names: string[]): string {
  const own = platform().separators.find((one) => directory.includes(one)) ?? "/";
  return [directory.replace(/[\\/]$/, ""), ...names].join(own);
}

function osOf(name: string): string {
  return OS_NAMES[name] ?? name;
}

/**
 * Has the program act as it would on another system; for tests alone. What the file system really does stays
 * as it is.
 *
 * @param os the system; nothing for the one that this is
 * @param but what is to be otherwise there
 * @returns takes it back
 */
export function actAs(os: ActedSystem | undefined, but: Partial<System> = {}): () => void {
  const before = acted;
  acted = os === undefined ? undefined : {
    ...platformNamed(os),
    isActed: true,
    ...but.isActed ?? true ? pathsOfTests(os) : {},
    ...but,
  };
  return () => acted = before;
}

/** Where Windows is acted on the disk of another system, paths begin with one slash, as they do there. */
function pathsOfTests(os: ActedSystem): Partial<System> {
  if (os !== "windows" || platformNamed(osOf(systemOfRuntime().os)).hasDrives) return {};
  const { absolutePath } = platformNamed(os);
  return { absolutePath: new RegExp(`^/[^\\\\/]|${absolutePath.source}`) };
}
