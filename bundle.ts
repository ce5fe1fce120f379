/** What a module takes from another, and what it gives, in the only forms that the page's modules have. */
const IMPORT = /^import\s*\{([^}]*)\}\s*from\s*"([^"]+)";/gm;
const EXPORT = /^export ((?:async )?function|class|const) (\w+)/gm;

/**
 * Makes one module of all that a module starts with. Sixty files take a browser a quarter longer to load than one, and
 * compress to a quarter more. What a module imports later, by `import()`, stays a file of its own.
 *
 * Each module becomes a function that is called once, after those that it imports from, and gives its exports. They are
 * named and never assigned to; anything else is refused here rather than changed in meaning.
 * @param modules JavaScript by path, such as "static/page.ts"; every statement begins a line.
 * @param entry the path of the module that the others are for.
 * @throws when a module is not there, imports itself by way of others, imports what is not exported, or does either in
 * another form.
 */
export function bundle(modules: ReadonlyMap<string, string>, entry: string): string {
  const exports = new Map<string, readonly string[]>();
  const parts: string[] = [];

  const add = (path: string, importers: readonly string[]) => {
    if (importers.includes(path)) throw new Error(`${path} imports itself, by way of ${importers.join(", ")}`);
    if (exports.has(path)) return;
    const module = modules.get(path);
    if (module === undefined) throw new Error(`${importers.at(-1)} imports ${path}, which is not there`);

    const exported: string[] = [];
    const body = module
      .replace(IMPORT, (_, names: string, specifier: string) => {
        const source = resolve(specifier, path);
        add(source, [...importers, path]);
        const bindings = names.split(",").map((name) => name.trim().split(" as ")).filter(([name]) => name !== "");
        const missing = bindings.find(([name]) => !exports.get(source)!.includes(name!));
        if (missing) throw new Error(`${path} imports ${missing[0]}, which ${source} does not export`);
        return `const { ${bindings.map((names) => names.join(": ")).join(", ")} } = ${variable(source)};`;
      })
      .replace(EXPORT, (_, kind: string, name: string) => {
        exported.push(name);
        return `${kind} ${name}`;
      });
    const other = /^(?:import(?!\()|export)\b.*/m.exec(body);
    if (other) throw new Error(`${path} has an import or export that can't be bundled: ${other[0]}`);
    exports.set(path, exported);
    parts.push(`// ${path}\nconst ${variable(path)} = (() => {\n${body}\nreturn { ${exported.join(", ")} };\n})();\n`);
  };

  add(entry, []);
  return parts.join("");
}

/** The path of what a module imports. */
function resolve(specifier: string, importer: string): string {
  return new URL(specifier, `file:///${importer}`).pathname.slice(1);
}

/** What the bundle calls a module; no module has names with a $. */
function variable(path: string): string {
  return `$${path.replace(/\W/g, "_")}`;
}
