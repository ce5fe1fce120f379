import { AdministratorError, FolderAdministrator, MemoryAdministrator } from "./administrator.ts";
import { loadAssets, pack } from "./assets.ts";
import type { Bus } from "./bus.ts";
import { CertificateError, type CertificateFiles, loadCertificate } from "./certificate.ts";
import { commands } from "./commands.ts";
import { type Command, type Config, help, parseCommand, UsageError } from "./config.ts";
import metadata from "./deno.json" with { type: "json" };
import { type Journal, JournalError } from "./journal/journal.ts";
import { openMemory, openMemoryCopy } from "./journal/memory.ts";
import { openSqlite, openSqliteCopy } from "./journal/sqlite.ts";
import { type Log, openLog } from "./log.ts";
import { type ChatNode, NodeError, startNode } from "./node.ts";
import { onTerminal } from "./progress_line.ts";
import { links, ListenError } from "./server.ts";
import { systemClock } from "./sweeper.ts";

/** How long the end may take, in ms, even if everything is too slow: more than its parts are meant to take together. */
const END_MS_MAX = 9_000;

/** How long after the start the page is packed, in ms. Before, what is sent is compressed anew each time, or not at all. */
const PACK_AFTER_MS = 2_000;

/** Runs the server until it is told to end; then everyone is disconnected and the process ends with code 0. */
async function serve(config: Config, log: Log): Promise<void> {
  const { data, key, nats, tls, workers } = config;
  if (workers > 1 && Deno.build.os !== "linux") throw new UsageError("--workers above 1 takes Linux");
  const certificate = tls && await loadCertificate(tls);
  const [{ journal, bus }, assets] = await Promise.all([openJournal(config, log), loadAssets()]);
  const administrator = data === undefined ? new MemoryAdministrator() : new FolderAdministrator(data);
  const start = workers > 1 ? await loadWorkers() : startNode;
  const node = await start({
    journal,
    bus,
    administrator,
    sharesAdministrator: nats !== undefined,
    assets,
    config,
    certificate,
    log,
  });
  // Before it is said that all is well, for whoever reads that may end it at once.
  const told = signal();
  if (tls && Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", () => renew(node, tls, log));
  // When those who lost the last server are back: to make a thread takes some tens of ms of this one.
  setTimeout(() => {
    pack(assets.values()).then(() => node.packed?.(), ({ message }) => log("packing_failed", { reason: message }));
  }, PACK_AFTER_MS);
  log("opened", { version: metadata.version });
  const urls = links(node.addr, tls ? "https" : "http");
  for (const url of urls) log("listening", { url });
  if (key !== undefined) log("locked", {});
  if (administrator.digest() === undefined) {
    // A secret is for whoever looks, not for where logs are kept, whatever form those have.
    if (Deno.stdout.isTerminal()) {
      console.log("The administrator’s link, which is shown this once:");
      console.log(`  ${urls[0]}admin#admin=${administrator.renew()}`);
    } else log("administrator_missing", { data: data ?? null });
  }
  log("keeping", { data: data ?? null });

  await Promise.race([told, node.failed ?? told]);
  log("ending", {});
  setTimeout(() => Deno.exit(0), END_MS_MAX);
  await node.end();
  await journal.close();
  // A peer that never answers keeps its socket, and so the process, for as long as it likes.
  Deno.exit(0);
}

/** Opens what this node keeps for itself or, with NATS, what it shares with others: then it first gets what it lacks. */
async function openJournal(
  { data, keepMs, nats, limits }: Config,
  log: Log,
): Promise<{ journal: Journal; bus?: Bus }> {
  if (!nats) return { journal: data === undefined ? openMemory() : await openSqlite({ directory: data, keepMs }) };
  const { openJetStream, Replica } = await loadNats();
  const { log: shared, bus } = await openJetStream(nats, limits.message);
  using progress = onTerminal("Catching up with NATS");
  const journal = await Replica.open({
    log: shared,
    openCopy: async (state) => {
      const copy = data === undefined ? openMemoryCopy(state) : await openSqliteCopy({ directory: data }, state);
      if (copy.last < state.last) log("catching_up", { behind: state.last - copy.last });
      return copy;
    },
    keepMs,
    clock: systemClock,
    report: (place, last) => progress.report(place, last),
  });
  return { journal, bus };
}

/** Hardly anybody wants threads, so that hardly anybody waits for that to be read. */
async function loadWorkers(): Promise<typeof startNode> {
  const module = "./workers.ts";
  const { startWorkers } = await import(module) as typeof import("./workers.ts");
  return startWorkers;
}

/** @throws {JournalError} when its packages can't be had. */
async function loadNats() {
  // Named in a way that Deno does not follow at the start, when it would look for packages that hardly anybody wants.
  const modules = ["./journal/jetstream.ts", "./journal/replica.ts"];
  try {
    const [jetstream, replica] = await Promise.all(modules.map((module) => import(module)));
    const { openJetStream } = jetstream as typeof import("./journal/jetstream.ts");
    const { Replica } = replica as typeof import("./journal/replica.ts");
    return { openJetStream, Replica };
  } catch (error) {
    const [reason] = (error as Error).message.split("\n");
    throw new JournalError(`Cannot use --nats: its packages can't be had (${reason})`);
  }
}

/** Does what a command asks for, and says what it did. */
async function run(command: Extract<Command, { name: keyof typeof commands }>): Promise<void> {
  // Each with its own command, which TypeScript can't follow through a union.
  const done = await (commands[command.name] as (command: Command) => Promise<string | undefined>)(command);
  if (done !== undefined) console.log(done);
}

/** Shows the certificate that is in the files now to whoever connects from now on, or says why not. Nobody is disconnected. */
async function renew(node: ChatNode, files: CertificateFiles, log: Log): Promise<void> {
  try {
    if (await node.renew(await loadCertificate(files))) log("certificate_renewed", { file: files.cert });
    else log("certificate_kept", { reason: "A renewed certificate takes a restart, or --transport=node" });
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    log("certificate_kept", { reason: error.message });
  }
}

/** Waits for the first signal to end. A second one ends the process at once, as is its default. */
function signal(): Promise<void> {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
  return new Promise((resolve) => {
    const received = () => {
      for (const name of signals) Deno.removeSignalListener(name, received);
      resolve();
    };
    for (const name of signals) Deno.addSignalListener(name, received);
  });
}

if (import.meta.main) {
  // Until the settings are known, whoever typed them is told of it.
  let log = openLog("pretty");
  try {
    const command = parseCommand(Deno.args, Deno.env.get);
    if (command.name === "help") console.log(help(command.about));
    else if (command.name === "version") console.log(`hubbub ${metadata.version}`);
    else if (command.name === "serve") {
      log = openLog(command.config.log ?? (Deno.stdout.isTerminal() ? "pretty" : "json"));
      await serve(command.config, log);
    } else await run(command);
  } catch (error) {
    // Anything else is a defect, for which the stack trace is wanted.
    const known = [UsageError, CertificateError, ListenError, JournalError, AdministratorError, NodeError];
    if (!known.some((kind) => error instanceof kind)) throw error;
    log("failed", { reason: (error as Error).message });
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
