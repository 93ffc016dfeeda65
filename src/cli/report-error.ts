import { MambaadError } from '../core/errors.js';
import { escapeControls } from './term.js';
import { usageMessage } from './usage-message.js';

let commandName = '';
let packageRoot = '.';

/** Remembers where the package lies, whose manifest names its commands. */
export function namePackage(root: string): void {
  packageRoot = root;
}

/** Remembers which command runs, for the head of its messages. */
export function nameCommand(id: string | undefined): void {
  commandName = (id ?? '').replaceAll(':', ' ');
}

/** `mambaad score`, or `mambaad` as long as no command is known. */
export function speaker(): string {
  return commandName ? `mambaad ${commandName}` : 'mambaad';
}

/** One line that says what went wrong; under DEBUG=mambaad:* the stack follows. */
export function describeError(error: unknown): string {
  const line = `${speaker()}: ${escapeControls(messageOf(error))}`;
  const stack = error instanceof Error && isDebugging() ? error.stack : undefined;
  return stack ? `${line}\n${stack}` : line;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('oclif' in error) return `${usageMessage(error, packageRoot)}; see ${speaker()} --help`;
  if (error instanceof MambaadError || 'errno' in error) return error.message;
  return `unexpected ${error.name}: ${error.message} (DEBUG=mambaad:* shows where)`;
}

/** DEBUG=mambaad:*, or * */
export function isDebugging(): boolean {
  return (process.env.DEBUG ?? '').split(/[\s,]+/).some((name) => name === '*' || name.startsWith('mambaad'));
}
