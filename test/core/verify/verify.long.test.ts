import { test } from 'vitest';
import { expectAgreement, slow } from './fixture-kinds.js';

test.each(Object.entries(slow))('%s agrees with the reference implementation on cpu', (file, kind) =>
  expectAgreement('cpu', file, kind),
);

test('rd4ad.safetensors agrees with the reference implementation on wasm', () =>
  expectAgreement('wasm', 'rd4ad.safetensors', slow['rd4ad.safetensors']));
