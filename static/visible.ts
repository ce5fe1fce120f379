/** What of the browser's VisualViewport matters here, in CSS px. */
export type Visible = Pick<VisualViewport, "height" | "offsetTop" | "scale">;

/**
 * The part of the layout that is left above a keyboard that lies over the page, in CSS px; undefined when nothing does,
 * above all where `interactive-widget` in index.html is understood, so that the layout itself has become lower.
 */
export function visiblePart({ height, offsetTop, scale }: Visible, layoutHeight: number): Part | undefined {
  // Who enlarges the page sees less of it, too, but may go on doing so.
  const unscaled = height * scale;
  // What scaling loses by rounding is no keyboard.
  if (layoutHeight - unscaled < 2) return undefined;
  return { top: Math.abs(scale - 1) < 0.01 ? offsetTop : 0, height: unscaled };
}

/** Where the page can be seen, from the top of the layout. */
export interface Part {
  readonly top: number;
  readonly height: number;
}

/** Keeps the page in the part that can be seen: Safari lays the keyboard over the page, and moves it so that one sees the end. */
export function keepVisible(): void {
  const viewport = globalThis.visualViewport;
  const { style } = document.body;
  const fit = () => {
    const part = visiblePart(viewport!, document.documentElement.clientHeight);
    style.height = part ? `${part.height}px` : "";
    style.translate = part ? `0 ${part.top}px` : "";
    // The bar to swipe over is under the keyboard then.
    if (part) style.setProperty("--bottom", "0px");
    else style.removeProperty("--bottom");
  };
  viewport?.addEventListener("resize", fit);
  viewport?.addEventListener("scroll", fit);
}
