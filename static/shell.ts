/** The address of the service worker, at the root, for it sees nothing above itself. */
const WORKER = "/service_worker.ts";
/** When the conversation is surely there, in ms: a browser calls itself idle while that is still on its way. */
const LATER_MS = 1_000;

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/**
 * Has the browser keep the page, so that it opens without a network; see service_worker.ts. Not before the browser has
 * nothing better to do, and without a word if it can't: then the page is as it would be anyway.
 */
export function keepShell(): void {
  // Only pages that came by https, or from this machine, have it.
  if (!navigator.serviceWorker) return;
  const register = () => void navigator.serviceWorker.register(trusted(WORKER)).catch(() => {});
  setTimeout(() => "requestIdleCallback" in globalThis ? requestIdleCallback(register) : register(), LATER_MS);
}

/** The Content-Security-Policy has the page say which scripts it starts, where the browser knows of that. */
function trusted(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  return trustedTypes?.createPolicy("service-worker", { createScriptURL: () => WORKER }).createScriptURL(url) ?? url;
}
