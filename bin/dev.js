#!/usr/bin/env node
// Like run.js, after compiling what changed: for work on mambaad itself.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url));
const state = fileURLToPath(new URL('../dist/.tsbuildinfo', import.meta.url));
const flags = ['-p', root, '--incremental', '--tsBuildInfoFile', state];
// The compiler's talk goes to stderr: stdout belongs to records.
const { status } = spawnSync(tsc, flags, { stdio: ['ignore', 2, 2] });
if (status === 0) await import('./run.js');
else process.exitCode = status ?? 1;
