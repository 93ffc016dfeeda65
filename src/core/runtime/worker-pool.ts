import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parentPort, type TransferListItem, Worker } from 'node:worker_threads';
import * as errors from '../errors.js';
import { turnTelemetryOff } from './telemetry.js';

interface Request {
  id: number;
  task: string;
  payload: unknown;
}

type Reply =
  | { id: number; value: unknown }
  | { id: number; error: { name: string; message: string; stack?: string } };

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const pools = new Set<WorkerPool>();

/** Whether a thread is inside native code that does not survive an orderly exit of the process. */
export function fragileThreadsAreBusy(): boolean {
  return [...pools].some((pool) => pool.isFragile && pool.isBusy);
}

/** Threads that answer tasks by name; each keeps its own engine and memory. */
export class WorkerPool {
  private readonly workers: Worker[];
  private readonly pending = new Map<number, Pending>();
  private idle: (() => void) | undefined;
  private nextId = 0;

  /**
   * @param script the module the threads run; it calls `serve`
   * @param isFragile whether the threads run native code (onnxruntime), which takes the whole process down when it
   *   loses its thread while it works
   */
  constructor(
    script: URL,
    count: number,
    readonly isFragile = false,
  ) {
    turnTelemetryOff();
    this.workers = Array.from({ length: count }, () => this.start(compiled(script)));
    pools.add(this);
  }

  get isBusy(): boolean {
    return this.pending.size > 0;
  }

  get size(): number {
    return this.workers.length;
  }

  /** Runs one task on one thread. */
  call<T>(worker: number, task: string, payload: unknown, transfer: TransferListItem[] = []): Promise<T> {
    const id = this.nextId++;
    return new Promise<T>((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.workers[worker]!.postMessage({ id, task, payload } satisfies Request, transfer);
    });
  }

  /** Runs the task on every thread, each with its own payload. */
  callAll<T>(task: string, payload: (worker: number) => unknown): Promise<T[]> {
    return Promise.all(this.workers.map((_, worker) => this.call<T>(worker, task, payload(worker))));
  }

  /** Ends the threads: fragile ones when their tasks are done, others at once. */
  async close(): Promise<void> {
    if (this.isFragile && this.isBusy) {
      await new Promise<void>((resolve) => {
        this.idle = resolve;
      });
    }
    pools.delete(this);
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private start(script: URL): Worker {
    const worker = new Worker(script);
    worker.on('message', (reply: Reply) => this.settle(reply));
    worker.on('error', (error) => this.failAll(error));
    worker.on('exit', () => this.failAll(new Error('a worker thread ended before its work was done')));
    return worker;
  }

  private settle(reply: Reply): void {
    const waiting = this.pending.get(reply.id);
    this.pending.delete(reply.id);
    if ('error' in reply) waiting?.reject(revive(reply.error));
    else waiting?.resolve(reply.value);
    if (!this.isBusy) this.idle?.();
  }

  private failAll(error: Error): void {
    for (const waiting of this.pending.values()) waiting.reject(error);
    this.pending.clear();
    this.idle?.();
  }
}

type Handler = (payload: never) => unknown;

/** In a worker thread: answers tasks with the handler of their name. */
export function serve(handlers: Record<string, Handler>): void {
  parentPort!.on('message', async ({ id, task, payload }: Request) => {
    try {
      const value = await handlers[task]!(payload as never);
      parentPort!.postMessage({ id, value } satisfies Reply, transferable(value));
    } catch (error) {
      const { name, message, stack } = error as Error;
      parentPort!.postMessage({ id, error: { name, message, stack } } satisfies Reply);
    }
  });
}

/** Large arrays at the top level of a reply move instead of being copied. */
function transferable(value: unknown): TransferListItem[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value)
    .filter(
      (part): part is Float32Array => part instanceof Float32Array && part.buffer instanceof ArrayBuffer,
    )
    .map((part) => part.buffer as ArrayBuffer);
}

function revive({ name, message, stack }: { name: string; message: string; stack?: string }): Error {
  const kind = (errors as Record<string, unknown>)[name];
  const error =
    typeof kind === 'function' ? new (kind as new (message: string) => Error)(message) : new Error(message);
  error.stack = stack;
  return error;
}

/** Under a test runner the modules are TypeScript sources, which threads cannot run: use the built ones. */
function compiled(script: URL): URL {
  if (existsSync(fileURLToPath(script))) return script;
  return new URL(script.href.replace('/src/', '/dist/'));
}
