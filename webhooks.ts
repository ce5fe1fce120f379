import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { deletionOf, messageOf, userOf } from "./api.ts";
import type { Follower, Followers } from "./follower.ts";
import type { Hub } from "./hub.ts";
import { isAct, type Journal, type Kept } from "./journal/journal.ts";
import type { Log } from "./log.ts";
import type { Moderation } from "./moderation.ts";
import type { HookState } from "./protocol.ts";
import type { Clock } from "./sweeper.ts";

/** How long a receiver may take to answer, in ms. */
export const ANSWER_MS_MAX = 10_000;
/** How long after an attempt that failed the next one comes, in ms: doubled each time, and up to half of it less by chance … */
export const RETRY_MS_MIN = 1_000;
/** … up to this. */
export const RETRY_MS_MAX = 300_000;
/** A message that was said so long ago, in ms, is given up when it can't be sent. */
export const GIVE_UP_MS = 3_600_000;

/** What was said so long ago, in ms, another node has sent: one that has ended is missed after half of that. */
export const OTHERS_MS = 30_000;
/** How often it is looked whether this node is to send, in ms. */
export const OTHERS_LOOK_MS = 1_000;

/** Where to send what is said. */
export interface Hook {
  readonly id: string;
  /** http or https. */
  readonly url: string;
  /** `whsec_` and 24 to 64 bytes in base64: signs what is sent. */
  readonly secret: string;
  /** The one room whose messages are sent; undefined for all. */
  readonly room?: string;
  /** Whose messages are not sent: the receiver's own, or it would answer itself for ever. */
  readonly except?: string;
}

/** The hooks that administrators have made. */
function hooksOf(moderation: Moderation): Hook[] {
  return moderation.hooks.map(({ id, deed: { url, secret, room, token } }) => ({
    id: String(id),
    url,
    secret,
    room,
    except: token === undefined ? undefined : userOf(String(token)),
  }));
}

/** What webhooks need. */
export interface WebhooksPorts {
  readonly hub: Pick<Hub, "last" | "listen" | "watchHooks" | "isFirst">;
  readonly journal: Pick<Journal, "epoch">;
  readonly followers: Followers;
  readonly clock: Clock;
  /** A number from 0 to 1 by chance. */
  readonly random: () => number;
  readonly fetch: typeof fetch;
  readonly log: Log;
}

/**
 * Sends what is said to those who want it sent. Of several nodes the first alone does; the others wait for half a minute with
 * each message, and send what they still have when they become the first: what that one has sent before is then sent twice,
 * with the same `webhook-id`.
 */
export class Webhooks {
  readonly #ports: WebhooksPorts;
  readonly #webhooks = new Map<string, Webhook>();

  /** Sends nothing before `set`. */
  constructor(ports: WebhooksPorts) {
    this.#ports = ports;
  }

  /** These are the hooks from now on; those that were there before go on, and a new one gets what is said from here on. */
  set(hooks: readonly Hook[]): void {
    const ids = new Set(hooks.map(({ id }) => id));
    for (const [id, webhook] of this.#webhooks) {
      if (ids.has(id)) continue;
      webhook.close();
      this.#webhooks.delete(id);
    }
    for (const hook of hooks) {
      if (!this.#webhooks.has(hook.id)) this.#webhooks.set(hook.id, new Webhook(hook, this.#ports));
    }
  }

  /** The hooks are those that administrators have made, from now on. */
  follow(moderation: Moderation): void {
    this.set(hooksOf(moderation));
    this.#ports.hub.watchHooks((id) => this.#webhooks.get(String(id))?.state);
    this.#ports.hub.listen((kept) => {
      if (isAct(kept) && /^(un)?hook$/.test(kept.deed.type)) this.set(hooksOf(moderation));
    });
  }

  /** Ends all of them, in the middle of what they do. What was not sent then is not. */
  async close(): Promise<void> {
    const webhooks = [...this.#webhooks.values()];
    this.set([]);
    await Promise.all(webhooks.map(({ ended }) => ended));
  }
}

/**
 * Sends one hook what is said, in order: the next when the one before was taken, or given up. Its queue is the journal, so
 * that one whose receiver is away for an hour takes no more memory than any other.
 */
class Webhook {
  readonly #hook: Hook;
  readonly #ports: WebhooksPorts;
  readonly #follower: Follower;
  readonly #end = new AbortController();
  /** When it sends nothing any more. */
  readonly ended: Promise<void>;
  #state: HookState = {};
  // Attempts since the last that did not fail, and the messages that were given up meanwhile.
  #failures = 0;
  #givenUp = 0;
  #skipPause = () => {};

  constructor(hook: Hook, ports: WebhooksPorts) {
    this.#hook = hook;
    this.#ports = ports;
    this.#follower = ports.followers.follow(hook.room, ports.hub.last);
    this.ended = this.#run();
  }

  /** How it does at the moment. */
  get state(): HookState {
    return this.#state;
  }

  close(): void {
    this.#end.abort();
    this.#skipPause();
    this.#follower.close();
  }

  get #isClosed(): boolean {
    return this.#end.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        for (const kept of (await this.#follower.next()).kept) await this.#send(kept);
      } catch (error) {
        await this.#failed(`what was said can't be read: ${(error as Error).message}`);
      }
    }
  }

  /** Sends a message until it is taken, or too old. */
  async #send(kept: Kept): Promise<void> {
    if (!isAct(kept) && kept.user === this.#hook.except) return;
    while (!this.#isClosed && !this.#ports.hub.isFirst) {
      if (this.#ports.clock.date() - kept.at > OTHERS_MS) return;
      await this.#pause(OTHERS_LOOK_MS);
    }
    // What is deleted while it waits to be sent again is not sent.
    while (!this.#isClosed && !this.#follower.isGone(kept.id)) {
      const isOld = this.#ports.clock.date() - kept.at > GIVE_UP_MS;
      if (isOld && this.#failures > 0) return void this.#givenUp++;
      const problem = await this.#attempt(kept);
      if (this.#state.gone !== undefined) return;
      if (problem === undefined) return this.#succeeded();
      if (!this.#isClosed) await this.#failed(problem);
    }
  }

  /** Returns what went wrong; undefined if nothing did. */
  async #attempt(kept: Kept): Promise<string | undefined> {
    const { clock, journal, fetch } = this.#ports;
    const body = JSON.stringify({
      type: isAct(kept) ? "message.deleted" : "message.said",
      timestamp: new Date(kept.at).toISOString(),
      data: isAct(kept) ? deletionOf(kept) : messageOf(kept),
    });
    const id = `msg_${journal.epoch}_${kept.id}`;
    const timestamp = String(Math.floor(clock.date() / 1_000));
    const late = new AbortController();
    const callOff = clock.after(ANSWER_MS_MAX, () => late.abort());
    try {
      const response = await fetch(this.#hook.url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "Hubbub",
          "webhook-id": id,
          "webhook-timestamp": timestamp,
          "webhook-signature": sign(this.#hook.secret, id, timestamp, body),
        },
        body,
        // It would go where nobody said that it may.
        redirect: "manual",
        signal: AbortSignal.any([late.signal, this.#end.signal]),
      });
      // Nobody reads what it says more.
      await response.body?.cancel();
      if (response.status === 410) return void this.#gone();
      if (!response.ok) return `it answers ${response.status}`;
    } catch (error) {
      return late.signal.aborted ? "it does not answer" : explain(error as Error);
    } finally {
      callOff();
    }
  }

  /** The receiver wants no more. */
  #gone(): void {
    this.#state = { gone: this.#ports.clock.date() };
    this.close();
    this.#ports.log("webhook_gone", this.#named);
  }

  #succeeded(): void {
    if (this.#failures > 0) this.#ports.log("webhook_working", { ...this.#named, given_up: this.#givenUp });
    this.#state = {};
    this.#failures = 0;
    this.#givenUp = 0;
  }

  /** Waits for the time of the next attempt. */
  async #failed(reason: string): Promise<void> {
    if (this.#failures === 0) this.#ports.log("webhook_failing", { ...this.#named, reason });
    const { clock, random } = this.#ports;
    this.#state = { failing: { since: this.#state.failing?.since ?? clock.date(), reason } };
    await this.#pause(Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.#failures++) * (1 - random() / 2));
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const callOff = this.#ports.clock.after(ms, resolve);
      this.#skipPause = () => {
        callOff();
        resolve();
      };
    });
  }

  /** A path or a query may be a secret. */
  get #named(): { hook: string; host: string } {
    return { hook: this.#hook.id, host: new URL(this.#hook.url).host };
  }
}

/**
 * The signature of a message, as the Standard Webhooks specification has it.
 * @param secret `whsec_` and the key in base64.
 * @param timestamp in seconds since 1970.
 */
export function sign(secret: string, id: string, timestamp: string, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

/** Without the address, which may be a secret. What went wrong may name it, too. */
function explain({ message, cause }: Error): string {
  return (cause instanceof Error ? cause.message : message).replace(/[a-z][a-z\d+.-]*:\/\/\S+/gi, "its address");
}
