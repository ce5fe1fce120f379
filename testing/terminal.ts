/** `script`, of Debian's package bsdutils, gives a program a terminal. Where every change is checked, it must be there. */
export const hasTerminal = await Deno.stat("/usr/bin/script").then(() => true, () => false) || Deno.env.has("CI");
if (!hasTerminal) console.log("What a terminal shows is skipped: there is no /usr/bin/script.");

/** What a program is started by, as the words after these, to have one. */
export const TERMINAL = ["bash", "-c", 'exec script -qec "$(printf "%q " "$@")" /dev/null', "--"];
