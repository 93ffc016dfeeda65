import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Commands that help or a page shows. */
export interface Example {
  /** Where they stand. */
  from: string;
  script: string;
}

/** For the name of a test: one line. */
export function title({ from, script }: Example): string {
  return `${from}: ${script.replace(/\s*\\?\n\s*/g, ' ⏎ ')}`;
}

interface Manifest {
  commands: Record<string, { examples?: string[]; flags: Record<string, { char?: string }> }>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

export const manifest: Manifest = JSON.parse(read('oclif.manifest.json'));

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];

/** Every example of a command's help, and every block of shell commands on a page; what stands twice comes once. */
export function examples(): Example[] {
  const help = Object.entries(manifest.commands).flatMap(([id, { examples: scripts = [] }]) =>
    scripts.map((script) => ({ from: `mambaad ${id.replaceAll(':', ' ')} --help`, script })),
  );
  const shown = pages
    .filter((page) => page.endsWith('.md'))
    .flatMap((page) => blocks(read(page)).map((script) => ({ from: page, script })));
  const all = [...help, ...shown].filter(({ script }) => isShell(script));
  return all.filter(({ script }, i) => all.findIndex((other) => other.script === script) === i);
}

/** Code of a page: what is fenced as shell, and what is indented by four spaces, without the indentation. */
function blocks(page: string): string[] {
  const fenced = [...page.matchAll(/^```(?:sh|bash)\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
  const rest = page.replace(/^```[\s\S]*?^```$/gm, '');
  // Within a block there may be empty lines.
  const indented = [...rest.matchAll(/(?<=\n\n)(?: {4}.*\n(?:\n(?= {4}))?)+/g)].map(([code]) =>
    code.replace(/^ {4}/gm, ''),
  );
  return [...fenced, ...indented].map((code) => code.trimEnd());
}

/** Whether a block calls the program, or works on its records. Records themselves and crontab lines do not. */
function isShell(script: string): boolean {
  return /^([A-Z_]+=\S+ )*(mambaad|jq|mlr) |[|;] *\\?\n? *mambaad |^\s+mambaad /m.test(script);
}
