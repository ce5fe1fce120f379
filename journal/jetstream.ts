import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  type ConsumerMessages,
  jetstream,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  type JsMsg,
  type StreamConfig,
} from "@nats-io/jetstream";
import {
  credsAuthenticator,
  type NatsConnection,
  NatsConnectionImpl,
  setTransportFactory,
} from "@nats-io/nats-core/internal";
import type { Bus } from "../bus.ts";
import metadata from "../deno.json" with { type: "json" };
import { fileError } from "./errors.ts";
import { JournalError } from "./journal.ts";
import { NatsTransport } from "./nats_transport.ts";
import { asRecord, type LogRecord, type LogState, type Placed, type SharedLog } from "./shared_log.ts";

/** The stream that has everything. */
const STREAM = "HUBBUB";

/** With what its consumers are asked for. */
const CONSUMERS = "$JS.API.CONSUMER.";

/** Where hints go, which is no part of the stream. */
const HINTS = "hubbub.hint";

/** How long NATS may take to answer, in ms. */
const ANSWER_MS_MAX = 5_000;
/** How soon it is tried to connect again, in ms. */
const RECONNECT_MS = 500;
/** How often NATS is asked whether it is there, in ms; after two times without an answer the line counts as cut. */
const PING_MS = 2_000;
/** How often a consumer is heard of, in ms; after two times of silence it is with a server that is down. */
const HEARTBEAT_MS = 1_000;
/** How long a stream may seem to be shorter than it was, in ms, as it does while a cluster's new leader reads what it has. */
const SHORT_MS_MAX = 30_000;
/** How many records wait at most to be taken. */
const BATCH_MAX = 256;
/** Above the longest text NATS has to take what is around it in a record, and the headers, in bytes. */
const AROUND_BYTES = 2_048;
/** How many times as long a text is in a record, at most: `"` and line ends are two bytes there; `cleanText` leaves no more. */
const TEXT_GROWTH_MAX = 2;

/** Where NATS is, and how to come in. */
export interface NatsOptions {
  /** `nats://` or `tls://`, each with host and port, and maybe `user:password@` or `token@`. */
  readonly urls: readonly URL[];
  /** A file with the JWT and the seed of a user. */
  readonly creds?: string;
  /** A file with the certificates of authorities, in PEM, for one that the system does not know. */
  readonly ca?: string;
  /** On how many servers of a cluster the stream is. */
  readonly replicas: number;
}

/** What Hubbub has its stream do, and why. */
const CONFIG = {
  // What is in a room can be dropped by itself; who is shut out, and who has which name, stays.
  subjects: ["hubbub.room.*", "hubbub.act", "hubbub.claim", "hubbub.drop"],
  retention: "limits",
  storage: "file",
  discard: "new",
  // None: NATS would drop bans and names, too.
  max_age: 0,
  max_msgs: -1,
  max_bytes: -1,
  max_msgs_per_subject: -1,
  max_msg_size: -1,
  no_ack: false,
  // As long as a SharedLog promises, in ns.
  duplicate_window: 120_000_000_000,
  deny_delete: false,
  deny_purge: false,
} as const;

/**
 * Connects to NATS, and makes the stream if there is none.
 * @param textBytesMax how long what is said may be.
 * @throws {JournalError} when that isn't possible; it names what is wrong, and no secret.
 */
export async function openJetStream(
  options: NatsOptions,
  textBytesMax: number,
): Promise<{ readonly log: SharedLog; readonly bus: Bus }> {
  const hosts = options.urls.map(({ host }) => host).join(", ");
  let connection: NatsConnection | undefined;
  try {
    const caCerts = options.ca === undefined ? [] : [readFile(options.ca, "certificates")];
    setTransportFactory({ factory: () => new NatsTransport(metadata.version, caCerts) });
    connection = await NatsConnectionImpl.connect({
      name: "hubbub",
      servers: options.urls.map(({ host }) => host),
      ...credentials(options),
      ...(options.ca !== undefined || options.urls.some(({ protocol }) => protocol === "tls:")) && { tls: {} },
      // Nobody is told their own hints.
      noEcho: true,
      timeout: ANSWER_MS_MAX,
      pingInterval: PING_MS,
      maxPingOut: 2,
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
      reconnectTimeWait: RECONNECT_MS,
      // Else each request takes down where it came from, which costs a tenth of what publishing does.
      noAsyncTraces: true,
    });
    const { max_payload: payloadMax } = connection.info!;
    const recordBytesMax = TEXT_GROWTH_MAX * textBytesMax + AROUND_BYTES;
    if (payloadMax < recordBytesMax) {
      throw new JournalError(
        `Cannot use NATS at ${hosts}: it takes ${payloadMax} bytes at once, and a message of ${textBytesMax} may need ` +
          `${recordBytesMax}. Set its max_payload to that or more, or --max-message to less`,
      );
    }
    const manager = await jetstreamManager(connection, { timeout: ANSWER_MS_MAX });
    const created = await ensureStream(manager, options.replicas);
    const client = jetstream(connection, { timeout: ANSWER_MS_MAX });
    const log = new JetStreamLog(connection, client, manager, created);
    return { log, bus: busOf(connection, log) };
  } catch (error) {
    await connection?.close();
    if (error instanceof JournalError) throw error;
    throw new JournalError(`Cannot use NATS at ${hosts}: ${explain(error as Error)}`, { cause: error });
  }
}

function credentials({ urls, creds }: NatsOptions) {
  if (creds !== undefined) {
    const authenticator = credsAuthenticator(new TextEncoder().encode(readFile(creds, "credentials")));
    try {
      // It does not look into them before a server asks.
      authenticator("a nonce to sign");
      return { authenticator };
    } catch {
      throw new JournalError(`Cannot use the credentials in "${creds}": it is no file of credentials of NATS`);
    }
  }
  const { username, password } = urls[0]!;
  if (username === "") return {};
  const user = decodeURIComponent(username);
  return password === "" ? { token: user } : { user, pass: decodeURIComponent(password) };
}

/** @throws {JournalError} when it can't be read. */
function readFile(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw fileError(`read the ${what} of NATS in`, path, error);
  }
}

/** @returns when the stream was made. */
async function ensureStream(manager: JetStreamManager, replicas: number): Promise<string> {
  const wanted = { ...CONFIG, num_replicas: replicas };
  const found = await manager.streams.info(STREAM).catch((error) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  // Two that start at once both make it, which is no error if they want the same.
  const { config, created } = found ?? await manager.streams.add({ name: STREAM, ...wanted } as never);
  for (const [name, value] of Object.entries(wanted)) {
    const [has, wants] = [config[name as keyof StreamConfig] ?? false, value].map((value) => JSON.stringify(value));
    if (has === wants) continue;
    throw new JournalError(
      `The stream ${STREAM} in NATS has ${name} ${has}, and Hubbub needs ${wants}: change the stream (nats stream edit)` +
        `${name === "num_replicas" ? `, or start with --nats-replicas=${has}` : ""}`,
    );
  }
  return created;
}

function isMissing(error: unknown): boolean {
  return (error as { status?: number }).status === 404 ||
    /stream not found/.test((error as Error).message);
}

/** Up to which place a log was taken, and what was there, if that was taken from this very log. */
type Taken = Pick<Placed, "place"> & Partial<Placed>;

/** A stream of NATS JetStream as a log: its sequence is the place, its message id the key. */
class JetStreamLog implements SharedLog {
  readonly #connection: NatsConnection;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #epoch: string;
  #failing: (error: JournalError) => void = () => {};
  #connected = true;
  #closed = false;
  #shortSince: number | undefined;
  // What ends the waiting of those who ask, when the line is cut.
  readonly #asking = new Set<() => void>();
  // How often in a row NATS did not give what comes.
  #misses = 0;
  // What this user would have to be permitted for the tail.
  #forbidden: JournalError | undefined;
  // Ends whatever the tail waits for.
  #wake = () => {};

  constructor(connection: NatsConnection, client: JetStreamClient, manager: JetStreamManager, created: string) {
    this.#connection = connection;
    this.#client = client;
    this.#manager = manager;
    this.#epoch = epochOf(created);
    this.#watch();
  }

  /** Whether NATS is there, as far as is known. */
  get connected(): boolean {
    return this.#connected;
  }

  listen(failing: (error: JournalError) => void): void {
    this.#failing = failing;
  }

  async state(): Promise<LogState> {
    const { created, state } = await this.#ask(() => this.#manager.streams.info(STREAM));
    return { epoch: epochOf(created), last: state.last_seq };
  }

  async publish(record: LogRecord, key: string): Promise<number> {
    // A header has no line ends, and is not long.
    const msgID = createHash("sha256").update(key).digest("base64url");
    const { seq } = await this.#ask(() =>
      this.#client.publish(subjectOf(record), JSON.stringify(record), {
        msgID,
        timeout: ANSWER_MS_MAX,
        expect: { streamName: STREAM },
      })
    );
    return seq;
  }

  async *tail(after: number): AsyncIterable<readonly Placed[]> {
    let taken: Taken = { place: after };
    while (!this.#closed) {
      if (!this.#connected) await this.#changed();
      else if (!await this.#reaches(taken.place)) await pause();
      else {
        for await (const batch of this.#consume(taken)) {
          yield batch;
          taken = batch.at(-1)!;
        }
      }
    }
  }

  async erase(place: number): Promise<void> {
    await this.#ask(() =>
      this.#manager.streams.deleteMessage(STREAM, place, true).catch((error) => {
        if (!/no message found|not found|EOF/.test(error.message)) throw error;
      })
    );
  }

  async prune(upTo: number): Promise<void> {
    await this.#ask(() => this.#manager.streams.purge(STREAM, { filter: "hubbub.room.*", seq: upTo + 1 }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#connection.close();
  }

  /**
   * Whether NATS is known to have everything up to a place.
   * @throws {JournalError} when it is another stream, or has been shorter for too long.
   */
  async #reaches(place: number): Promise<boolean> {
    let state: LogState;
    try {
      state = await this.state();
    } catch (error) {
      this.#shortSince = undefined;
      this.#missed(error as JournalError);
      return false;
    }
    const isShort = state.last < place;
    this.#shortSince = isShort ? this.#shortSince ?? performance.now() : undefined;
    const isTooLong = isShort && performance.now() - this.#shortSince! > SHORT_MS_MAX;
    if (state.epoch !== this.#epoch || isTooLong) throw new JournalError(IS_ANOTHER);
    return !isShort;
  }

  /** NATS did not give what it should, though the line is there; once is nothing, as when it chooses a leader. */
  #missed(error: JournalError): void {
    if (++this.#misses > 1) this.#failing(error);
  }

  /**
   * What comes after what was taken, until the line is cut, or the consumer ends.
   * @throws {JournalError} when something else is in the place of what was taken last.
   */
  async *#consume(taken: Taken): AsyncIterable<readonly Placed[]> {
    const queue: Placed[] = [];
    let ended = false;
    let isOther = false;
    let room = () => {};
    const pump = async (messages: AsyncIterable<JsMsg>) => {
      for await (const message of messages) {
        const placed = { place: message.seq, record: parse(message) };
        if (placed.place === taken.place) isOther = JSON.stringify(placed) !== JSON.stringify(taken);
        else queue.push(placed);
        this.#wake();
        if (queue.length >= BATCH_MAX) await new Promise<void>((resolve) => room = resolve);
        if (ended) return;
      }
    };
    let stop = () => {};
    try {
      const consumer = await this.#client.consumers.get(STREAM, {
        deliver_policy: "by_start_sequence" as never,
        // What was taken last once more: a stream that was given back from a copy may have something else there.
        opt_start_seq: "record" in taken ? taken.place : taken.place + 1,
      });
      const messages = await consumer.consume({
        max_messages: BATCH_MAX,
        idle_heartbeat: HEARTBEAT_MS,
        // Else the client would go on in whatever stream has the name then.
        abort_on_missing_resource: true,
      });
      stop = () => messages.stop();
      this.#misses = 0;
      this.#endIfSilent(messages);
      pump(messages).catch(() => {}).finally(() => {
        ended = true;
        this.#wake();
      });
      // What is on its way when the line is cut is asked for again.
      while (this.#connected && !this.#closed && (!ended || queue.length > 0)) {
        if (isOther) throw new JournalError(IS_ANOTHER);
        if (this.#forbidden) throw this.#forbidden;
        if (queue.length > 0) {
          yield queue.splice(0);
          room();
        } else await this.#changed();
      }
    } catch (error) {
      if (error instanceof JournalError) throw error;
      if (this.#forbidden) throw this.#forbidden;
      this.#missed(refusal(error as Error));
      await pause();
    } finally {
      ended = true;
      room();
      stop();
    }
  }

  /** Of a server of the cluster that is down its client asks nothing else for minutes: another consumer is with another. */
  async #endIfSilent(messages: ConsumerMessages): Promise<void> {
    for await (const { type } of messages.status()) if (type === "heartbeats_missed") messages.stop();
  }

  /** Resolves when something has come, or the line is cut or mended. */
  #changed(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      const { type } = status;
      if (type === "disconnect" || type === "staleConnection") {
        this.#connected = false;
        this.#shortSince = undefined;
        this.#failing(new JournalError(LINE_IS_CUT));
        for (const giveUp of this.#asking) giveUp();
      } else if (type === "reconnect") this.#connected = true;
      else if (type === "error") this.#refused(status.error);
      else continue;
      this.#wake();
    }
  }

  /** Whoever does what this user is not permitted does not always hear of it. */
  #refused(error: Error): void {
    // Of a consumer that is silent its client asks more than the tail, which makes another, waits for.
    if (/"\$JS\.API\.CONSUMER\.(INFO|DELETE)\./.test(error.message)) return;
    const failure = refusal(error);
    if (error.message.includes(`"${CONSUMERS}`)) this.#forbidden = failure;
    this.#failing(failure);
  }

  /** Asks NATS for something, if it is there: what is asked meanwhile would pile up. */
  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    if (!this.#connected) throw new JournalError(LINE_IS_CUT);
    const cut = Promise.withResolvers<never>();
    const giveUp = () => cut.reject(new JournalError(LINE_IS_CUT));
    this.#asking.add(giveUp);
    try {
      // No answer comes by another line.
      return await Promise.race([ask(), cut.promise]);
    } catch (error) {
      throw error instanceof JournalError ? error : refusal(error as Error);
    } finally {
      this.#asking.delete(giveUp);
    }
  }
}

/** Hints go by NATS itself, which keeps nothing of them. */
function busOf(connection: NatsConnection, line: Pick<JetStreamLog, "connected">): Bus {
  return {
    send(hint) {
      // What is sent while the line is cut would pile up.
      if (line.connected && !connection.isClosed()) connection.publish(HINTS, hint);
    },
    listen(listener) {
      connection.subscribe(HINTS, { callback: (error, message) => error ? undefined : listener(message.string()) });
    },
  };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
}

const IS_ANOTHER = "The stream in NATS is not what it was: give it back, or start again with another folder";
const LINE_IS_CUT = "The line to NATS is cut";

function epochOf(created: string): string {
  return createHash("sha256").update(created).digest("hex").slice(0, 16);
}

/** What is said and deleted in a room goes together when it is too old. */
function subjectOf(record: LogRecord): string {
  if ("say" in record) return `hubbub.room.${record.say.room}`;
  if ("claim" in record) return "hubbub.claim";
  if ("drop" in record) return "hubbub.drop";
  const { deed } = record.act;
  return deed.type === "delete" ? `hubbub.room.${deed.room}` : "hubbub.act";
}

function parse(message: JsMsg): LogRecord | undefined {
  try {
    return asRecord(message.json());
  } catch {
    return undefined;
  }
}

/** What a NATS does not do that did before. */
function refusal(error: Error): JournalError {
  const isNobody = /not enabled|no responders/i.test(error.message);
  const reason = isNobody
    ? "no server answers for the stream"
    : isMissing(error)
    ? "the stream is gone"
    : explain(error);
  return new JournalError(`NATS does not do what it should: ${reason}`, { cause: error });
}

/** In words for whoever runs the server; NATS names no secret. */
function explain(error: Error): string {
  const message = error.cause instanceof Error ? `${error.message} ${error.cause.message}` : error.message;
  const [, action, subject] = /Violation for (Publish|Subscription) to "(\S+)"/.exec(message) ?? [];
  if (subject !== undefined) {
    return `this user may not ${action === "Publish" ? "publish" : "subscribe"} to ${subject}: permit it`;
  }
  if (/authorization/i.test(message)) return "it does not let this user in: check the user, password, token or file";
  if (/not enabled for account/i.test(message)) return "the account of this user has no JetStream: let it have some";
  if (/jetstream is not enabled|no responders/i.test(message)) return "it has no JetStream: start nats-server with -js";
  if (/timeout/i.test(message)) return "it does not answer";
  if (/refused/i.test(message)) return "nothing listens there: check the address and that nats-server runs";
  return message.replace(/\s+/g, " ");
}
