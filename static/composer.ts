import { MESSAGE_BYTES_MAX } from "../protocol.ts";

/** What keeps a text from being sent, as a sentence; undefined when nothing does. */
export function problem(text: string): string | undefined {
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes <= MESSAGE_BYTES_MAX) return undefined;
  return `That is too long by ${(bytes - MESSAGE_BYTES_MAX).toLocaleString()} bytes.`;
}

/**
 * Lets a person write: Enter or the button sends and clears. What can't be sent stays where it is, and a hint says why.
 * @param send sends a text; false while there is no connection.
 */
export function composer(form: HTMLFormElement, hint: HTMLElement, send: (text: string) => boolean): void {
  const input = form.elements.namedItem("text") as HTMLInputElement;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    input.focus();
    if (input.value.trim() === "") return;
    hint.textContent = problem(input.value) ?? (send(input.value) ? "" : "Not connected: your message stays here.");
    if (hint.textContent === "") input.value = "";
  });
}
