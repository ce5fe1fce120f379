/** What carries hints between nodes. They may be lost; what comes from one node comes in order. */
export interface Bus {
  /** Tells all the others, who are told nothing of their own. What can't be sent is lost. */
  send(hint: string): void;
  /** From now on calls back with what others send. Called once. */
  listen(listener: (hint: string) => void): void;
}
