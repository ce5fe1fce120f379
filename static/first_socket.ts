import { SUBPROTOCOL, WEBSOCKET_PATH } from "../protocol.ts";

const url = new URL(WEBSOCKET_PATH, location.href);
url.protocol = url.protocol.replace("http", "ws");

// The page starts with this module, so that the handshake is made while all the others begin.
let first = "WebSocket" in globalThis ? new WebSocket(url, SUBPROTOCOL) : undefined;

/** A socket to the server: at first the one that was made for the page to begin with, if it is good for anything. */
export function openSocket(): WebSocket {
  const socket = first;
  first = undefined;
  return socket && socket.readyState <= WebSocket.OPEN ? socket : new WebSocket(url, SUBPROTOCOL);
}
