const TOKENS = new RegExp(
  [
    String.raw`(?<comment>//[^\n]*|/\*[^]*?\*/)`,
    String.raw`(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')`,
    "(?<template>`)",
    // After what can't end an expression, a slash begins a regular expression.
    String.raw`(?<=(?:[(,=:[!&|?{};]|return)\s*)(?<regexp>/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*)`,
    String.raw`(?<open>\{)`,
    String.raw`(?<close>\})`,
  ].join("|"),
  "g",
);

/** A program's source without comments and regular expressions, and with its string literals on their own. */
export interface Literals {
  /** The source, in which literal number n is `§n§`. */
  readonly code: string;
  /** What the literals say; where something is put into one, it is in braces, and a literal of its own if it is one. */
  readonly texts: readonly string[];
}

/** Takes the string literals out of a program. */
export function literalsOf(source: string): Literals {
  const texts: string[] = [];
  let at = 0;

  /** Reads code up to the brace that closes it, or to the end. */
  const readCode = (): string => {
    let code = "";
    for (let depth = 0; at < source.length;) {
      TOKENS.lastIndex = at;
      const match = TOKENS.exec(source);
      if (!match) break;
      code += source.slice(at, match.index);
      at = TOKENS.lastIndex;
      const { comment, string, template, regexp, open, close } = match.groups!;
      if (string !== undefined) code += put(string.slice(1, -1));
      else if (template !== undefined) code += readTemplate();
      else if (open !== undefined) depth++;
      else if (close !== undefined && depth-- === 0) return code;
      if (open ?? close) code += match[0];
      if (regexp !== undefined) code += "/./";
      if (comment !== undefined) code += " ";
    }
    code += source.slice(at);
    at = source.length;
    return code;
  };

  const readTemplate = (): string => {
    let text = "";
    let inside = "";
    while (source[at] !== "`") {
      if (source.startsWith("${", at)) {
        at += 2;
        inside += ` ${readCode()} `;
        text += "{}";
      } else {
        if (source[at] === "\\") text += source[at++];
        text += source[at++];
      }
    }
    at++;
    return `${put(text)}${inside}`;
  };

  const put = (text: string): string => `§${texts.push(text) - 1}§`;
  return { code: readCode(), texts };
}
