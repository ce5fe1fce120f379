import { join } from "node:path";
import type { CertificateFiles } from "../certificate.ts";
import { run } from "./programs.ts";

/** A certificate of a test's own for localhost and 127.0.0.1, in a folder that goes with `await using`. Takes openssl. */
export class TestCertificate implements AsyncDisposable {
  readonly folder: string;
  readonly files: CertificateFiles;

  private constructor(folder: string) {
    this.folder = folder;
    this.files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  }

  static async make(): Promise<TestCertificate> {
    const certificate = new TestCertificate(await Deno.makeTempDir({ prefix: "hubbub-tls-" }));
    await certificate.renew();
    return certificate;
  }

  /** The flags that have a server use it. */
  get flags(): string[] {
    return [`--tls-cert=${this.files.cert}`, `--tls-key=${this.files.key}`];
  }

  /** Puts another certificate, with another key, into the same files. */
  async renew(): Promise<void> {
    const { cert, key } = this.files;
    // Not one that can vouch for others, which would not be taken for that of a server.
    const extensions = ["subjectAltName=DNS:localhost,IP:127.0.0.1", "basicConstraints=critical,CA:FALSE"];
    const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const added = extensions.flatMap((extension) => ["-addext", extension]);
    await run("openssl", "req", ...kind, "-subj", "/CN=Hubbub", ...added, "-keyout", key, "-out", cert);
  }

  /** What trusts the certificate that is there now, and no other, and keeps no connection. */
  async client(): Promise<Deno.HttpClient> {
    const caCerts = [await Deno.readTextFile(this.files.cert)];
    return Deno.createHttpClient({ caCerts, poolMaxIdlePerHost: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
