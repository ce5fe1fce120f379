/** What a key can do wherever the focus is. */
export type Shortcut = "search" | "help" | "previousRoom" | "nextRoom";

/** What is known of a key that was pressed. */
export type Key = Pick<KeyboardEvent, "key" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey">;

/** What keys write where the focus is. On macOS, Option and an arrow go through the paragraphs of a text. */
export type Writing = "nothing" | "text" | "paragraphs";

/**
 * What a key does; undefined when it is nothing to the page as a whole.
 * @param single keys without Alt and the like may do something. Who speaks to their machine instead of typing has to be able
 * to say no to that (WCAG 2.1.4).
 */
export function shortcutOf(
  { key, altKey, ctrlKey, metaKey, shiftKey }: Key,
  writing: Writing,
  single: boolean,
): Shortcut | undefined {
  if (ctrlKey || metaKey) return undefined;
  if (altKey && !shiftKey && writing !== "paragraphs") {
    if (key === "ArrowUp") return "previousRoom";
    if (key === "ArrowDown") return "nextRoom";
  }
  // On some keyboards these two need Shift.
  if (writing !== "nothing" || !single) return undefined;
  if (key === "/") return "search";
  if (key === "?") return "help";
}

/** Whether a key is for an input method, which picks a word by it; Safari says so only by the key code 229. */
export function isOfInputMethod({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229;
}

/** What keys write into an element. */
export function writingInto(target: EventTarget | null): Writing {
  if (!(target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]"))) {
    return "nothing";
  }
  const hasLines = target instanceof HTMLTextAreaElement && target.value.includes("\n");
  return hasLines && /^Mac/.test(navigator.platform) ? "paragraphs" : "text";
}
