/**
 * The string literals of a TypeScript source, for tests that read messages.
 *
 * @module
 */

/** What may stand before a `/` that begins a regular expression. */
const BEFORE_PATTERN = /(?:^|[=(,:[!&|?{};]|=>|\breturn|\bcase|\bof|\bin)$/;

/**
 * The text of every string literal in a source. Pieces joined by `+` are one text, and `…` stands for what a
 * template inserts; the literals in an insertion count as well.
 *
 * @param source TypeScript
 */
export function stringLiterals(source: string): string[] {
  const found: string[] = [];
  const scanner = { source, at: 0, found };
  while (scanner.at < source.length) scanCode(scanner, undefined);
  return found;
}

interface Scanner {
  source: string;
  at: number;
  found: string[];
}

/** Scans code up to the end, or to the brace that closes an insertion. */
function scanCode(scanner: Scanner, end: "}" | undefined): void {
  const { source } = scanner;
  let depth = 0;
  let before = "";
  let joined: string | undefined;
  const flush = () => {
    if (joined !== undefined) scanner.found.push(joined);
    joined = undefined;
  };
  while (scanner.at < source.length) {
    const char = source[scanner.at]!;
    if (/\s/.test(char)) {
      scanner.at++;
      continue;
    }
    if (source.startsWith("//", scanner.at) || source.startsWith("/*", scanner.at)) {
      skipComment(scanner);
      continue;
    }
    if (char === '"' || char === "'" || char === "`") {
      const text = char === "`" ? scanTemplate(scanner) : scanString(scanner, char);
      const continues = joined !== undefined && before === "+";
      if (!continues) flush();
      joined = (continues ? joined! : "") + text;
      before = '"';
      continue;
    }
    if (char === "/" && BEFORE_PATTERN.test(before)) {
      skipPattern(scanner);
      before = "/";
      continue;
    }
    if (char !== "+") flush();
    if (char === "{") depth++;
    if (char === "}" && depth-- === 0 && end === "}") break;
    const word = /^(?:[\w$]+|=>)/.exec(source.slice(scanner.at, scanner.at + 64))?.[0] ?? char;
    before = word;
    scanner.at += word.length;
  }
  flush();
}

function scanString(scanner: Scanner, quote: string): string {
  const start = ++scanner.at;
  while (scanner.source[scanner.at] !== quote && scanner.at < scanner.source.length) {
    scanner.at += scanner.source[scanner.at] === "\\" ? 2 : 1;
  }
  return scanner.source.slice(start, scanner.at++);
}

function scanTemplate(scanner: Scanner): string {
  let text = "";
  scanner.at++;
  while (scanner.source[scanner.at] !== "`" && scanner.at < scanner.source.length) {
    if (scanner.source.startsWith("${", scanner.at)) {
      scanner.at += 2;
      scanCode(scanner, "}");
      scanner.at++;
      text += "…";
      continue;
    }
    const length = scanner.source[scanner.at] === "\\" ? 2 : 1;
    text += scanner.source.slice(scanner.at, scanner.at + length);
    scanner.at += length;
  }
  scanner.at++;
  return text;
}

function skipComment(scanner: Scanner): void {
  const { source, at } = scanner;
  const [mark, extra] = source[at + 1] === "*" ? ["*/", 2] : ["\n", 1];
  const end = source.indexOf(mark, at + 2);
  scanner.at = end < 0 ? source.length : end + extra;
}

/** Skips a regular expression: a `/` within brackets does not end it. */
function skipPattern(scanner: Scanner): void {
  let inBrackets = false;
  for (scanner.at++; scanner.at < scanner.source.length; scanner.at++) {
    const char = scanner.source[scanner.at]!;
    if (char === "\\") scanner.at++;
    else if (char === "[") inBrackets = true;
    else if (char === "]") inBrackets = false;
    else if (char === "\n" || (char === "/" && !inBrackets)) break;
  }
  scanner.at++;
}
