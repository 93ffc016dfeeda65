import type { Check } from './check.js';
import type { Fixture } from './fixture.js';

/** A sort of parity fixture: how to know one, and how to check it on the engine that is open. */
export interface FixtureKind {
  readonly name: string;
  /** By content, never by file name. */
  matches(fixture: Fixture): boolean;
  check(fixture: Fixture): Promise<Check[]> | Check[];
}
