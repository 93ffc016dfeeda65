/** How far a pull has come. */
export interface PullProgress {
  readonly stage: 'download' | 'unpack' | 'convert';
  /** What is being worked on: a URL, a package, a file. */
  readonly what: string;
  /** Bytes, where they can be counted. */
  readonly done?: number;
  readonly total?: number;
}

export interface FetchOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: PullProgress) => void) | undefined;
}
