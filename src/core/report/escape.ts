// Names come from disks and pipes: they may hold markup, line breaks, terminal escapes or marks that turn text around.

const invisible = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]/gu;

/** Control, zero-width and direction marks and lone surrogates as visible escapes: what a person can read and trust. */
export function visibleText(text: string): string {
  return text.replace(invisible, (c) => `\\u${c.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML and XML, in elements and in quoted attributes. */
export function escapeMarkup(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (c) => entities[c]!);
}

/** Text for one cell of a Markdown table. */
export function escapeMarkdown(text: string): string {
  return visibleText(text).replace(/[\\`*_{}[\]<>()#|~&!$@:]/g, (c) => `&#${c.charCodeAt(0)};`);
}
