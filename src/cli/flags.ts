import * as Flags from '@oclif/core/flags';

/** What every command has to say to people, and how. All of it goes to stderr. */
export const talkFlags = {
  quiet: Flags.boolean({
    char: 'q',
    summary: 'Say nothing but errors.',
    exclusive: ['verbose'],
    helpGroup: 'GLOBAL',
  }),
  verbose: Flags.boolean({ char: 'v', summary: 'Say more.', helpGroup: 'GLOBAL' }),
  'no-color': Flags.boolean({
    summary: 'No colours; NO_COLOR and TERM=dumb do the same.',
    helpGroup: 'GLOBAL',
  }),
  progress: Flags.option({
    options: ['auto', 'plain', 'ndjson', 'none'] as const,
    default: 'auto' as const,
    summary:
      'Progress on stderr: a bar on a terminal and now and then a line elsewhere, or records for programs.',
    helpGroup: 'GLOBAL',
  })(),
};

/** How a command treats the records on its stdin. */
export const inputFlags = {
  'on-bad-line': Flags.option({
    options: ['fail', 'skip'] as const,
    default: 'fail' as const,
    summary: 'A malformed line: fail (65), or skip it and exit 4 at the end.',
    helpGroup: 'INPUT',
  })(),
  'on-error': Flags.option({
    options: ['fail', 'skip'] as const,
    default: 'fail' as const,
    summary:
      'A record that cannot be processed: fail, or write an error record in its place and exit 4 at the end.',
    helpGroup: 'INPUT',
  })(),
  'require-end': Flags.boolean({
    summary:
      'Fail (65) when the input stops without an end record, as it does when the program before us dies.',
    helpGroup: 'INPUT',
  }),
};

/** For commands that compute. */
export const engineFlag = Flags.option({
  options: ['auto', 'tensorflow', 'webgpu', 'wasm', 'cpu'] as const,
  default: 'auto' as const,
  summary: 'What computes; `mambaad doctor` says what this machine has.',
})();
