/** Every worker that is made from now on, until it is disposed of: for tests that disturb them. */
export class CapturedWorkers implements Disposable {
  readonly all: Worker[] = [];
  readonly #original = globalThis.Worker;

  constructor() {
    const { all } = this;
    globalThis.Worker = class extends this.#original {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        all.push(this);
      }
    };
  }

  [Symbol.dispose](): void {
    globalThis.Worker = this.#original;
  }
}
