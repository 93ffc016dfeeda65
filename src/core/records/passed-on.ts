/** A record that a command does not work on: it goes through in the very text it came in, and keeps its place. */
export class PassedOn {
  constructor(readonly text: string) {}
}
