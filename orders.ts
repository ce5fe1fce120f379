import { digestOf, makeHookSecret, makeSecret } from "./access.ts";
import type { Deed } from "./journal/journal.ts";
import type { Moderation } from "./moderation.ts";
import { cleanName, type Order, type Person, type Refusal } from "./protocol.ts";
import { nameProblem } from "./text.ts";

/** What has to be known to carry an order out. */
export interface OrderContext {
  readonly moderation: Moderation;
  /** Who gives the order. */
  readonly by: Person;
  /** Whom a user's id means. */
  personOf(user: string): Person;
  /** From where somebody is connected whom one may shut out with their whole network; undefined if there is nobody. */
  networkOf(user: string): string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What an order comes to: what is to be done, and the secret that this makes. */
export interface Errand {
  readonly deed: Deed;
  /** Known to nobody but whoever gave the order. */
  readonly secret?: string;
}

/** Why an order can't be carried out. */
export type OrderRefusal = Pick<Refusal, "code" | "reason">;

/** Makes of an order what is to be done, or says why it can't be. */
export function errandOf(order: Order, context: OrderContext): Errand | OrderRefusal {
  const { moderation, by, now } = context;
  switch (order.type) {
    case "mute":
    case "ban": {
      const { type, user, until } = order;
      if (user === by.id) return { code: "notAllowed", reason: "This would be yourself." };
      const network = order.type === "ban" && order.address ? context.networkOf(user) : undefined;
      return { deed: { type, user, name: context.personOf(user).name, network, until } };
    }
    case "unmute":
      return { deed: { ...order, name: context.personOf(order.user).name } };
    case "unban":
      return ending(order, moderation.bans(now), order.ban);
    case "lock":
    case "unlock":
    case "slow":
      return { deed: order };
    case "link": {
      const secret = makeSecret();
      return { deed: { ...order, digest: digestOf(secret) }, secret };
    }
    case "unlink":
      return ending(order, moderation.links(now), order.link);
    case "token": {
      const name = cleanName(order.name);
      if (nameProblem(name)) return { code: "badName", reason: "A token's name is like that of a person." };
      const secret = makeSecret();
      return { deed: { ...order, name, digest: digestOf(secret) }, secret };
    }
    case "untoken":
      return ending(order, moderation.tokens, order.token);
    case "hook": {
      const secret = makeHookSecret();
      return { deed: { ...order, secret }, secret };
    }
    case "unhook":
      return ending(order, moderation.hooks, order.hook);
  }
}

/** An order that ends something needs that to be there. */
function ending(deed: Deed, acts: readonly { readonly id: number }[], id: number): Errand | OrderRefusal {
  if (acts.some((act) => act.id === id)) return { deed };
  return { code: "notFound", reason: "It has ended already, or never was." };
}
