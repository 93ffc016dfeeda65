import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../../../src/core/data/layouts/csv.js';
import { DataError } from '../../../../src/core/errors.js';
import { picture, read, tree } from './tree.js';

const cells = (text: string) => [...parseCsv(text, 't.csv')].map((row) => [row.line, ...row.cells.values()]);

describe('CSV', () => {
  test('quotes, separators, line breaks, a byte order mark and blank lines are understood', () => {
    expect(cells('\uFEFFa,B\r\n1,"x, ""y"""\r\n\r\n"two\nlines",3')).toEqual([
      [2, '1', 'x, "y"'],
      [4, 'two\nlines', '3'],
    ]);
    expect(cells('a;b\n1,5;2\n')).toEqual([[2, '1,5', '2']]);
    expect(cells('a\tb\n1\t\n')).toEqual([[2, '1', '']]);
    expect([...parseCsv('A,B\n1,2', 't')][0]!.cells).toEqual(
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    );
    expect(cells('')).toEqual([]);
  });

  test('an open quote and a row that is too long are refused with their line', () => {
    expect(() => cells('a,b\n1,2\n3,"x\n')).toThrow(/^t\.csv:3: a quote is never closed/);
    expect(() => cells('a,b\n1,2,3')).toThrow(/^t\.csv:2: 3 cells, the header has 2/);
  });
});

async function tableOf(name: string, text: string): Promise<string> {
  const root = await tree(['img/1.png', 'img/2.png', 'gt/2.png']);
  await writeFile(join(root, name), text);
  return join(root, name);
}

describe('a table of images', () => {
  test('in CSV gives records in its order, paths relative to it, further columns kept', async () => {
    const path = await tableOf(
      't.csv',
      'image,object,split,label,mask,station\nimg/2.png,nut,test,anomaly,gt/2.png,7\nimg/1.png,nut,train,,,\n',
    );
    const root = path.slice(0, -6);
    expect((await read(path)).records).toEqual([
      {
        v: 1,
        type: 'image',
        path: `${root}/img/2.png`,
        class: 'nut',
        split: 'test',
        label: 'anomaly',
        mask: `${root}/gt/2.png`,
        station: '7',
      },
      {
        v: 1,
        type: 'image',
        path: `${root}/img/1.png`,
        class: 'nut',
        split: 'train',
        label: 'normal',
        defect: 'good',
      },
    ]);
    expect((await read(path, 'auto', { split: 'train' })).records).toHaveLength(1);
  });

  test('in NDJSON takes image records as they are', async () => {
    const path = await tableOf(
      't.ndjson',
      '{"v":1,"type":"image","path":"img/1.png","class":"nut","shift":{"n":2},"label":null}\n\n{"path":"img/2.png"}\n{"v":1,"type":"end"}\n',
    );
    const { records } = await read(path, 'auto', { className: 'bolt' });
    expect(records).toMatchObject([{ class: 'nut', shift: { n: 2 } }, { class: 'bolt' }]);
    expect(records[0]).not.toHaveProperty('label');
  });

  test.each([
    ['t.csv', 'path,label\nimg/1.png,perhaps\n', /t\.csv:2: label perhaps/],
    ['t.csv', 'path,split\nimg/1.png,val\n', /t\.csv:2: split val/],
    ['t.csv', 'name\nimg/1.png\n', /t\.csv:2: no image path/],
    ['t.ndjson', '{"path":"img/1.png"}\n{"path":\n', /t\.ndjson:2: not a JSON object/],
    ['t.ndjson', '{"type":"score","path":"img/1.png"}\n', /t\.ndjson:1: a record of type score/],
  ])('%s with a wrong row is refused with its line: %s', async (name, text, message) => {
    const reading = read(await tableOf(name, text));
    await expect(reading).rejects.toThrow(DataError);
    await expect(read(await tableOf(name, text))).rejects.toThrow(message);
  });

  const outside = [
    '../x.png',
    '/etc/passwd',
    'img/../../x.png',
    '/dev/zero',
    'a\u0000b.png',
    'out/x.png',
    'link.png',
    '',
  ];
  test.each(outside)('does not lead outside its folder: %j', async (name) => {
    const path = await tableOf('t.ndjson', `${JSON.stringify({ path: 'img/1.png', mask: name || '..' })}\n`);
    const root = path.slice(0, -9);
    const elsewhere = await tree(['x.png']);
    await symlink(elsewhere, join(root, 'out'));
    await symlink(join(elsewhere, 'x.png'), join(root, 'link.png'));
    await expect(read(path)).rejects.toThrow(/t\.ndjson:1: .*(leads outside|no file name)/);
  });

  test('may lead outside when allowed, and smuggles no path of bytes', async () => {
    const elsewhere = await tree({ 'x.png': picture });
    const path = await tableOf(
      't.ndjson',
      `${JSON.stringify({ path: join(elsewhere, 'x.png'), path_b64: 'L2V0Yy9wYXNzd2Q=' })}\n`,
    );
    const { records } = await read(path, 'auto', { allowOutside: true });
    expect(records).toEqual([{ v: 1, type: 'image', path: join(elsewhere, 'x.png'), class: 'default' }]);
  });
});
