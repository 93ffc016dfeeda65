/**
 * A name in the one form in which names are compared. macOS writes "é" as two characters (NFD), other systems as one
 * (NFC): the same name to a person. Paths keep their bytes; only what is compared goes through here.
 */
export function nameForm(name: string): string {
  return name.normalize('NFC');
}
