import { DEFAULT_ROOM, type Order, type Refusal, SECRET_LENGTH_MAX, SUBPROTOCOL, WEBSOCKET_PATH } from "../protocol.ts";
import { Banner } from "./banner.ts";
import { Memory } from "./chat_memory.ts";
import { Dashboard, type Outcome } from "./dashboard.ts";
import { Identity } from "./identity.ts";
import { beginToSpeak } from "./language.ts";
import { Audit } from "./operator_audit.ts";
import { Charts } from "./operator_charts.ts";
import { ask, offerSpans, type Question, reveal, type Revelation, untilOf } from "./operator_dialogs.ts";
import { WEEK } from "./moment.ts";
import { Lists } from "./operator_lists.ts";
import { words } from "./operator_words.ts";
import { passOf } from "./place.ts";
import { sayRefusal } from "./refusal.ts";
import { toRoomName } from "./rooms.ts";
import { explainTimes, keepAgo } from "./time.ts";

/** Where operator.css has one column. */
const NARROW = "(max-width: 48rem)";
/** How long it is shown what came of something, in ms. */
const ANSWER_MS = 8_000;

function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

const memory = new Memory(() => localStorage);
const identity = new Identity(memory);
takePass();
beginToSpeak(memory);
document.title = [words.operator, document.title].join(" · ");

const banner = new Banner(document.querySelector("header")!);
const url = new URL(WEBSOCKET_PATH, location.href);
url.protocol = url.protocol.replace("http", "ws");

/** The operator's page, once somebody has the administrator's secret. */
class OperatorPage {
  readonly #charts = new Charts(byId("charts"));
  readonly #lists = new Lists(byId, (order, question) => this.#act(order, question));
  readonly #audit = new Audit(byId("audit"), (before) => this.#dashboard!.audit(before));
  // Undefined until there is a secret to try.
  #dashboard: Dashboard | undefined;

  constructor() {
    // On a phone one chooses what to look at; else it is a long way.
    if (matchMedia(NARROW).matches) {
      for (const part of document.querySelectorAll<HTMLDetailsElement>("section > details")) part.open = false;
    }
    this.#listen();
    if (identity.pass === undefined) this.#showWayIn(undefined);
    else this.#connect();
  }

  #connect(): void {
    this.#dashboard?.stop();
    byId("way-in").hidden = true;
    byId("banner").hidden = false;
    this.#dashboard = new Dashboard({
      open: () => new WebSocket(url, SUBPROTOCOL),
      after(ms, callback) {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
      now: Date.now,
      random: Math.random,
    }, {
      hello: () => {
        const { secret, name, pass } = identity;
        return { type: "hello", secret, name, pass, rooms: [] };
      },
      connection: (status) => banner.show(status),
      admitted: () => identity.admitted("admin"),
      updated: (parts) => {
        const { samples, known, me } = this.#dashboard!;
        byId("dashboard").hidden = false;
        this.#charts.show(samples);
        this.#lists.show(known, parts, me);
        if (parts.includes("acted")) this.#audit.update();
      },
      denied: (code) => this.#showWayIn(code),
    });
  }

  /** Asks for the administrator's link, and says why. */
  #showWayIn(code: Refusal["code"] | undefined): void {
    const isOther = code !== undefined && code !== "keyWrong" && code !== "keyNeeded";
    const why = code === "keyWrong" ? words.linkWrong : words.linkNeeded;
    byId("denial").textContent = isOther ? sayRefusal({ code, reason: "" }) : why;
    if (code === "keyWrong") identity.forget(identity.pass);
    byId("dashboard").hidden = true;
    byId("banner").hidden = true;
    // What is open is about a server that is closed to this page.
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    byId("way-in").hidden = false;
    byId("link").focus();
  }

  /** Asks if there is something to ask, has it done, and says what came of it. */
  async #act(order: (until?: number, address?: boolean) => Order, question?: Question): Promise<void> {
    const consent = question ? await ask(byId("ask"), question) : { until: undefined, address: undefined };
    if (!consent) return;
    answer("");
    const outcome = await this.#dashboard!.order(order(consent.until, consent.address));
    answer(outcome?.type === "done" ? words.orderDone : sayOutcome(outcome));
  }

  #listen(): void {
    const retry = () => this.#dashboard?.retry();
    byId("retry").addEventListener("click", retry);
    addEventListener("online", retry);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") retry();
    });
    addEventListener("hashchange", () => {
      if (takePass()) this.#connect();
    });
    byId("way-in").addEventListener("submit", (event) => {
      event.preventDefault();
      const input = byId<HTMLInputElement>("link");
      const secret = secretIn(input.value);
      if (secret === "") return;
      identity.bring(secret);
      input.value = "";
      this.#connect();
    });
    byId("secret").querySelector(".close")!.addEventListener("click", () => byId<HTMLDialogElement>("secret").close());
    offerSpans(byId("links").querySelector("select")!, WEEK);
    this.#make("links", (form, room) => {
      const until = untilOf(form.querySelector("select")!, Date.now());
      return { type: "link", room: room ?? DEFAULT_ROOM, until };
    }, (secret) => ({
      title: words.links,
      texts: [[words.address, new URL(`/#guest=${secret}`, location.href).href]],
    }));
    this.#make("tokens", (form, room) => ({ type: "token", name: valueOf(form, "name"), room }), (secret, room) => ({
      title: words.tokens,
      texts: [[words.secretOf, secret], [words.tryIt, curlOf(secret, room ?? DEFAULT_ROOM)]],
    }));
    this.#make("hooks", (form, room) => {
      const url = valueOf(form, "url");
      const token = valueOf(form, "token");
      return URL.canParse(url) && /^https?:/i.test(url)
        ? { type: "hook", url, room, token: token === "" ? undefined : Number(token) }
        : words.addressWrong;
    }, (secret) => ({
      title: words.hooks,
      explained: words.hookExplained,
      texts: [[words.secretOf, secret]],
    }));
  }

  /**
   * Lets a section's form make something.
   * @param orderOf what the form asks for, in a room or in all; or what is wrong with it.
   * @param revelationOf what is shown of the secret that this made.
   */
  #make(
    id: string,
    orderOf: (form: HTMLFormElement, room: string | undefined) => Order | string,
    revelationOf: (secret: string, room: string | undefined) => Revelation,
  ): void {
    const form = byId(id).querySelector("form")!;
    const status = form.querySelector("[role=status]")!;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      status.textContent = "";
      const typed = valueOf(form, "room");
      const room = typed === "" ? { name: undefined } : toRoomName(typed);
      if ("problem" in room) return void (status.textContent = room.problem);
      const order = orderOf(form, room.name);
      if (typeof order === "string") return void (status.textContent = order);
      const outcome = await this.#dashboard!.order(order);
      if (outcome?.type !== "done") return void (status.textContent = sayOutcome(outcome));
      form.reset();
      if (outcome.secret !== undefined) reveal(byId("secret"), revelationOf(outcome.secret, room.name));
    });
  }
}

/**
 * Takes the secret of an administrator's link out of the address at once: whoever looks over a shoulder, the history and a
 * copied address are not to have it. False when there is none.
 */
function takePass(): boolean {
  const pass = passOf(location);
  if (pass !== undefined) identity.bring(pass);
  if (location.hash !== "") history.replaceState(null, "", location.pathname);
  return pass !== undefined;
}

/** The secret of a link that somebody pasted, whole or only what it ends with. */
function secretIn(pasted: string): string {
  const link = pasted.trim();
  const secret = link.includes("#") ? passOf({ hash: link.slice(link.indexOf("#")) }) : link;
  return (secret ?? "").slice(0, SECRET_LENGTH_MAX);
}

/** What came of an order that was not carried out, or perhaps was. */
function sayOutcome(outcome: Exclude<Outcome, { type: "done" }>): string {
  if (outcome === undefined) return words.orderLost;
  return outcome.code === "badName" ? words.badTokenName : sayRefusal(outcome);
}

let callOffSilence: ReturnType<typeof setTimeout> | undefined;

/** Says what came of something, for long enough to be read. */
function answer(text: string): void {
  byId("answer").textContent = text;
  clearTimeout(callOffSilence);
  callOffSilence = setTimeout(() => byId("answer").textContent = "", ANSWER_MS);
}

function valueOf(form: HTMLFormElement, name: string): string {
  return form.querySelector<HTMLInputElement | HTMLSelectElement>(`[name=${name}]`)!.value.trim();
}

/** A line for a terminal that says something by the API. */
function curlOf(token: string, room: string): string {
  const address = new URL(`/api/rooms/${room}/messages`, location.href).href;
  return ["curl", "-H", `'Authorization: Bearer ${token}'`, "-d", `'${words.sampleMessage}'`, address].join(" ");
}

explainTimes();
keepAgo();
new OperatorPage();
