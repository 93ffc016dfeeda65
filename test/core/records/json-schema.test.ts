import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { jsonSchemas } from '../../../src/core/records/json-schema.js';
import { recordSchemas, TensorRef as TensorRefSchema } from '../../../src/core/records/schemas.js';
import { resolveTensor } from '../../../src/core/records/tensor-ref.js';

const docs = fileURLToPath(new URL('../../../docs/', import.meta.url));
const published = (type: string) => JSON.parse(readFileSync(`${docs}schemas/${type}.json`, 'utf8'));
const examples = readFileSync(`${docs}records.md`, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('    {"v":1'))
  .map((line) => JSON.parse(line));

describe('docs/schemas', () => {
  test('are current (npm run build && npm run schemas)', () => {
    const wanted = jsonSchemas();
    expect(readdirSync(`${docs}schemas`).sort()).toEqual(
      Object.keys(wanted)
        .map((type) => `${type}.json`)
        .sort(),
    );
    for (const [type, schema] of Object.entries(wanted)) expect(published(type)).toEqual(schema);
  });

  test('let unknown keys through, as the wire does', () => {
    for (const type of Object.keys(recordSchemas))
      expect(published(type).additionalProperties).not.toBe(false);
  });
});

describe('docs/records.md', () => {
  test('shows every type once', () => {
    expect(examples.map(({ type }) => type)).toEqual(Object.keys(recordSchemas));
  });

  test.each(examples.map((example) => [example.type, example]))('its %s record is valid', (type, example) => {
    recordSchemas[type as keyof typeof recordSchemas].parse(example);
    z.fromJSONSchema(published(type)).parse(example);
  });

  test.each(examples.map((example) => [example.type, example]))(
    'a broken %s record is not',
    (type, example) => {
      const schema = z.fromJSONSchema(published(type));
      expect(schema.safeParse({ ...example, v: 2 }).success).toBe(false);
      const [, required] = (published(type).required as string[]).filter((key) => key !== 'v');
      const { [required!]: _, ...rest } = example;
      expect(schema.safeParse(rest).success).toBe(false);
    },
  );

  test('its inline tensor holds 1, 2, 3, 4', async () => {
    const line = readFileSync(`${docs}records.md`, 'utf8')
      .split('\n')
      .find((text) => text.startsWith('    {"dtype"'));
    const data = await resolveTensor(TensorRefSchema.parse(JSON.parse(line!)), '/');
    expect([...data]).toEqual([1, 2, 3, 4]);
  });
});
