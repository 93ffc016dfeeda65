import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'src', 'core');

/**
 * JavaScript of some folders of src/core in a temporary folder: what a child process that is to be killed can load.
 * Types are stripped, nothing else changes. Returns the folder that stands for src/core.
 */
export function compiledCore(...folders: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'core-'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  symlinkSync(join(source, '..', '..', 'node_modules'), join(root, 'node_modules'));
  for (const folder of ['.', ...folders]) {
    mkdirSync(join(root, folder), { recursive: true });
    for (const name of readdirSync(join(source, folder)).filter((n) => n.endsWith('.ts'))) {
      const text = readFileSync(join(source, folder, name), 'utf8');
      const { outputText } = ts.transpileModule(text, {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
      });
      writeFileSync(join(root, folder, name.replace(/ts$/, 'js')), outputText);
    }
  }
  return root;
}
