/**
 * The thread in which the page is packed: see assets.ts, which starts it. It gets bodies, and answers with what became of
 * each, in their order.
 * @module
 */
import { brotliCompressSync, gzipSync } from "node:zlib";

/** A body as small as can be, by Content-Encoding, the smallest first. */
export type Packed = readonly (readonly [encoding: string, bytes: Uint8Array<ArrayBuffer>])[];

// What a worker's global object is to the outside.
const port = globalThis as unknown as Pick<MessagePort, "postMessage" | "onmessage">;

port.onmessage = ({ data }: MessageEvent<readonly Uint8Array[]>) => {
  port.postMessage(data.map((body): Packed => [
    ["br", new Uint8Array(brotliCompressSync(body))],
    ["gzip", new Uint8Array(gzipSync(body, { level: 9 }))],
  ]));
};
