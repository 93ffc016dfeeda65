const CHUNK = 1 << 18;

/** A list of keys that grows by whole chunks, so that nothing is copied or doubled while millions arrive. */
export class GrowingKeys {
  private full: Uint32Array[] = [];
  private tail = new Uint32Array(0);
  private used = 0;

  push(key: number): void {
    if (this.used === this.tail.length) this.grow();
    this.tail[this.used++] = key;
  }

  append(keys: Uint32Array): void {
    for (let at = 0; at < keys.length; ) {
      if (this.used === this.tail.length) this.grow();
      const count = Math.min(keys.length - at, this.tail.length - this.used);
      this.tail.set(keys.subarray(at, at + count), this.used);
      this.used += count;
      at += count;
    }
  }

  chunks(): Uint32Array[] {
    return [...this.full, this.tail.subarray(0, this.used)];
  }

  clear(): void {
    this.full = [];
    this.tail = new Uint32Array(0);
    this.used = 0;
  }

  private grow(): void {
    if (this.used > 0) this.full.push(this.tail);
    // Small lists stay small: a class of ten tiny maps must not cost a megabyte.
    this.tail = new Uint32Array(Math.min(CHUNK, Math.max(1024, 2 * this.tail.length)));
    this.used = 0;
  }
}
