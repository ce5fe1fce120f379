import { giveFocus } from "./focus.ts";
import { isOfInputMethod } from "./keys.ts";

/** Closes something and gives the focus back; false when it is not open. */
type Close = () => boolean;

/**
 * Lets Escape close one thing at a time. Nobody else listens for it.
 * @param nowhere gets the focus when nobody has it then.
 * @param layers what can be open, the innermost first.
 */
export function closeByEscape(nowhere: () => void, ...layers: readonly Close[]): void {
  document.addEventListener("keydown", (event) => {
    // Who holds it down closes one thing, too.
    if (event.key !== "Escape" || event.repeat || isOfInputMethod(event)) return;
    if (!layers.some((close) => close())) return;
    // What the browser does by itself would be one thing more: it empties the search box, or leaves the full screen.
    event.preventDefault();
    // What can't be seen any more may have it still.
    if (!giveFocus(document.activeElement)) nowhere();
  });
}
