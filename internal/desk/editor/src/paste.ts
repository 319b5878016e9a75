// What Word, Google Docs and web pages put on the clipboard, made into the few
// elements that a story has. Nothing is loaded, no style and no class survives.
import { safeLink } from "./format";

const dropped = new Set(["SCRIPT", "STYLE", "META", "LINK", "TITLE", "HEAD", "TEMPLATE", "NOSCRIPT", "IFRAME", "OBJECT", "EMBED", "SVG", "MATH", "FORM", "INPUT", "SELECT", "TEXTAREA", "BUTTON", "IMG", "PICTURE", "VIDEO", "AUDIO", "CANVAS", "XML"]);
const blocks = new Set(["P", "DIV", "SECTION", "ARTICLE", "MAIN", "HEADER", "FOOTER", "ASIDE", "NAV", "UL", "OL", "LI", "DL", "DT", "DD", "BLOCKQUOTE", "H1", "H2", "H3", "H4", "H5", "H6", "TABLE", "HR", "PRE", "FIGURE", "FIGCAPTION", "ADDRESS", "CENTER"]);

interface Look {
  bold: boolean;
  italic: boolean;
  link: string;
}

/** Clean HTML with p, h2–h4, ul/ol/li, blockquote, table, hr, br, strong, em, a and sup[data-note] only. */
export function cleaned(html: string): string {
  const from = new DOMParser().parseFromString(html.replace(/<!--\[if[\s\S]*?<!\[endif\]-->/g, "").replace(/<!\[(if|endif)[^>]*>/g, ""), "text/html");
  return new Cleaner(from).run();
}

const style = (el: Element) => (el.getAttribute("style") ?? "").toLowerCase();

class Cleaner {
  private readonly to = document.implementation.createHTMLDocument("");
  private readonly out = this.to.body;
  private into: Element | null = null; // the block that takes words
  private holder: Element = this.out; // where blocks go
  private readonly notes = new Map<string, string>();

  constructor(private readonly from: Document) {
    // Word writes its footnotes at the end; they go where they are called.
    for (const note of from.querySelectorAll("[style*='mso-element:footnote'], [style*='mso-element:endnote']")) {
      if (!note.id) continue;
      const text = (note.textContent ?? "").replace(/\s+/g, " ").replace(/^\s*\[?[\divxlc*]+\]?\s*/i, "").trim();
      if (text) this.notes.set(note.id, text);
      note.remove();
    }
    for (const list of from.querySelectorAll("[style*='mso-element:footnote-list'], [style*='mso-element:endnote-list']")) list.remove();
  }

  run(): string {
    this.walk(this.from.body, { bold: false, italic: false, link: "" });
    for (const empty of this.out.querySelectorAll("p, h2, h3, h4, li, blockquote, ul, ol")) {
      if (!empty.textContent?.trim() && !empty.querySelector("[data-note]") && !empty.closest("td, th")) empty.remove();
    }
    for (const list of this.out.querySelectorAll("[data-word]")) list.removeAttribute("data-word");
    return this.out.innerHTML;
  }

  private begin(tag: string): Element {
    this.into = this.to.createElement(tag);
    this.holder.append(this.into);
    return this.into;
  }

  private end(): void {
    this.into = null;
  }

  private words(text: string, look: Look): void {
    text = text.replace(/[\t\n\r ]+/g, " ");
    if (this.into === null) {
      if (!text.trim()) return;
      text = text.trimStart();
      this.begin("p");
    }
    let node: Node = this.to.createTextNode(text);
    const wrap = (tag: string, set?: (el: Element) => void) => {
      const el = this.to.createElement(tag);
      set?.(el);
      el.append(node);
      node = el;
    };
    if (look.italic) wrap("em");
    if (look.bold) wrap("strong");
    if (look.link) wrap("a", (a) => a.setAttribute("href", look.link));
    this.into!.append(node);
  }

  private children(el: Element, look: Look): void {
    for (const child of el.childNodes) this.walk(child, look);
  }

  private within(holder: Element, el: Element, look: Look): void {
    const was = this.holder;
    this.holder.append(holder);
    this.holder = holder;
    this.end();
    this.children(el, look);
    this.end();
    this.holder = was;
  }

  private walk(node: Node, look: Look): void {
    if (node.nodeType === Node.TEXT_NODE) return this.words(node.textContent ?? "", look);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    const el = node as HTMLElement;
    const tag = el.tagName.toUpperCase();
    const css = style(el);
    if (dropped.has(tag) || /display:\s*none|mso-hide:\s*all/.test(css) || el.hidden) return;
    if (tag.includes(":") && !el.textContent?.trim()) return; // <o:p> and its kin
    if (/mso-list:\s*ignore/.test(css)) return; // the bullet that Word draws
    if (tag === "BR") return this.break(el);
    if (blocks.has(tag)) return this.block(el, tag, css, look);
    this.children(el, this.looks(el, tag, css, look));
  }

  /** A line break; two in a row, and Google's between paragraphs, end the paragraph. */
  private break(el: Element): void {
    const last = this.into?.lastChild;
    if (this.into === null || el.className.includes("Apple-interchange-newline")) return;
    if (last instanceof Element && last.tagName === "BR") {
      last.remove();
      if (this.into.tagName === "P") this.end();
      return;
    }
    this.into.append(this.to.createElement("br"));
  }

  private looks(el: HTMLElement, tag: string, css: string, look: Look): Look {
    const out = { ...look };
    const weight = css.match(/(?:^|;)\s*font-weight:\s*([a-z0-9]+)/)?.[1];
    if (tag === "B" || tag === "STRONG") out.bold = weight !== "normal" && weight !== "400"; // Google wraps all in such a <b>
    else if (weight) out.bold = weight === "bold" || weight === "bolder" || Number(weight) >= 600;
    const slope = css.match(/(?:^|;)\s*font-style:\s*([a-z]+)/)?.[1];
    if (tag === "I" || tag === "EM" || tag === "CITE") out.italic = slope !== "normal";
    else if (slope) out.italic = slope === "italic" || slope === "oblique";
    if (tag === "A") {
      const href = el.getAttribute("href") ?? "";
      const note = css.includes("mso-footnote-id") || css.includes("mso-endnote-id") ? this.notes.get(css.match(/mso-(?:foot|end)note-id:\s*([\w]+)/)?.[1] ?? "") : undefined;
      if (note) {
        if (this.into === null) this.begin("p");
        const sup = this.to.createElement("sup");
        sup.setAttribute("data-note", note);
        this.into!.append(sup);
        el.replaceChildren();
      } else {
        const wrapped = href.match(/^https:\/\/www\.google\.[a-z.]+\/url\?(?:.*&)?q=([^&]+)/);
        const to = wrapped ? decodeURIComponent(wrapped[1]) : href;
        if (safeLink(to) && !to.startsWith("/")) out.link = to;
      }
    }
    return out;
  }

  private block(el: HTMLElement, tag: string, css: string, look: Look): void {
    const wordList = css.match(/mso-list:\s*\w+\s+level\d/);
    if (tag === "P" && wordList) return this.wordItem(el, look);
    const heading = /^H([1-6])$/.exec(tag);
    switch (true) {
      case heading !== null: {
        this.end();
        this.begin(`h${Math.min(Math.max(Number(heading![1]), 2), 4)}`);
        this.children(el, { ...look, bold: false });
        return this.end();
      }
      case tag === "HR":
        this.end();
        this.holder.append(this.to.createElement("hr"));
        return;
      case tag === "UL" || tag === "OL": {
        // A list inside an item goes on in the list around it: a story's lists are flat.
        if (this.holder.tagName === "UL" || this.holder.tagName === "OL") {
          this.end();
          this.children(el, look);
          return this.end();
        }
        return this.within(this.to.createElement(tag.toLowerCase()), el, look);
      }
      case tag === "LI": {
        this.end();
        if (this.holder.tagName !== "UL" && this.holder.tagName !== "OL") return this.within(this.to.createElement("ul"), el, look);
        this.begin("li");
        this.children(el, look);
        return this.end();
      }
      case tag === "BLOCKQUOTE":
        if (this.holder.tagName !== "BODY") return this.children(el, look);
        return this.within(this.to.createElement("blockquote"), el, look);
      case tag === "TABLE":
        return this.table(el as HTMLTableElement, look);
    }
    if (this.into?.tagName === "LI") {
      if (this.into.textContent) this.into.append(this.to.createElement("br"));
      return this.children(el, look);
    }
    this.end();
    this.children(el, look);
    this.end();
  }

  private wordItem(el: HTMLElement, look: Look): void {
    const bullet = el.querySelector("[style*='mso-list:Ignore'], [style*='mso-list: Ignore']")?.textContent?.trim() ?? "";
    const tag = /^[\p{L}\d]+[.)]/u.test(bullet) ? "OL" : "UL";
    this.end();
    let list = this.holder.lastElementChild;
    if (list?.tagName !== tag || !list.hasAttribute("data-word")) {
      list = this.to.createElement(tag.toLowerCase());
      list.setAttribute("data-word", "");
      this.holder.append(list);
    }
    const was = this.holder;
    this.holder = list;
    this.begin("li");
    this.children(el, look);
    this.end();
    this.holder = was;
  }

  private table(el: HTMLTableElement, look: Look): void {
    const rows = [...el.rows].filter((r) => r.closest("table") === el);
    const width = Math.max(0, ...rows.map((r) => r.cells.length));
    this.end();
    if (width <= 1) {
      // A table of one column holds a page's layout, not figures.
      for (const r of rows) for (const c of r.cells) this.children(c, look);
      return this.end();
    }
    const figure = this.to.createElement("figure");
    figure.setAttribute("data-table", "");
    const table = this.to.createElement("table");
    figure.append(table, this.to.createElement("figcaption"));
    this.holder.append(figure);
    rows.forEach((r, i) => {
      const row = this.to.createElement("tr");
      table.append(row);
      const head = i === 0 && [...r.cells].every((c) => c.tagName === "TH");
      for (let c = 0; c < width; c++) {
        const cell = this.to.createElement(head ? "th" : "td");
        row.append(cell);
        this.into = this.to.createElement("p");
        cell.append(this.into);
        const source = r.cells[c];
        if (!source) continue;
        const text = (source.innerText ?? source.textContent ?? "").replace(/\s+/g, " ").trim();
        this.words(text, look);
      }
    });
    this.end();
  }
}
