/** The value of a gauge or counter at a server's /metrics, by its name and labels. */
export async function metricAt(server: string | URL, name: string): Promise<number> {
  const text = await (await fetch(new URL("/metrics", server))).text();
  const line = text.split("\n").find((line) => line.startsWith(`${name} `));
  if (line === undefined) throw new Error(`There is no ${name} in ${text}`);
  return Number(line.split(" ").at(-1));
}
