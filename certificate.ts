/** A certificate, followed by those that vouch for it, and its private key, both in PEM (RFC 7468). */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** The files that they are in. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Why a certificate can't be used; the message is one line for whoever runs the server. */
export class CertificateError extends Error {}

/**
 * Reads a certificate and its key, and sees that Deno can use both together.
 * @throws {CertificateError} naming the file and what to do.
 */
export async function loadCertificate(files: CertificateFiles): Promise<Certificate> {
  const certFlag = `--tls-cert=${JSON.stringify(files.cert)}`;
  const keyFlag = `--tls-key=${JSON.stringify(files.key)}`;
  const [cert, key] = await Promise.all([read(certFlag, files.cert), read(keyFlag, files.key)]);
  if (!/-----BEGIN CERTIFICATE-----/.test(cert)) {
    throw new CertificateError(
      `Cannot use ${certFlag}: no certificate in PEM is in it. Name the file with the full chain`,
    );
  }
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(key)) {
    throw new CertificateError(
      `Cannot use ${keyFlag}: it is locked with a passphrase. Write it without one: openssl pkey -in LOCKED -out KEY`,
    );
  }
  if (!/-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/.test(key)) {
    throw new CertificateError(`Cannot use ${keyFlag}: no private key in PEM is in it. Name the file with the key`);
  }
  try {
    // Deno says so only when it listens, and Node's server, as Deno runs it, only to whoever connects.
    Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key }).close();
  } catch (error) {
    const { message } = error as Error;
    const reason = message.includes("KeyMismatch") ? "the key is that of another certificate" : message;
    throw new CertificateError(
      `Cannot use ${certFlag} with ${keyFlag}: ${reason}. Name the two files that were made together`,
    );
  }
  return { cert, key };
}

async function read(flag: string, file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    throw new CertificateError(`Cannot read ${flag}: ${explain(error as Error)}`);
  }
}

function explain(error: Error): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file. Check its name";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "this user may not read it. Let it, or name a copy that it may";
  }
  return `${error.message}. Name a file in PEM`;
}
