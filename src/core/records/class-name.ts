/**
 * The one spelling of a class's name. The same "Prüfling" comes composed from a keyboard and decomposed from some file
 * systems; names of classes are compared, grouped and written in Unicode's composed form (NFC).
 */
export function className(name: string): string {
  return name.normalize('NFC');
}

/** A set of classes that finds a name in either spelling. */
export class ClassNames extends Set<string> {
  constructor(names: Iterable<string>) {
    super();
    for (const name of names) this.add(name);
  }

  override add(name: string): this {
    return super.add(className(name));
  }

  override has(name: string): boolean {
    return super.has(className(name));
  }
}
