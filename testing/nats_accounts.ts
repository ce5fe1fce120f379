import { nkeys } from "@nats-io/nats-core";
import { Buffer } from "node:buffer";

// Of everything as much as there is: -1 is no limit, and what is not named is 0.
const USER_LIMITS = { subs: -1, data: -1, payload: -1 };
const ACCOUNT_LIMITS = { ...USER_LIMITS, imports: -1, exports: -1, conn: -1, leaf: -1, wildcards: true };
const JETSTREAM_LIMITS = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

/**
 * An operator of NATS with an account for itself and one for Hubbub, as `nsc` makes them: nobody comes in without a token
 * (a JWT) that the account has signed, whose own token the operator has signed.
 */
export class NatsOperator {
  /** For the file of a nats-server that trusts this operator alone. */
  readonly config: string;
  readonly #account = nkeys.createAccount();

  /** @param withJetStream whether Hubbub's account may have streams. */
  constructor({ withJetStream } = { withJetStream: true }) {
    const operator = nkeys.createOperator();
    const system = nkeys.createAccount();
    const limits = { ...ACCOUNT_LIMITS, ...withJetStream ? JETSTREAM_LIMITS : {} };
    this.config = `
      operator: ${tokenOf(operator, operator, { type: "operator" })}
      system_account: ${system.getPublicKey()}
      resolver: MEMORY
      resolver_preload: {
        ${system.getPublicKey()}: ${tokenOf(operator, system, { type: "account", limits: ACCOUNT_LIMITS })}
        ${this.#account.getPublicKey()}: ${tokenOf(operator, this.#account, { type: "account", limits })}
      }`;
  }

  /** A new user of Hubbub's account: a token, and the seed of the key that it names. */
  makeUser(): { readonly token: string; readonly seed: string } {
    const user = nkeys.createUser();
    return {
      token: tokenOf(this.#account, user, { type: "user", ...USER_LIMITS }),
      seed: new TextDecoder().decode(user.getSeed()),
    };
  }
}

/** A file of credentials as NATS's own tools write it. */
export function credentialsOf({ token, seed }: ReturnType<NatsOperator["makeUser"]>): string {
  return `-----BEGIN NATS USER JWT-----
${token}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------
`;
}

/** The word of whoever has a key on who has another (NATS ADR-14). */
function tokenOf(issuer: nkeys.KeyPair, subject: nkeys.KeyPair, about: Readonly<Record<string, unknown>>): string {
  const claims = {
    jti: crypto.randomUUID(),
    iat: Math.floor(Date.now() / 1_000),
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    nats: { ...about, version: 2 },
  };
  const signed = [{ typ: "JWT", alg: "ed25519-nkey" }, claims].map((part) => base64(JSON.stringify(part))).join(".");
  return `${signed}.${base64(issuer.sign(new TextEncoder().encode(signed)))}`;
}

function base64(what: string | Uint8Array): string {
  return Buffer.from(what as string).toString("base64url");
}
