import { DEFAULT_ROOM, isRoomName, SECRET_LENGTH_MAX } from "../protocol.ts";

/** Where the page is: in a room, and perhaps at one of its messages. */
export interface Place {
  readonly room: string;
  /** The id of the message. */
  readonly message?: number;
}

/** The address of a place, from the root of this server. */
export function hrefOf({ room, message }: Place): string {
  return (room === DEFAULT_ROOM ? "/" : `/?room=${room}`) + (message === undefined ? "" : `#m${message}`);
}

/** The place that an address is of; undefined when it names a room that there can't be. */
export function placeOf({ searchParams, hash }: URL): Place | undefined {
  const room = searchParams.get("room") ?? DEFAULT_ROOM;
  if (!isRoomName(room)) return undefined;
  const message = /^#m(\d{1,15})$/.exec(hash)?.[1];
  return message === undefined ? { room } : { room, message: Number(message) };
}

/**
 * The secret that an address carries: `#key=…`, `#guest=…` or `#admin=…`; undefined when it carries none. It is in the
 * fragment, which a browser sends to nobody.
 */
export function passOf({ hash }: Pick<URL, "hash">): string | undefined {
  const secret = /^#(?:key|guest|admin)=(.*)$/.exec(hash)?.[1];
  if (secret === undefined) return undefined;
  try {
    return decodeURIComponent(secret).slice(0, SECRET_LENGTH_MAX);
  } catch {
    return secret.slice(0, SECRET_LENGTH_MAX);
  }
}
