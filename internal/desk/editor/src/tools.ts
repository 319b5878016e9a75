// The toolbar and the keys: one list of what can be done, and every line of it
// can be done from the keyboard. No key goes with Ctrl and Alt together, which
// types characters on many keyboards.
import type { Editor } from "@tiptap/core";
import { addColumnAfter, addRowAfter, deleteColumn, deleteRow, goToNextCell, isInTable, toggleHeaderRow } from "@tiptap/pm/tables";
import { TextSelection } from "@tiptap/pm/state";
import { ask, tell } from "./ask";
import { cardFields } from "./cards";
import { safeLink } from "./format";
import { make, say } from "./words";

export interface Command {
  id: string; // its message is tool.ID
  sign: string; // on the button
  keys?: string[]; // as prosemirror-keymap writes them
  active?: (e: Editor) => boolean;
  table?: boolean; // only inside a table
  run: (e: Editor) => unknown;
}

const raise = (name: string, detail: unknown) => document.dispatchEvent(new CustomEvent(name, { detail }));

async function link(e: Editor): Promise<void> {
  const was = String(e.getAttributes("link").href ?? "");
  const answer = await ask(say("tool.link"), [{ name: "href", label: say("link.href"), hint: say("link.hint"), value: was, check: (v) => (v && !safeLink(v) ? say("badlink") : undefined) }]);
  e.view.focus();
  if (!answer) return;
  if (!answer.href) return void e.chain().extendMarkRange("link").unsetMark("link").run();
  if (e.state.selection.empty && !was) return void e.commands.insertContent({ type: "text", text: answer.href, marks: [{ type: "link", attrs: { href: answer.href } }] });
  e.chain().extendMarkRange("link").setMark("link", { href: answer.href }).run();
}

async function footnote(e: Editor): Promise<void> {
  const { selection } = e.state;
  const node = "node" in selection ? (selection as any).node : undefined;
  const was = node?.type.name === "footnote" ? String(node.attrs.text) : "";
  const answer = await ask(say("tool.footnote"), [{ name: "text", label: say("footnote.text"), long: true, value: was, required: true }]);
  e.view.focus();
  if (!answer) return;
  if (was) e.commands.updateAttributes("footnote", { text: answer.text });
  else e.chain().setTextSelection(selection.to).insertContent({ type: "footnote", attrs: { text: answer.text } }).run();
}

async function card(e: Editor): Promise<void> {
  const answer = await ask(say("tool.embed"), [...cardFields(), { name: "words", label: say("card.words") }]);
  e.view.focus();
  if (!answer) return;
  const { words, ...attrs } = answer;
  insertBlock(e, { type: "card", attrs: { ...attrs, captured: answer.saved || answer.still ? new Date().toISOString().slice(0, 19) + "Z" : "" }, content: words ? [{ type: "text", text: words }] : [] });
}

/** Puts a block after the one in which the caret stands, and a line after it. */
function insertBlock(e: Editor, block: Record<string, unknown>): void {
  const { $from } = e.state.selection;
  const top = $from.depth > 0 ? $from.before(1) : $from.pos;
  const here = e.state.doc.nodeAt(top);
  const empty = here?.type.name === "paragraph" && here.content.size === 0;
  const at = here ? (empty ? top : top + here.nodeSize) : top;
  const range = empty && here ? { from: top, to: top + here.nodeSize } : at;
  const last = at + (empty && here ? here.nodeSize : 0) >= e.state.doc.content.size;
  e.chain()
    .insertContentAt(range, last ? [block, { type: "paragraph" }] : block)
    .command(({ tr }) => {
      tr.setSelection(TextSelection.near(tr.doc.resolve(Math.min(at + 1, tr.doc.content.size))));
      return true;
    })
    .focus()
    .scrollIntoView()
    .run();
}

function table(e: Editor): void {
  const row = (type: string) => ({ type: "tableRow", content: Array.from({ length: 3 }, () => ({ type, content: [{ type: "paragraph" }] })) });
  insertBlock(e, { type: "tableBlock", content: [{ type: "table", content: [row("tableHeader"), row("tableCell"), row("tableCell")] }, { type: "tableCaption" }] });
}

function quote(e: Editor): void {
  if (e.isActive("quote")) {
    e.chain().focus().lift("quote").run();
    return;
  }
  e.chain().focus().wrapIn("quote").run();
}

/** The words that are selected, for whoever makes a record of them. */
function statement(e: Editor): void {
  const { from, to, empty } = e.state.selection;
  if (empty) return tell(say("tool.statement"), make("p", {}, say("statement.select")));
  raise("mimeo:statement", { text: e.state.doc.textBetween(from, to, "\n"), from, to });
}

function entry(e: Editor): void {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => (b % 36).toString(36)).join("");
  insertBlock(e, { type: "entry", attrs: { id, at: new Date().toISOString().slice(0, 19) + "Z" } });
}

const heading = (level: 2 | 3 | 4): Command => ({
  id: `h${level}`,
  sign: `H${level}`,
  keys: [`Mod-Shift-${level}`],
  active: (e) => e.isActive("heading", { level }),
  run: (e) => e.chain().focus().toggleHeading({ level }).run(),
});

export const commands: Command[] = [
  { id: "bold", sign: "B", keys: ["Mod-b"], active: (e) => e.isActive("bold"), run: (e) => e.chain().focus().toggleBold().run() },
  { id: "italic", sign: "I", keys: ["Mod-i"], active: (e) => e.isActive("italic"), run: (e) => e.chain().focus().toggleItalic().run() },
  { id: "link", sign: "↗", keys: ["Mod-k"], active: (e) => e.isActive("link"), run: link },
  { id: "statement", sign: "❝?", keys: ["Mod-Shift-s"], active: (e) => e.isActive("statement"), run: statement },
  { id: "footnote", sign: "¹", keys: ["Mod-Shift-f"], run: footnote },
  heading(2),
  heading(3),
  heading(4),
  { id: "quote", sign: "❞", keys: ["Mod-Shift-9"], active: (e) => e.isActive("quote"), run: quote },
  { id: "bullets", sign: "•", keys: ["Mod-Shift-8"], active: (e) => e.isActive("bulletList"), run: (e) => e.chain().focus().toggleBulletList().run() },
  { id: "numbers", sign: "1.", keys: ["Mod-Shift-7"], active: (e) => e.isActive("orderedList"), run: (e) => e.chain().focus().toggleOrderedList().run() },
  { id: "rule", sign: "—", keys: ["Mod-Shift-h"], run: (e) => e.chain().focus().setHorizontalRule().run() },
  { id: "table", sign: "▦", keys: ["Mod-Shift-y"], run: table },
  { id: "picture", sign: "▣", keys: ["Mod-Shift-p"], run: () => raise("mimeo:picture", {}) },
  { id: "embed", sign: "▷", keys: ["Mod-Shift-e"], run: card },
  { id: "entry", sign: "◷", keys: ["Mod-Shift-l"], run: entry },
  { id: "undo", sign: "↶", keys: ["Mod-z"], run: (e) => e.chain().focus().undo().run() },
  { id: "redo", sign: "↷", keys: ["Mod-Shift-z", "Mod-y"], run: (e) => e.chain().focus().redo().run() },
  { id: "help", sign: "?", keys: ["Mod-/"], run: () => help() },
  { id: "row", sign: "+↧", table: true, run: (e) => addRowAfter(e.state, e.view.dispatch) },
  { id: "column", sign: "+↦", table: true, run: (e) => addColumnAfter(e.state, e.view.dispatch) },
  { id: "norow", sign: "−↧", table: true, run: (e) => removeLine(e, deleteRow) },
  { id: "nocolumn", sign: "−↦", table: true, run: (e) => removeLine(e, deleteColumn) },
  { id: "header", sign: "⊤", table: true, run: (e) => toggleHeaderRow(e.state, e.view.dispatch) },
  { id: "notable", sign: "✕▦", table: true, run: dropTable },
];

function dropTable(e: Editor): void {
  const { $from } = e.state.selection;
  for (let d = $from.depth; d > 0; d--) {
    if ($from.node(d).type.name === "tableBlock") return void e.chain().focus().deleteRange({ from: $from.before(d), to: $from.after(d) }).run();
  }
}

/** The last row or column goes with its table. */
function removeLine(e: Editor, remove: typeof deleteRow): void {
  const { $from } = e.state.selection;
  const before = e.state.doc;
  remove(e.state, e.view.dispatch);
  if (e.state.doc === before && $from.depth > 0) dropTable(e);
}

export function shortcuts(): Record<string, (p: { editor: Editor }) => boolean> {
  const all: Record<string, (p: { editor: Editor }) => boolean> = {
    "Mod-Shift-0": ({ editor }) => editor.chain().focus().setParagraph().run(),
    "Alt-F10": () => {
      document.querySelector<HTMLElement>("#editor-tools button[tabindex='0']")?.focus();
      return true;
    },
    Tab: ({ editor }) => {
      if (!isInTable(editor.state)) return false;
      if (goToNextCell(1)(editor.state, editor.view.dispatch)) return true;
      addRowAfter(editor.state, editor.view.dispatch);
      return goToNextCell(1)(editor.state, editor.view.dispatch);
    },
    "Shift-Tab": ({ editor }) => isInTable(editor.state) && goToNextCell(-1)(editor.state, editor.view.dispatch),
  };
  for (const c of commands) {
    for (const key of c.keys ?? []) {
      if (/^Mod-(b|i|z|y|Shift-z)$/.test(key)) continue; // the kit binds these itself
      all[key] = ({ editor }) => {
        c.run(editor);
        return true;
      };
    }
  }
  return all;
}

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
const written = (key: string) =>
  key
    .split("-")
    .map((k) => (k === "Mod" ? (mac ? "⌘" : "Ctrl") : k.length === 1 ? k.toUpperCase() : k))
    .join(" + ");

function help(): void {
  const rows = commands.filter((c) => !c.table && c.keys).map((c) => [say(`tool.${c.id}`), c.keys!.map(written).join(" / ")]);
  rows.push([say("key.paragraph"), written("Mod-Shift-0")], [say("key.toolbar"), written("Alt-F10")], [say("key.save"), written("Mod-s")], [say("key.break"), written("Shift-Enter")], [say("key.cells"), "Tab"]);
  const body = make("tbody");
  for (const [what, keys] of rows) body.append(make("tr", {}, make("th", { scope: "row" }, what), make("td", {}, make("kbd", { dir: "ltr" }, keys))));
  tell(say("tool.help"), make("p", {}, say("help.typing", undefined, "1.")), make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": say("tool.help") }, make("table", {}, body)));
}

/** A toolbar that is one stop of the Tab key; arrows go through it. */
export function toolbar(editor: Editor, holder: HTMLElement): void {
  const buttons = commands.map((c) => {
    const label = say(`tool.${c.id}`);
    const button = make("button", { type: "button", tabindex: "-1", "aria-label": label, title: c.keys ? `${label} (${written(c.keys[0])})` : label, "data-tool": c.id }, make("span", { "aria-hidden": "true", "data-sign": c.sign }));
    if (c.active) button.setAttribute("aria-pressed", "false");
    if (c.table) button.hidden = true;
    button.addEventListener("mousedown", (e) => e.preventDefault());
    button.addEventListener("click", () => c.run(editor));
    holder.append(button);
    return { c, button };
  });
  buttons[0].button.tabIndex = 0;
  holder.addEventListener("keydown", (e) => {
    const shown = buttons.filter((b) => !b.button.hidden).map((b) => b.button);
    const at = shown.indexOf(document.activeElement as HTMLButtonElement);
    const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const to = e.key === forward ? at + 1 : e.key === back ? at - 1 : e.key === "Home" ? 0 : e.key === "End" ? shown.length - 1 : undefined;
    if (e.key === "Escape") return void editor.commands.focus();
    if (to === undefined) return;
    e.preventDefault();
    const next = shown[(to + shown.length) % shown.length];
    for (const { button } of buttons) button.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  let drawn = 0;
  const draw = () => {
    drawn = 0;
    const inside = isInTable(editor.state);
    for (const { c, button } of buttons) {
      if (c.active) button.setAttribute("aria-pressed", String(c.active(editor)));
      if (c.table) button.hidden = !inside;
    }
  };
  editor.on("transaction", () => {
    if (!drawn) drawn = requestAnimationFrame(draw);
  });
}
