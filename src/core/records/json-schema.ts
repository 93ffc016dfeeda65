import { z } from 'zod';
import { recordSchemas } from './schemas.js';

/**
 * JSON Schema (2020-12) of every record type, for users' own tools: what mambaad accepts, and so what it writes.
 * Unknown keys are allowed everywhere, as on the wire.
 */
export function jsonSchemas(): Record<string, object> {
  const entries = Object.entries(recordSchemas).map(([type, schema]) => {
    const { $schema, ...body } = z.toJSONSchema(schema, { io: 'input', reused: 'inline' });
    return [type, { $schema, title: `mambaad ${type} record`, ...body }];
  });
  return Object.fromEntries(entries);
}
