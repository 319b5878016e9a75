// From the server's blocks to the editor's tree and back. Unknown blocks, marks
// and attributes are left out on both ways.
import { type Block, type Doc, joined, type Span, safeImage, safeLink, spans, type Text } from "./format";

interface Mark {
  type: string;
  attrs?: Record<string, unknown>;
}

/** A node of the editor's tree, as JSON. */
export interface Tree {
  type: string;
  attrs?: Record<string, any>;
  content?: Tree[];
  marks?: Mark[];
  text?: string;
}

function inline(text: Text | undefined): Tree[] {
  const out: Tree[] = [];
  for (const s of spans(text)) {
    const marks: Mark[] = [];
    if (s.link && safeLink(s.link)) marks.push({ type: "link", attrs: { href: s.link } });
    if (s.statement) marks.push({ type: "statement", attrs: { id: s.statement } });
    if (s.bold) marks.push({ type: "bold" });
    if (s.italic) marks.push({ type: "italic" });
    const lines = (s.text ?? "").split("\n");
    lines.forEach((line, i) => {
      if (i > 0) out.push({ type: "hardBreak", marks });
      if (line !== "") out.push({ type: "text", text: line, marks });
    });
    if (s.note) out.push({ type: "footnote", attrs: { text: s.note } });
  }
  return out;
}

const paragraph = (text: Text | undefined, id?: string): Tree => ({ type: "paragraph", attrs: { id: id ?? null }, content: inline(text) });

function block(b: Block): Tree | undefined {
  const id = b.id ?? null;
  switch (b.type) {
    case "paragraph":
      return paragraph(b.text, b.id);
    case "heading":
      return { type: "heading", attrs: { id, level: b.level ?? 2 }, content: inline(b.text) };
    case "quote": {
      const content = (b.paragraphs ?? []).map((t) => paragraph(t));
      content.push({ type: "cite", content: inline(b.cite) });
      return { type: "quote", attrs: { id }, content };
    }
    case "list":
      return {
        type: b.ordered ? "orderedList" : "bulletList",
        attrs: { id },
        content: (b.items ?? []).map((t) => ({ type: "listItem", content: [paragraph(t)] })),
      };
    case "image":
      return {
        type: "picture",
        attrs: { id, src: b.src, alt: b.alt ?? "", width: b.width ?? 0, height: b.height ?? 0, focus: b.focus ?? null, credit: b.credit ?? "", licence: b.licence ?? "" },
        content: inline(b.caption),
      };
    case "rule":
      return { type: "horizontalRule", attrs: { id } };
    case "embed":
      return {
        type: "card",
        attrs: { id, url: b.url, author: b.author ?? "", still: b.still ?? "", saved: b.saved ?? "", captured: b.captured ?? "" },
        content: inline(b.text),
      };
    case "table": {
      const rows = (b.rows ?? []).map((row, i) => ({
        type: "tableRow",
        content: row.map((cell) => ({ type: b.head && i === 0 ? "tableHeader" : "tableCell", content: [paragraph(cell)] })),
      }));
      return { type: "tableBlock", attrs: { id }, content: [{ type: "table", content: rows }, { type: "tableCaption", content: inline(b.caption) }] };
    }
    case "entry":
      return { type: "entry", attrs: { id, at: b.at ?? "", key: !!b.key, pin: !!b.pin }, content: inline(b.text) };
    default:
      return undefined;
  }
}

/** The editor's tree of a document. It always has a line to write on. */
export function toTree(doc: Doc): Tree {
  const content = doc.blocks.map(block).filter((b) => b !== undefined);
  return { type: "doc", content: content.length ? content : [{ type: "paragraph" }] };
}

function words(nodes: Tree[] | undefined): Text {
  const out: Span[] = [];
  for (const n of nodes ?? []) {
    if (n.type === "footnote") {
      const note = String(n.attrs?.text ?? "").trim();
      if (note) out.push({ text: "", note });
      continue;
    }
    const s: Span = { text: n.type === "hardBreak" ? "\n" : (n.text ?? "") };
    for (const m of n.marks ?? []) {
      const link = String(m.attrs?.href ?? "");
      const id = String(m.attrs?.id ?? "");
      if (m.type === "bold") s.bold = true;
      else if (m.type === "italic") s.italic = true;
      else if (m.type === "link" && safeLink(link)) s.link = link;
      else if (m.type === "statement" && /^[a-z0-9]{1,40}$/.test(id)) s.statement = id;
    }
    out.push(s);
  }
  return joined(out);
}

const empty = (t: Text) => t.length === 0;

function toBlock(n: Tree): Block | undefined {
  const a = n.attrs ?? {};
  const b: Block = { type: "" };
  if (typeof a.id === "string" && /^[a-z0-9]{1,16}$/.test(a.id)) b.id = a.id;
  const rest = (more: Block): Block => ({ ...b, ...more });
  const firstLine = (item: Tree): Text => words(item.content?.[0]?.content);
  switch (n.type) {
    case "paragraph": {
      const text = words(n.content);
      return empty(text) ? undefined : rest({ type: "paragraph", text });
    }
    case "heading": {
      const text = words(n.content);
      return empty(text) ? undefined : rest({ type: "heading", level: Math.min(Math.max(Number(a.level) || 2, 2), 4), text });
    }
    case "quote": {
      const paragraphs = (n.content ?? []).filter((p) => p.type === "paragraph").map((p) => words(p.content)).filter((t) => !empty(t));
      const cite = words(n.content?.find((p) => p.type === "cite")?.content);
      if (paragraphs.length === 0) return empty(cite) ? undefined : rest({ type: "paragraph", text: cite });
      return rest({ type: "quote", paragraphs, ...(empty(cite) ? {} : { cite }) });
    }
    case "bulletList":
    case "orderedList": {
      const items = (n.content ?? []).map(firstLine).filter((t) => !empty(t));
      return items.length ? rest({ type: "list", ...(n.type === "orderedList" ? { ordered: true } : {}), items }) : undefined;
    }
    case "picture": {
      const src = String(a.src ?? "");
      const caption = words(n.content);
      if (!safeImage(src)) return empty(caption) ? undefined : rest({ type: "paragraph", text: caption });
      const out = rest({ type: "image", src, alt: String(a.alt ?? "") });
      if (a.width > 0) out.width = Number(a.width);
      if (a.height > 0) out.height = Number(a.height);
      if (Array.isArray(a.focus) && a.focus.length === 2) out.focus = [Number(a.focus[0]), Number(a.focus[1])];
      if (!empty(caption)) out.caption = caption;
      if (a.credit) out.credit = String(a.credit);
      if (a.licence) out.licence = String(a.licence);
      return out;
    }
    case "horizontalRule":
      return rest({ type: "rule" });
    case "card": {
      const url = String(a.url ?? "");
      const text = words(n.content);
      if (!safeLink(url)) return empty(text) ? undefined : rest({ type: "paragraph", text });
      const out = rest({ type: "embed", url });
      if (!empty(text)) out.text = text;
      if (a.author) out.author = String(a.author);
      if (a.still && safeImage(String(a.still))) out.still = String(a.still);
      if (a.saved && a.saved.length) out.saved = a.saved;
      if (a.captured) out.captured = String(a.captured);
      return out;
    }
    case "tableBlock": {
      const table = n.content?.find((c) => c.type === "table");
      const caption = words(n.content?.find((c) => c.type === "tableCaption")?.content);
      const rows = (table?.content ?? []).map((row) => (row.content ?? []).map(firstLine));
      const head = (table?.content?.[0]?.content ?? []).some((c) => c.type === "tableHeader");
      return rows.length ? rest({ type: "table", ...(head ? { head } : {}), rows, ...(empty(caption) ? {} : { caption }) }) : undefined;
    }
    case "entry": {
      const text = words(n.content);
      return rest({ type: "entry", ...(a.at ? { at: String(a.at) } : {}), ...(empty(text) ? {} : { text }), ...(a.key ? { key: true } : {}), ...(a.pin ? { pin: true } : {}) });
    }
    default:
      return undefined;
  }
}

/** The document of an editor's tree. */
export function fromTree(tree: Tree): Doc {
  return { version: 1, blocks: (tree.content ?? []).map(toBlock).filter((b) => b !== undefined) };
}
