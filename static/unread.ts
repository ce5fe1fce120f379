import type { RoomView } from "./chat.ts";

/** What is counted of a room. */
type Counts = Pick<RoomView, "unread" | "unreadMore" | "mentions" | "muted">;

/** How many are unread in rooms together, in a few letters: "" for none, "3", "50+". Of a muted room only mentions count. */
export function unreadOf(...rooms: readonly Counts[]): string {
  const unread = rooms.reduce((sum, { unread, mentions, muted }) => sum + (muted ? mentions : unread), 0);
  if (unread === 0) return "";
  return `${unread}${rooms.some(({ unreadMore, muted }) => unreadMore && !muted) ? "+" : ""}`;
}

/** The document's title while a room is shown: the room, and how much is unread in all of them. */
export function titleOf(shown: string, rooms: Iterable<Counts>): string {
  const unread = unreadOf(...rooms);
  return `${unread && `(${unread}) `}#${shown} · Hubbub`;
}
