// The editor's nodes and marks: exactly those that a story's text can hold.
import { Extension, InputRule, Mark, mergeAttributes, Node } from "@tiptap/core";
import Heading from "@tiptap/extension-heading";
import Paragraph from "@tiptap/extension-paragraph";
import { TextSelection } from "@tiptap/pm/state";
import { tableEditing } from "@tiptap/pm/tables";
import StarterKit from "@tiptap/starter-kit";
import { cardView, entryView, pictureView } from "./cards";
import { safeLink } from "./format";

const named = {
  id: { default: null, keepOnSplit: false, rendered: false },
};

/** Names of blocks, kept but never shown; a paragraph that is cut keeps its name in one half. */
const BlockNames = Extension.create({
  name: "blockNames",
  addGlobalAttributes() {
    return [
      {
        types: ["paragraph", "heading", "quote", "bulletList", "orderedList", "picture", "horizontalRule", "card", "tableBlock"],
        attributes: named,
      },
    ];
  },
});

const ListItem = Node.create({
  name: "listItem",
  content: "paragraph",
  defining: true,
  parseHTML: () => [{ tag: "li" }],
  renderHTML: () => ["li", 0],
  addKeyboardShortcuts() {
    return { Enter: () => this.editor.commands.splitListItem(this.name) };
  },
});

const Quote = Node.create({
  name: "quote",
  group: "block",
  content: "paragraph+ cite?",
  defining: true,
  parseHTML: () => [{ tag: "blockquote" }],
  renderHTML: () => ["blockquote", 0],
  addInputRules() {
    return [
      new InputRule({
        find: /^\s*>\s$/,
        handler: ({ range, chain }) => {
          chain().deleteRange(range).wrapIn(this.name).run();
        },
      }),
    ];
  },
  addKeyboardShortcuts() {
    return {
      // An empty last paragraph leaves the quotation, first to its source.
      Enter: () => {
        const { $from, empty } = this.editor.state.selection;
        const quote = $from.node(-1);
        if (empty && quote?.type === this.type && $from.parent.type.name === "paragraph" && $from.parent.content.size > 0) {
          return this.editor.commands.command(({ tr, state }) => {
            tr.split($from.pos, 1, [{ type: state.schema.nodes.paragraph }]).scrollIntoView();
            return true;
          });
        }
        if (!empty || $from.parent.content.size > 0 || quote?.type !== this.type || $from.parent.type.name !== "paragraph") return false;
        const last = quote.lastChild?.type.name === "cite" ? quote.childCount - 2 : quote.childCount - 1;
        if ($from.index(-1) !== last || quote.childCount < 2) return false;
        return this.editor
          .chain()
          .command(({ tr, state }) => {
            const after = $from.after(-1);
            const at = $from.before();
            const hasCite = quote.lastChild?.type.name === "cite";
            if (hasCite) {
              tr.insert(after, state.schema.nodes.paragraph.create());
              tr.delete(at, at + $from.parent.nodeSize);
              tr.setSelection(TextSelection.create(tr.doc, tr.mapping.map(after, -1) + 1));
              return true;
            }
            tr.replaceWith(at, at + $from.parent.nodeSize, state.schema.nodes.cite.create());
            tr.setSelection(TextSelection.create(tr.doc, at + 1));
            return true;
          })
          .run();
      },
    };
  },
});

const Cite = Node.create({
  name: "cite",
  content: "inline*",
  defining: true,
  parseHTML: () => [{ tag: "cite" }],
  renderHTML: () => ["cite", { class: "cite" }, 0],
  addKeyboardShortcuts() {
    return {
      Enter: () => {
        const { $from } = this.editor.state.selection;
        if ($from.parent.type !== this.type) return false;
        return this.editor.chain().insertContentAt($from.after(-1), { type: "paragraph" }).focus($from.after(-1) + 1).run();
      },
    };
  },
});

const Statement = Mark.create({
  name: "statement",
  inclusive: false,
  addAttributes: () => ({ id: { default: "" } }),
  parseHTML: () => [{ tag: "span[data-statement]", getAttrs: (el) => ({ id: (el as HTMLElement).dataset.statement }) }],
  renderHTML: ({ HTMLAttributes }) => ["span", { class: "statement", "data-statement": HTMLAttributes.id }, 0],
});

const Footnote = Node.create({
  name: "footnote",
  group: "inline",
  inline: true,
  atom: true,
  addAttributes: () => ({ text: { default: "" } }),
  parseHTML: () => [{ tag: "sup[data-note]", getAttrs: (el) => ({ text: (el as HTMLElement).dataset.note }) }],
  renderHTML: ({ HTMLAttributes }) => ["sup", { class: "footnote", "data-note": HTMLAttributes.text, title: HTMLAttributes.text }, "*"],
  renderText: () => "",
});

const Picture = Node.create({
  name: "picture",
  group: "block",
  content: "inline*",
  isolating: true,
  defining: true,
  draggable: true,
  addAttributes: () => ({
    src: { default: "" },
    alt: { default: "" },
    width: { default: 0 },
    height: { default: 0 },
    focus: { default: null },
    credit: { default: "" },
    licence: { default: "" },
  }),
  parseHTML: () => [],
  renderHTML: ({ HTMLAttributes: a }) => ["figure", ["img", { src: a.src, alt: a.alt }], ["figcaption", 0]],
  addNodeView: () => pictureView,
});

const Card = Node.create({
  name: "card",
  group: "block",
  content: "inline*",
  isolating: true,
  defining: true,
  draggable: true,
  addAttributes: () => ({ url: { default: "" }, author: { default: "" }, still: { default: "" }, saved: { default: "" }, captured: { default: "" } }),
  parseHTML: () => [],
  renderHTML: () => ["div", { class: "embed" }, 0],
  addNodeView: () => cardView,
});

const Entry = Node.create({
  name: "entry",
  group: "block",
  content: "inline*",
  isolating: true,
  defining: true,
  addAttributes: () => ({ id: { default: null, keepOnSplit: false }, at: { default: "" }, key: { default: false }, pin: { default: false } }),
  parseHTML: () => [],
  renderHTML: () => ["h2", { class: "entry" }, 0],
  addNodeView: () => entryView,
  addKeyboardShortcuts() {
    return {
      Enter: () => {
        const { $from } = this.editor.state.selection;
        if ($from.parent.type !== this.type) return false;
        return this.editor.chain().insertContentAt($from.after(), { type: "paragraph" }).focus($from.after() + 1).run();
      },
    };
  },
});

const TableBlock = Node.create({
  name: "tableBlock",
  group: "block",
  content: "table tableCaption",
  isolating: true,
  defining: true,
  parseHTML: () => [{ tag: "figure[data-table]" }],
  renderHTML: () => ["figure", { "data-table": "", class: "table" }, 0],
});

const Table = Node.create({
  name: "table",
  content: "tableRow+",
  tableRole: "table",
  isolating: true,
  parseHTML: () => [{ tag: "table" }],
  renderHTML: () => ["table", ["tbody", 0]],
  addProseMirrorPlugins: () => [tableEditing()],
  extendNodeSchema: (extension) => ({ tableRole: (extension.config as { tableRole?: string }).tableRole }),
});

const TableRow = Node.create({
  name: "tableRow",
  content: "(tableCell | tableHeader)*",
  tableRole: "row",
  parseHTML: () => [{ tag: "tr" }],
  renderHTML: () => ["tr", 0],
});

const cellAttributes = { colspan: { default: 1, rendered: false }, rowspan: { default: 1, rendered: false }, colwidth: { default: null, rendered: false } };

const TableCell = Node.create({
  name: "tableCell",
  content: "paragraph",
  tableRole: "cell",
  isolating: true,
  addAttributes: () => cellAttributes,
  parseHTML: () => [{ tag: "td" }],
  renderHTML: ({ HTMLAttributes }) => ["td", mergeAttributes(HTMLAttributes), 0],
});

const TableHeader = Node.create({
  name: "tableHeader",
  content: "paragraph",
  tableRole: "header_cell",
  isolating: true,
  addAttributes: () => cellAttributes,
  parseHTML: () => [{ tag: "th" }],
  renderHTML: ({ HTMLAttributes }) => ["th", mergeAttributes(HTMLAttributes), 0],
});

const TableCaption = Node.create({
  name: "tableCaption",
  content: "inline*",
  defining: true,
  parseHTML: () => [{ tag: "figcaption" }],
  renderHTML: () => ["figcaption", 0],
});

declare module "@tiptap/core" {
  interface NodeConfig {
    tableRole?: string;
  }
}

export const extensions = [
  StarterKit.configure({
    blockquote: false,
    code: false,
    codeBlock: false,
    strike: false,
    underline: false,
    listItem: false,
    heading: false,
    paragraph: false,
    link: { openOnClick: false, autolink: false, linkOnPaste: true, defaultProtocol: "https", isAllowedUri: (url) => safeLink(url ?? ""), HTMLAttributes: { target: null, rel: null, class: null } },
    dropcursor: false,
  }),
  // Their own keys go with Ctrl and Alt; tools.ts has others.
  Paragraph.extend({ addKeyboardShortcuts: () => ({}) }),
  Heading.extend({ addKeyboardShortcuts: () => ({}) }).configure({ levels: [2, 3, 4] }),
  BlockNames,
  ListItem,
  Quote,
  Cite,
  Statement,
  Footnote,
  Picture,
  Card,
  Entry,
  TableBlock,
  Table,
  TableRow,
  TableCell,
  TableHeader,
  TableCaption,
];
