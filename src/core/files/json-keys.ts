/**
 * The first key that a JSON text names twice in one object, or undefined. JSON.parse keeps the last one silently,
 * which would let two readers of one file see different contents.
 *
 * @param text well-formed JSON
 */
export function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // keys of each open object; undefined for an array
  let keyNext = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === '{') {
      open.push(new Set());
      keyNext = true;
    } else if (c === '[') {
      open.push(undefined);
      keyNext = false;
    } else if (c === '}' || c === ']') {
      open.pop();
      keyNext = false;
    } else if (c === ',') {
      keyNext = open.at(-1) !== undefined;
    } else if (c === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keyNext && keys) {
        const key = JSON.parse(text.slice(at, end)) as string; // escapes decoded: "a" and "\u0061" are one key
        if (keys.has(key)) return key;
        keys.add(key);
        keyNext = false;
      }
      at = end - 1;
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
