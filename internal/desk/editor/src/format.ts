// The text of a story as the server keeps it (internal/prose). The editor's own
// tree is never stored: convert.ts goes from one to the other, and what neither
// knows does not pass.

export interface Span {
  text?: string;
  bold?: boolean;
  italic?: boolean;
  link?: string;
  statement?: string;
  note?: string;
}

export type Text = string | (string | Span)[];

export interface Block {
  type: string;
  id?: string;
  text?: Text;
  level?: number;
  ordered?: boolean;
  items?: Text[];
  paragraphs?: Text[];
  cite?: Text;
  src?: string;
  alt?: string;
  width?: number;
  height?: number;
  focus?: [number, number];
  caption?: Text;
  credit?: string;
  licence?: string;
  head?: boolean;
  rows?: Text[][];
  url?: string;
  author?: string;
  still?: string;
  saved?: Text;
  captured?: string;
  at?: string;
  key?: boolean;
  pin?: boolean;
}

export interface Doc {
  version: 1;
  blocks: Block[];
}

export const spans = (text: Text | undefined): Span[] =>
  text === undefined ? [] : typeof text === "string" ? (text === "" ? [] : [{ text }]) : text.map((s) => (typeof s === "string" ? { text: s } : s));

/** The words of a text, without marks. */
export const plain = (text: Text | undefined): string =>
  spans(text)
    .map((s) => s.text ?? "")
    .join("");

/** Joins neighbours with the same marks and writes the shortest form. */
export function joined(all: Span[]): Text {
  const out: Span[] = [];
  for (const s of all) {
    const last = out.at(-1);
    if (!s.text) {
      if (!s.note) continue;
      if (last && !last.note) last.note = s.note;
      else out.push({ text: "", note: s.note });
      continue;
    }
    const same =
      last && !last.note && !!last.bold === !!s.bold && !!last.italic === !!s.italic && (last.link ?? "") === (s.link ?? "") && (last.statement ?? "") === (s.statement ?? "");
    if (same) {
      last.text += s.text;
      if (s.note) last.note = s.note;
    } else out.push({ ...s });
  }
  const bare = (s: Span) => !s.bold && !s.italic && !s.link && !s.statement && !s.note;
  if (out.length === 0) return "";
  if (out.length === 1 && bare(out[0])) return out[0].text ?? "";
  return out.map((s) => (bare(s) ? (s.text ?? "") : s));
}

/** Whether a link may lead there; the server judges again (prose/link.go). */
export function safeLink(address: string): boolean {
  if (/[\s\\\u0000-\u0020\u007f-\u009f\u200b\u2028-\u202f\u2060-\u206f\ufeff]/.test(address)) return false;
  if (/^https?:\/\/[^/?#]/i.test(address)) return true;
  if (/^mailto:./i.test(address)) return true;
  return address.startsWith("/") && !address.startsWith("//");
}

export const safeImage = (address: string): boolean => address.startsWith("/") && safeLink(address);
