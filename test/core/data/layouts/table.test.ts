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

  test('spaces around a cell belong to nobody, those inside quotes to the cell', () => {
    expect(cells('a , b\n 1 , "x, y" \n2,\u00a0" z "\n')).toEqual([
      [2, '1', 'x, y'],
      [3, '2', ' z '],
    ]);
  });

  test.each([
    'sep=;\r\na;b\r\n1;2\r\n',
    'sep=;\na;b\n1;2',
    '\uFEFFsep=|\na|b\n1|2\n',
    '"sep=;"\na;b\n1;2\n',
    'SEP=\t\na\tb\n1\t2\n',
    'sep=\\t\ra\tb\r1\t2\r',
  ])('a first line that tells the separator is no header: %j', (text) => {
    expect(cells(text)).toEqual([[3, '1', '2']]);
  });

  test.each([
    'a,b\r1,2\r',
    'a,b\r\n1,2\n',
    'a|b\n1|2',
    'A;B;;\n1;2;;\n;;;\n',
    '"A" , b\n"1",2,,\n',
    '\r\n\r\na,b\r1,2',
  ])('as spreadsheets write it: %j', (text) => {
    const [row] = [...parseCsv(text, 't.csv')];
    expect([...row!.cells]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  test.each([
    ['a,b,c\n1,2,3\n4,5\n', /^t\.csv:3: 2 cells, the header has 3/],
    ['a,b\n1\n', /^t\.csv:2: 1 cells, the header has 2/],
    ['a,b\r1,2\r3\r', /^t\.csv:3: 1 cells/],
    ['sep=;\na;b\n1\n', /^t\.csv:3: 1 cells/],
    ['a,b,A\n1,2,3\n', /^t\.csv:1: the column a is there twice/],
    ['a,,b\n1,2,3\n', /^t\.csv:2: cell 2 is under no name/],
    ['a,b\n"1"x,2\n', /^t\.csv:2: x behind a closing quote/],
  ])('half a row is none: %j', (text, message) => {
    expect(() => cells(text)).toThrow(DataError);
    expect(() => cells(text)).toThrow(message);
  });

  test('an open quote and a row that is too long are refused with their line', () => {
    expect(() => cells('a,b\n1,2\n3,"x\n')).toThrow(/^t\.csv:3: a quote is never closed/);
    expect(() => cells('a,b\n1,2,3')).toThrow(/^t\.csv:2: 3 cells, the header has 2/);
  });
});

async function tableOf(name: string, text: string | Uint8Array): Promise<string> {
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

  const text = 'path,class,label\r\nimg/1.png,Mutter \u00fc,ok\r\nimg/2.png,Mutter \u00fc,ng\r\n';
  const swapped = (bytes: Buffer) => Buffer.from(bytes).swap16();
  test.each([
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16 LE', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16 BE', swapped(Buffer.from(`\uFEFF${text}`, 'utf16le'))],
    ['UTF-16 LE without a mark', Buffer.from(text, 'utf16le')],
    ['UTF-16 BE without a mark', swapped(Buffer.from(text, 'utf16le'))],
  ])('is read in %s', async (_, bytes) => {
    const { records } = await read(await tableOf('t.csv', bytes));
    expect(records.map((r) => [r.class, r.label])).toEqual([
      ['Mutter \u00fc', 'normal'],
      ['Mutter \u00fc', 'anomaly'],
    ]);
    const rows = '{"path":"img/1.png","class":"nut"}\r\n';
    const ndjson = await tableOf('t.ndjson', Buffer.from(`\uFEFF${rows}`, 'utf16le'));
    expect((await read(ndjson)).records).toMatchObject([{ class: 'nut' }]);
  });

  test.each([
    ['an old encoding', Buffer.from(text, 'latin1'), /t\.csv:2: neither UTF-8 nor UTF-16/],
    ['zero bytes', Buffer.from('path\nimg/1.png\nimg/\0.png\n'), /t\.csv:3: a zero byte/],
    ['half a character', Buffer.from(text, 'utf16le').subarray(0, 41), /cut off/],
  ])('in %s is refused with the reason', async (_, bytes, message) => {
    const path = await tableOf('t.csv', bytes);
    await expect(read(path)).rejects.toThrow(DataError);
    await expect(read(path)).rejects.toThrow(message);
  });

  test('from Windows names its folders with backslashes, and may not lead outside by them', async () => {
    const path = await tableOf('t.csv', 'Image Path,LABEL\nimg\\1.png,n.i.O.\n..\\..\\x.png,OK\n');
    const { records } = await read(path);
    const root = path.slice(0, -6);
    expect(records.map((r) => [r.path, r.label])).toEqual([
      [`${root}/img/1.png`, 'anomaly'],
      [`${root}/..\\..\\x.png`, 'normal'],
    ]);
  });

  test('names an image that is listed twice', async () => {
    const path = await tableOf('t.csv', 'path\nimg/1.png\nimg/2.png\nimg/1.png\n');
    expect((await read(path)).issues).toMatchObject([{ kind: 'duplicate', note: 'listed in lines 2 and 4' }]);
  });

  test('never trains on what is defective by its defect, its label, its mask or its folder', async () => {
    const rows =
      'path,defect,label,mask\nimg/1.png,dent,,\nimg/2.png,,ng,\ngt/2.png,,,img/1.png\nimg/3.png,none,,\n';
    const { records, issues } = await read(await tableOf('t.csv', rows), 'auto', { split: 'train' });
    expect(records.map((r) => [r.path.split('/').at(-1), r.label])).toEqual([['3.png', 'normal']]);
    expect(issues.map(({ note }) => note)).toEqual([
      'defective: dent',
      'defective: by its label',
      'it has a mask and no label',
    ]);
    const ng = await tableOf('t.csv', 'path,split\nNG/1.png,train\n');
    await expect(read(ng)).rejects.toThrow(/t\.csv:2: NG\/1\.png is to be trained on, has no label/);
  });
});
