import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { type Example, examples, manifest, title } from './collect.js';

// What the examples do is tried in examples.long.test.ts; here, whether they could.
const all = examples();

/** Words of each command of a script, by the shell's own rules: its expansion leaves one a line. */
function calls({ script }: Example): string[][] {
  // Commands are defined as functions that print their words; redirections and other programs come to nothing.
  const program = `mambaad() { printf '%s\\0' "$@"; printf '\\1'; }
    ssh() { shift; "$@"; }
    nice() { shift 2; "$@"; }
    command_not_found_handle() { :; }
    PATH=/nonexistent
    ${separated(script)}`;
  const { stdout } = spawnSync('bash', ['-c', program], { encoding: 'utf8', cwd: '/' });
  return stdout
    .split('\u0001')
    .slice(0, -1)
    .map((words) => words.split('\0').slice(0, -1));
}

/** The same commands one after the other: pipes between them cut, redirections gone. */
function separated(script: string): string {
  const parts = script.match(/'[^']*'|"(?:\\.|[^"])*"|\\\n|#.*|[^'"\\#]+|./g) ?? [];
  return parts
    .map((part) => {
      if (part === '\\\n' || part.startsWith('#')) return ' ';
      if (/^['"]/.test(part)) return part;
      return part
        .replace(/\|\|?\s*|&&/g, '\n')
        .replace(/[<>]+\s*\S+/g, '')
        .replace(/^\s*(PATH=|exit|\[).*$/gm, '');
    })
    .join('');
}

describe.each(all.map((example) => [title(example), example] as const))('%s', (_, example) => {
  test('is written as a shell reads it', () => {
    const { status, stderr } = spawnSync('bash', ['-n', '-c', example.script], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('calls commands that there are, with flags that they have', () => {
    const named = example.script.replace(/(?<=^|\s)#.*$/gm, '').match(/(?<![\w.~/-])mambaad [a-z]/g) ?? [];
    const found = calls(example);
    expect(found).toHaveLength(named.length);
    for (const words of found) {
      const [first, second] = words as [string, string?];
      const id = manifest.commands[first] ? first : `${first}:${second}`;
      expect(Object.keys(manifest.commands)).toContain(id);
      const { flags } = manifest.commands[id]!;
      const known = Object.entries(flags).flatMap(([name, { char }]) => [`--${name}`, `-${char}`]);
      for (const word of words.filter((text) => /^--?[a-z]/.test(text))) expect(known).toContain(word);
    }
  });

  test('asks nothing of jq that version 1.6 cannot do', () => {
    // New in 1.7 and 1.8.
    const recent = /\b(pick|toarray|abs|trim|ltrim|rtrim|trimstr|have_decnum)\b|@base32d/;
    for (const [, filter] of example.script.matchAll(/\bjq (?:-\w+ )*('[^']*'|"(?:\\.|[^"])*")/g)) {
      expect(filter).not.toMatch(recent);
      // 3 is jq's code for a program that does not compile; where there is no jq, there is none.
      expect(spawnSync('bash', ['-c', `jq -n ${filter}`]).status).not.toBe(3);
      // `if` without `else`.
      expect((filter!.match(/\bif\b/g) ?? []).length).toBe((filter!.match(/\belse\b/g) ?? []).length);
    }
  });
});

test('there are examples of every command, and calls are found in them', () => {
  const called = new Set(all.flatMap((example) => calls(example).map((words) => words[0])));
  for (const id of Object.keys(manifest.commands)) expect(called).toContain(id.split(':')[0]);
});
