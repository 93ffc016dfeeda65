/** Things that can be used by one at a time; who comes when all are taken waits in line. */
export class Available<T> {
  private readonly idle: T[];
  private readonly line: ((item: T) => void)[] = [];

  constructor(items: readonly T[]) {
    this.idle = [...items];
  }

  async use<R>(work: (item: T) => R | Promise<R>): Promise<R> {
    const item = this.idle.length > 0 ? this.idle.pop()! : await this.waitInLine();
    try {
      return await work(item);
    } finally {
      const next = this.line.shift();
      if (next) next(item);
      else this.idle.push(item);
    }
  }

  private waitInLine(): Promise<T> {
    return new Promise((resolve) => this.line.push(resolve));
  }
}
