import type { Journal } from "./journal.ts";

/** What of a journal, and of a copy of a log, keeps nothing. */
type Method = "audit" | "probe" | "newest" | "before" | "after" | "missed" | "since" | "search";

export type Reading = Pick<Journal, Method>;

/** @param call has a method carried out, wherever that is: in this thread or in another. */
export function reading(
  call: <M extends Method>(method: M, parameters: Parameters<Journal[M]>) => ReturnType<Journal[M]>,
): Reading {
  return {
    audit: (...page) => call("audit", page),
    probe: () => call("probe", []),
    newest: (...page) => call("newest", page),
    before: (...page) => call("before", page),
    after: (...page) => call("after", page),
    missed: (...page) => call("missed", page),
    since: (...page) => call("since", page),
    search: (search) => call("search", [search]),
  };
}
