// Writes docs/schemas/<type>.json from the one definition of the records, src/core/records/schemas.ts.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonSchemas } from '../dist/core/records/json-schema.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs', 'schemas');
mkdirSync(folder, { recursive: true });
for (const old of readdirSync(folder)) rmSync(join(folder, old));
for (const [type, schema] of Object.entries(jsonSchemas())) {
  writeFileSync(join(folder, `${type}.json`), `${JSON.stringify(schema, undefined, 2)}\n`);
}
