import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Files below some folders whose names end so, relative to the repository. */
function files(folders: readonly string[], ending: RegExp): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && ending.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
}

const code = [...files(['src', 'test', 'bench', 'scripts', 'bin'], /\.(ts|mjs|js|sh|py|wgsl)$/), '.ci/run'];
const pages = [
  ...files(['docs', 'bench/results', 'test'], /\.md$/),
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
];

const fence = /^(```|~~~)[\s\S]*?^\1/gm;
/** The headings of a page, without those of shell comments in its examples. */
function headings(page: string): string[] {
  const text = read(page).replace(fence, '');
  return [...text.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) => heading!);
}

/** The anchor that GitHub gives a heading. */
function anchor(heading: string): string {
  const plain = heading.replace(/[`*]/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return plain
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

/** Sections that a page numbers: "1.6" of the heading "### 1.6 HSS block". */
function sections(page: string): string[] {
  return headings(page).flatMap((heading) => /^(\d+(?:\.\d+)*)\.? /.exec(heading)?.[1] ?? []);
}

/** A path from the root of the repository. */
const path =
  /(?<![\w./~$}-])((?:src|test|bench|scripts|docs|bin)\/[\w./-]*\w\.(?:ts|mjs|sh|py|md|json|html|safetensors))(?!\w)/g;

/** `docs/protocol.md 1.1, 1.3` of comments, with line breaks and stars of the comment between. */
const citation = /docs\/([a-z-]+\.md)((?:[\s*/]+(?:and )?\d+(?:\.\d+)*(?:[,;–](?= ?\d))?)*)/g;

describe('comments', () => {
  test('cite pages and sections that exist', () => {
    const dead: string[] = [];
    let cited = 0;
    for (const file of code) {
      for (const [text, page, numbers] of read(file).matchAll(citation)) {
        if (!existsSync(join(root, 'docs', page!))) {
          dead.push(`${file}: docs/${page} does not exist`);
          continue;
        }
        const known = sections(`docs/${page}`);
        for (const [section] of numbers!.matchAll(/\d+(?:\.\d+)*/g)) {
          cited++;
          if (!known.includes(section))
            dead.push(`${file}: ${text.replace(/\s+/g, ' ')} has no section ${section}`);
        }
      }
    }
    expect(dead).toEqual([]);
    expect(cited).toBeGreaterThan(40);
  });

  test('cite no document that lies outside the repository', () => {
    // Pieced together, so that this file does not find itself.
    const names = ['ALGORITHMS', 'PROTOCOL', 'DESIGN', 'PRACTICE', 'FLOORPLAN', 'FIELD'].join('|');
    const outside = new RegExp(`\\b(${names})(\\.md|[ ,:]+(section )?\\d|[ ,:]+fact)|\\.\\./shared`);
    const citing = [...code, ...pages, 'package.json', 'oclif.manifest.json'].filter(
      (file) => file !== 'test/references.test.ts' && outside.test(read(file)),
    );
    expect(citing).toEqual([]);
  });
});

describe('pages', () => {
  test.each(pages)('%s: every link leads to a file and a heading that exist', (page) => {
    const text = read(page).replace(fence, '');
    const dead = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target]) => {
      if (/^[a-z]+:/.test(target!)) return [];
      const [path, fragment] = target!.split('#') as [string, string?];
      const file = path === '' ? page : relative(root, resolve(root, dirname(page), path));
      if (file.startsWith('..') || !existsSync(join(root, file))) return [`${target}: no such file`];
      if (fragment === undefined || headings(file).map(anchor).includes(fragment)) return [];
      return [`${target}: no such heading`];
    });
    expect(dead).toEqual([]);
  });

  test('and comments name only files that exist', () => {
    const absent = [...pages, ...code].flatMap((file) =>
      [...read(file).matchAll(path)]
        .map(([, name]) => name!)
        // A page in a folder may name files from there.
        .filter((name) => !existsSync(join(root, name)) && !existsSync(join(root, dirname(file), name)))
        .map((name) => `${file}: ${name}`),
    );
    expect(absent).toEqual([]);
  });

  test('the README and ARCHITECTURE lead to every page of docs', () => {
    const linked = ['README.md', 'ARCHITECTURE.md'].map(read).join('\n');
    const missing = files(['docs'], /\.md$/).filter((page) => !linked.includes(`(${page})`));
    expect(missing).toEqual([]);
  });

  test('npm scripts that pages name are those of package.json', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const page of pages) {
      for (const [, name] of read(page).matchAll(/npm run ([\w:-]+)/g)) {
        expect(Object.keys(scripts), page).toContain(name);
      }
    }
  });
});
