import { NAME_CHARACTERS_MAX, type NameRule, type Refusal, ROOMS_PER_CLIENT_MAX } from "../protocol.ts";
import { words } from "./i18n.ts";
import { sayMoment } from "./moment.ts";

/** Why something was refused. */
export type Reason = Pick<Refusal, "code" | "reason" | "detail">;

/** Why the server will not have a message: what it takes to say it in any language, also after a reload. */
export type Failure =
  | Reason
  /** It is longer than the server takes. How long it is and may be is known when the page has found out by itself. */
  | { readonly code: "tooLong"; readonly bytes?: number; readonly bytesMax?: number };

/** Reads a failure out of the storage, where anything may stand. */
export function readFailure(value: unknown): Failure {
  const { code, reason, detail, bytes, bytesMax } = Object(value);
  if (code !== "tooLong") {
    return {
      code,
      reason: typeof reason === "string" ? reason : "",
      ...(typeof detail === "string" ? { detail } : {}),
    };
  }
  return typeof bytes === "number" && typeof bytesMax === "number" ? { code, bytes, bytesMax } : { code };
}

/** Why the server will not have a message, as a sentence. */
export function sayFailure(failure: Failure): string {
  if (failure.code !== "tooLong") return sayRefusal(failure);
  const { bytes, bytesMax } = failure;
  return bytes === undefined || bytesMax === undefined ? words.tooBig : words.tooLong(bytes, bytesMax);
}

/**
 * Why something was refused, as a sentence. The server's own is for what this page does not know, for it is in English.
 * @param asked the name that was asked for, if it was one and is known.
 */
export function sayRefusal(refusal: Reason, asked?: string): string {
  const { code, reason } = refusal;
  const known = Object.hasOwn(SENTENCES, code) ? SENTENCES[code](refusal, asked) : undefined;
  return known ?? (reason || words.refused);
}

const SENTENCES: {
  readonly [Code in Refusal["code"]]: (refusal: Reason, asked: string | undefined) => string | undefined;
} = {
  malformed: () => words.malformed,
  badRoom: () => words.badRoom,
  badName: ({ detail = "" }) => Object.hasOwn(RULES, detail) ? RULES[detail as NameRule]() : undefined,
  nameTaken: ({ detail }, asked) =>
    detail === undefined ? undefined : detail === asked ? words.nameTaken(detail) : words.nameTooClose(detail),
  badText: () => words.badText,
  notJoined: () => words.notJoined,
  tooManyRooms: () => words.tooManyRooms(ROOMS_PER_CLIENT_MAX),
  notAllowed: () => words.notAllowed,
  notFound: () => words.notFound,
  locked: () => words.roomLocked,
  muted: ({ detail }) => untilWhen(detail, words.youMuted, words.youMutedUntil),
  slow: () => words.roomSlow,
  keyNeeded: () => words.keyNeeded,
  keyWrong: () => words.keyWrong,
  tooManyTries: () => words.tooManyTries,
  linkEnded: () => words.linkEnded,
  banned: ({ detail }) => untilWhen(detail, words.youBanned, words.youBannedUntil),
  storage: () => words.storage,
  busy: () => words.busy,
  tooFast: () => words.tooFast,
};

/** What is said of something that has no end, or of its end, in ms since 1970. */
function untilWhen(detail: string | undefined, endless: string, ending: (end: string) => string): string {
  const at = Number(detail);
  // It may come from the storage, where anything may stand.
  return Number.isNaN(new Date(at).getTime()) ? endless : ending(sayMoment(at, new Date()));
}

const RULES: { readonly [Rule in NameRule]: () => string } = {
  control: () => words.nameControl,
  invisible: () => words.nameInvisible,
  marks: () => words.nameMarks,
  letter: () => words.nameLetter,
  long: () => words.nameLong(NAME_CHARACTERS_MAX),
  guest: () => words.nameGuest,
  mixed: () => words.nameMixed,
};
