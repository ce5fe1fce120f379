/** Gives the focus to the first of some elements that can have it; false when none can. */
export function giveFocus(...elements: readonly (Element | null | undefined)[]): boolean {
  // The body has the focus when nobody has it.
  const element = elements.find((element) =>
    element?.isConnected && element !== document.body && element.checkVisibility()
  );
  (element as HTMLElement | undefined)?.focus();
  return element !== undefined;
}
