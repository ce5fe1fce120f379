/** How a log is written: lines of JSON for programs, or sentences for people. */
export type LogForm = "json" | "pretty";

/**
 * Everything that is logged, and with what. Never what people say, a secret, or the query of a URL. What somebody else than
 * whoever runs the server can make happen again and again is told seldom (see EVENTS).
 */
export interface Events {
  opened: { version: string };
  /** A link to the page. */
  listening: { url: string };
  /** Before the start goes on this node gets what NATS has, and it lacks, `behind` records at most, however long that takes. */
  catching_up: { behind: number };
  /** The folder; null when nothing is kept longer than the server runs. */
  keeping: { data: string | null };
  /** Who comes in has to know the key. */
  locked: Record<never, never>;
  /** Nobody has the administrator's link, and nobody is looking who could be shown it. `data` is as in `keeping`. */
  administrator_missing: { data: string | null };
  /** Another node has a new secret of the administrator, which this one can't take over. */
  administrator_not_shared: { reason: string };
  ending: Record<never, never>;
  /** The server could not start, or not go on. */
  failed: { reason: string };
  /** What is said can't be kept from now on, or for another reason than until now; told as an Alarm tells it. */
  journal_failing: { reason: string };
  /** It can be kept again; likewise. */
  journal_working: Record<never, never>;
  journal_unreadable: { reason: string };
  room_unreadable: { room: string; reason: string };
  /** The first that could not be after one that could. It is tried again. */
  name_not_kept: { reason: string };
  /** `limit` is its label at /metrics. */
  limit_reached: { limit: string; what: string; outcome: string };
  /** A connection was ended for something that is no limit; `cause` is the name of the Disconnect. */
  cut: { cause: string; code: number; reason: string };
  /** Nobody can connect. */
  accepting_failed: { reason: string };
  /** The page is sent uncompressed. */
  packing_failed: { reason: string };
  /** Who connects from now on sees the certificate that is in the file now. */
  certificate_renewed: { file: string };
  /** The one stays in use that was read before. */
  certificate_kept: { reason: string };
  api_failed: { reason: string };
  /** `hook` is its id, `host` what it is sent to: a path may be a secret. */
  webhook_failing: { hook: string; host: string; reason: string };
  /** It was not so before; `given_up` counts the messages that had become too old meanwhile. */
  webhook_working: { hook: string; host: string; given_up: number };
  webhook_gone: { hook: string; host: string };
}

/** The name of an event. */
export type EventName = keyof Events;

/** Logs an event. */
export type Log = <E extends EventName>(event: E, fields: Events[E]) => void;

/** How much somebody should care. */
export type Level = "info" | "warn" | "error";

/** How often an event is told, at most, that is told seldom, in ms. */
export const SELDOM_MS = 60_000;
/** The longest text in a line, in UTF-16 units. */
export const FIELD_LENGTH_MAX = 500;

interface Kind<F> {
  readonly level: Level;
  /** Told once a minute at most for each value of this field, or at all, with how often it has happened: `count`. */
  readonly seldom?: keyof F | "event";
  /** For people. */
  sentence(fields: F & { readonly count: number }): string;
}

/** What there is to know of each event. */
const EVENTS: { readonly [E in EventName]: Kind<Events[E]> } = {
  opened: { level: "info", sentence: ({ version }) => `Hubbub ${version} is open. Press Ctrl+C to end it.` },
  listening: { level: "info", sentence: ({ url }) => `  ${url}` },
  catching_up: {
    level: "info",
    sentence: ({ behind }) =>
      `Catching up with NATS, which is ahead by ${behind}: nobody can come in before that is done.`,
  },
  keeping: {
    level: "info",
    sentence: ({ data }) => data === null ? "What is said is kept until it ends." : `What is said is kept in ${data}.`,
  },
  locked: { level: "info", sentence: () => "It takes the key: a link that ends with /#key=… carries it." },
  administrator_not_shared: {
    level: "warn",
    sentence: ({ reason }) => `The administrator's new link does not work on this node: ${reason}`,
  },
  administrator_missing: {
    level: "info",
    sentence: ({ data }) =>
      data === null
        ? "There is no administrator: with nothing kept, the link for one is shown on a terminal alone."
        : `There is no administrator yet: hubbub admin-link --data=${data} makes a link for one.`,
  },
  ending: { level: "info", sentence: () => "Ending: saying goodbye to everyone." },
  failed: { level: "error", sentence: ({ reason }) => `hubbub: ${reason}` },
  journal_failing: {
    level: "error",
    sentence: ({ reason }) => `What is said can't be kept: ${reason}`,
  },
  journal_working: { level: "warn", sentence: () => "What is said can be kept again." },
  journal_unreadable: {
    level: "error",
    seldom: "event",
    sentence: ({ reason }) => `What was said can't be read: ${reason}`,
  },
  room_unreadable: {
    level: "error",
    seldom: "event",
    sentence: ({ room, reason }) => `Room ${room} can't be read: ${reason}`,
  },
  name_not_kept: {
    level: "error",
    seldom: "event",
    sentence: ({ reason }) => `A name can't be kept, and is tried again: ${reason}`,
  },
  limit_reached: {
    level: "warn",
    seldom: "limit",
    sentence: ({ limit, what, outcome, count }) => `Limit ${limit} reached (${what}): ${outcome}. ${count} so far.`,
  },
  cut: {
    level: "warn",
    seldom: "cause",
    sentence: ({ cause, code, reason, count }) => `Cut with ${code}, ${cause}: ${reason}. ${count} so far.`,
  },
  accepting_failed: {
    level: "error",
    seldom: "event",
    sentence: ({ reason }) => `Nobody can connect for the moment: ${reason}. Those who are connected stay.`,
  },
  packing_failed: { level: "warn", sentence: ({ reason }) => `The page is sent uncompressed: ${reason}` },
  certificate_renewed: {
    level: "info",
    sentence: ({ file }) => `Who connects from now on sees ${file} as it is now.`,
  },
  certificate_kept: {
    level: "error",
    sentence: ({ reason }) => `${reason}. Until then the certificate stays in use that was read before.`,
  },
  api_failed: { level: "error", seldom: "event", sentence: ({ reason }) => `The API can't answer: ${reason}` },
  webhook_failing: {
    level: "warn",
    seldom: "hook",
    sentence: ({ hook, host, reason }) => `Webhook ${hook} (${host}) can't be sent to: ${reason}. It is tried again.`,
  },
  webhook_working: {
    level: "warn",
    seldom: "hook",
    sentence: ({ hook, host, given_up }) =>
      `Webhook ${hook} (${host}) can be sent to again. Messages given up: ${given_up}.`,
  },
  webhook_gone: {
    level: "warn",
    seldom: "hook",
    sentence: ({ hook, host }) => `Webhook ${hook} (${host}) gets nothing more, for its receiver answers 410 Gone.`,
  },
};

/** All of them, by name. */
export const EVENT_NAMES = Object.keys(EVENTS) as EventName[];

/** What a log needs. */
interface LogPorts {
  /** Takes a line without its end. */
  write(line: string, level: Level): void;
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Milliseconds since 1970. */
  date(): number;
}

const PROCESS: LogPorts = {
  write: (line, level) => level === "info" ? console.log(line) : console.error(line),
  now: () => performance.now(),
  date: () => Date.now(),
};

/**
 * A log: one line for each event, which holds no character that would do anything to a terminal or a reader, and is not
 * long. What is for information goes to the standard output, the rest to that for errors.
 */
export function openLog(form: LogForm, { write, now, date }: LogPorts = PROCESS): Log {
  // As many as there are limits and the like: what others send makes no more of them.
  const told = new Map<string, { at: number; count: number }>();

  /** How often it has happened; undefined if it was told not long ago. */
  function count<E extends EventName>(event: E, fields: Events[E], by: keyof Events[E] | "event"): number | undefined {
    const key = by === "event" ? event : `${event} ${(fields as Record<PropertyKey, unknown>)[by]}`;
    let last = told.get(key);
    if (!last) told.set(key, last = { at: -Infinity, count: 0 });
    last.count++;
    if (now() - last.at < SELDOM_MS) return undefined;
    last.at = now();
    return last.count;
  }

  return (event, fields) => {
    const { level, seldom, sentence } = EVENTS[event];
    const times = seldom === undefined ? 1 : count(event, fields, seldom);
    if (times === undefined) return;
    const short = shortened(fields);
    const line = form === "pretty"
      ? sentence({ ...short, count: times })
      : JSON.stringify({ time: new Date(date()).toISOString(), level, event, ...short, ...seldom && { count: times } });
    write(visible(line), level);
  };
}

/** A log that nobody reads. */
export const noLog: Log = () => {};

function shortened<F extends object>(fields: F): F {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "string" && value.length > FIELD_LENGTH_MAX ? `${value.slice(0, FIELD_LENGTH_MAX)}…` : value,
    ]),
  ) as F;
}

/** A text in which nothing is hidden: controls, ends of lines, directions and all else without a shape, as JSON writes them. */
function visible(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) =>
      Array.from(
        { length: character.length },
        (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
      ).join(""),
  );
}
