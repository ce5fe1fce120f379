import { DEFAULT_ROOM, isRoomName } from "../protocol.ts";

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
