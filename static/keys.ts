/** What a key can do wherever the focus is. */
export type Shortcut = "search" | "help" | "previousRoom" | "nextRoom";

/** What is known of a key that was pressed. */
export type Key = Pick<KeyboardEvent, "key" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey">;

/**
 * What a key does; undefined when it is nothing to the page as a whole.
 * @param isWriting the focus is where keys write something.
 * @param single keys without Alt and the like may do something. Who speaks to their machine instead of typing has to be able
 * to say no to that (WCAG 2.1.4).
 */
export function shortcutOf(
  { key, altKey, ctrlKey, metaKey, shiftKey }: Key,
  isWriting: boolean,
  single: boolean,
): Shortcut | undefined {
  if (ctrlKey || metaKey) return undefined;
  if (altKey && !shiftKey && key === "ArrowUp") return "previousRoom";
  if (altKey && !shiftKey && key === "ArrowDown") return "nextRoom";
  // On some keyboards these two need Shift.
  if (isWriting || !single) return undefined;
  if (key === "/") return "search";
  if (key === "?") return "help";
}

/** Whether a key is for an input method, which picks a word by it; Safari says so only by the key code 229. */
export function isOfInputMethod({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229;
}

/** Whether keys write something into an element. */
export function isWritable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
