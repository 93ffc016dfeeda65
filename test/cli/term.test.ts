import { describe, expect, test } from 'vitest';
import { canRedraw, colourIsOff, escapeControls, paintFor } from '../../src/cli/term.js';

const onOff = [false, true];
const rows = onOff.flatMap((isTTY) =>
  onOff.flatMap((noColor) => onOff.flatMap((flag) => onOff.map((dumb) => ({ isTTY, noColor, flag, dumb })))),
);

describe('colour', () => {
  test.each(rows)('TTY $isTTY, NO_COLOR $noColor, --no-color $flag, TERM=dumb $dumb', (row) => {
    const { isTTY, noColor, flag, dumb } = row;
    const env = { TERM: dumb ? 'dumb' : 'xterm', ...(noColor && { NO_COLOR: '1' }) };
    const argv = flag ? ['score', '--no-color'] : ['score'];
    const wanted = isTTY && !noColor && !flag && !dumb;
    expect(colourIsOff({ isTTY }, argv, env)).toBe(!wanted);
    expect(paintFor({ isTTY }, argv, env).red('x').includes('\u001b')).toBe(wanted);
  });

  test('an empty NO_COLOR does not count, and --no-color after -- is an argument', () => {
    expect(colourIsOff({ isTTY: true }, [], { NO_COLOR: '', TERM: 'xterm' })).toBe(false);
    expect(colourIsOff({ isTTY: true }, ['--', '--no-color'], {})).toBe(false);
  });

  test('NO_COLOR leaves a terminal its progress bar; TERM=dumb does not', () => {
    expect(canRedraw({ isTTY: true }, { NO_COLOR: '1', TERM: 'xterm' })).toBe(true);
    expect(canRedraw({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(canRedraw({}, { TERM: 'xterm' })).toBe(false);
  });
});

test('every control character becomes visible, everything else stays', () => {
  const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be left
  expect(escapeControls(`${controls}\u2028`)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028]/);
  expect(escapeControls('Gehäuse 😀 "a"\\b\t')).toBe('Gehäuse 😀 "a"\\b\\t');
});
