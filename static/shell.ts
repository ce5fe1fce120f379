/** The address of the service worker, at the root, for it sees nothing above itself. */
const WORKER = "/service_worker.ts";
/** When it is started where a browser does not tell that it is idle, in ms. */
const IDLE_MS = 2_000;

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/**
 * Has the browser keep the page, so that it opens without a network; see service_worker.ts. Not before the browser is idle,
 * and without a word if it can't: then the page is as it would be anyway.
 */
export function keepShell(): void {
  // Only pages that came by https, or from this machine, have it.
  if (!navigator.serviceWorker) return;
  const register = () => void navigator.serviceWorker.register(trusted(WORKER)).catch(() => {});
  if ("requestIdleCallback" in globalThis) requestIdleCallback(register);
  else setTimeout(register, IDLE_MS);
}

/** The Content-Security-Policy has the page say which scripts it starts, where the browser knows of that. */
function trusted(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  return trustedTypes?.createPolicy("service-worker", { createScriptURL: () => WORKER }).createScriptURL(url) ?? url;
}
