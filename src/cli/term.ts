// As the user set it: main.ts sets NO_COLOR for oclif's sake when stdout alone must stay plain.
const asStarted = { ...process.env };

interface Stream {
  isTTY?: boolean;
}

/**
 * Whether a stream must stay free of colour: not a terminal, NO_COLOR set and not empty (no-color.org), TERM=dumb, or
 * --no-color. stdout and stderr are judged one by one: one may be a pipe while the other is a terminal.
 */
export function colourIsOff(
  stream: Stream,
  argv: readonly string[] = process.argv,
  env: NodeJS.ProcessEnv = asStarted,
): boolean {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  return !stream.isTTY || Boolean(env.NO_COLOR) || env.TERM === 'dumb' || flags.includes('--no-color');
}

/** Whether lines can be redrawn in place. */
export function canRedraw(stream: Stream, env: NodeJS.ProcessEnv = asStarted): boolean {
  return Boolean(stream.isTTY) && env.TERM !== 'dumb';
}

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
}

const wrap = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`;
const plain = (text: string) => text;

/** Colours for a stream, or the identity where colour is off. */
export function paintFor(stream: Stream, argv?: readonly string[], env?: NodeJS.ProcessEnv): Paint {
  if (colourIsOff(stream, argv, env)) {
    return { bold: plain, dim: plain, red: plain, yellow: plain, green: plain };
  }
  return {
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    red: wrap(31, 39),
    yellow: wrap(33, 39),
    green: wrap(32, 39),
  };
}

const short: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/** Makes control characters visible: a file name must not be able to steer the terminal or fake a second line. */
export function escapeControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (char) => {
    return short[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
