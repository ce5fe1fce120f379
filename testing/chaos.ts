import type { Said } from "../protocol.ts";
import { Crowd, ROOMS } from "./crowd.ts";
import type { Faults } from "./faults.ts";
import { secretOf } from "./harness.ts";
import { JsonClient } from "./json_client.ts";
import type { Random } from "./random.ts";
import { type Restart, RestartableServer } from "./restartable_server.ts";

/** What is to be done to a server. */
export interface Plan {
  /** Flags for the server. */
  readonly args?: string[];
  /** How many pages there are. */
  readonly clients: number;
  /** By which signals it is ended, one after the other. */
  readonly signals: readonly Deno.Signal[];
  /** How many messages are said each second, by all together. */
  readonly perSecond: number;
  readonly random: Random;
  /** How long all of it may take, in ms. */
  readonly msMax: number;
  /** How many are said before the server is ended for the first time, and again when everybody is back. */
  readonly between: number;
  /** Is told how far it is. */
  progress(line: string): void;
  /** Is told of each restart when everybody is back. */
  back(outage: Outage): void;
}

/** What the pages had of a restart, times in ms. */
export interface Outage extends Restart {
  readonly signal: Deno.Signal;
  /** For each page, from the loss of its connection until it was up to date again. */
  readonly gaps: readonly number[];
  /** For each page, what of that was from its hello until it was in its rooms. */
  readonly hellos: readonly number[];
}

/** What came of it. */
export interface Outcome {
  readonly outages: readonly Outage[];
  /** How many messages were said. */
  readonly said: number;
  /** In what the pages showed, against the journal, and in the journal, against what was said. */
  readonly faults: Faults;
}

/**
 * Ends and starts a server under many pages of which some talk all the time, and looks what they have in the end.
 * @throws when something takes too long; says what.
 */
export async function chaos(plan: Plan): Promise<Outcome> {
  const { args, clients, signals, perSecond, between, random, msMax, progress, back } = plan;
  const deadline = performance.now() + msMax;
  await using server = await RestartableServer.start(random, args);
  await using crowd = new Crowd(server.port, clients, random, deadline);
  await crowd.arrive();
  progress(`All ${clients} are there`);
  crowd.talk(perSecond);
  const outages: Outage[] = [];
  for (const signal of signals) {
    await crowd.listen(between);
    crowd.brace();
    progress(`${signal}, number ${outages.length + 1} of ${signals.length}`);
    const restart = await server.restart(signal);
    await crowd.allBack();
    const outage = { ...restart, signal, gaps: crowd.gaps, hellos: crowd.hellos };
    outages.push(outage);
    back(outage);
  }
  await crowd.hush();
  await crowd.leave();
  progress("Everybody has gone");
  return { outages, said: crowd.said, faults: crowd.faults(await readLog(server.port)) };
}

async function readLog(port: number): Promise<Said[]> {
  await using reader = await JsonClient.connect(port);
  reader.send({ type: "hello", secret: secretOf("a reader"), rooms: ROOMS.map((room) => ({ room })) });
  const log: Said[] = [];
  for (const room of ROOMS) {
    await reader.got("joined", (joined) => joined.room === room);
    log.push(...await reader.history(room));
  }
  return log.sort((a, b) => a.id - b.id);
}
