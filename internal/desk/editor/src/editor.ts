// The desk's editor: grows out of the plain form of a story's page. Without it
// the form does everything by itself.
import { Editor, Extension } from "@tiptap/core";
import type { Transaction } from "@tiptap/pm/state";
import { fromTree, toTree } from "./convert";
import type { Block, Doc } from "./format";
import { Keeper } from "./keep";
import { cleaned } from "./paste";
import { Quotes } from "./quotes";
import { extensions } from "./schema";
import { commands, shortcuts, toolbar } from "./tools";
import { say, speak } from "./words";

declare global {
  interface Window {
    mimeoEditor?: { mark(id: string): void; find(text: string): boolean; insert(block: Block): void; doc(): Doc; editor: Editor };
  }
}

const wordBegins = /(^|[^\p{L}\p{M}\p{N}'’])(?=[\p{L}\p{N}])/gu;

/** How many words a change put in; it looks at the change, not at the text. */
export function newWords(tr: Transaction): number {
  let n = 0;
  tr.mapping.maps.forEach((map, i) => {
    const later = tr.mapping.slice(i + 1);
    map.forEach((_from, _to, newFrom, newTo) => {
      const from = later.map(newFrom, -1);
      const to = Math.min(later.map(newTo, 1), tr.doc.content.size);
      if (to <= from) return;
      const text = tr.doc.textBetween(from, to, " ", " ");
      const before = from > 0 ? tr.doc.textBetween(Math.max(0, from - 1), from, " ", " ") : " ";
      n += (before + text).match(wordBegins)?.length ?? 0;
      if (/[\p{L}\p{N}]/u.test(before)) n = Math.max(0, n - 1); // the word before began earlier
    });
  });
  return n;
}

function start(form: HTMLFormElement): void {
  speak(document.getElementById("editor-words"), document.documentElement.lang || "en");
  const plainText = form.elements.namedItem("text") as HTMLTextAreaElement;
  const given = JSON.parse(document.getElementById("editor-doc")!.textContent!) as Doc;
  const holder = document.getElementById("editor")!;
  let keeper: Keeper | undefined;

  const language = form.dataset.lang || "en";
  const editor = new Editor({
    element: holder,
    injectCSS: false,
    extensions: [...extensions, Quotes.configure({ language }), Extension.create({ name: "keys", addKeyboardShortcuts: () => shortcuts() })],
    content: toTree(given),
    enableContentCheck: false,
    editorProps: {
      attributes: {
        role: "textbox",
        "aria-multiline": "true",
        "aria-labelledby": "text-label",
        "aria-describedby": "editor-hint",
        lang: language,
        dir: form.dataset.dir || "auto",
        spellcheck: "true",
        class: "prose",
      },
      transformPastedHTML: (html) => (html.includes("data-pm-slice") ? html : cleaned(html)),
    },
    onTransaction: ({ transaction }) => {
      if (transaction.docChanged) keeper?.changed(newWords(transaction));
    },
  });

  // Serialised at pauses only, and once for each state of the text.
  let of = editor.state.doc;
  let text = JSON.stringify(fromTree(editor.getJSON() as never));
  const doc = (): string => {
    if (editor.state.doc !== of) {
      of = editor.state.doc;
      text = JSON.stringify(fromTree(of.toJSON()));
    }
    return text;
  };

  const controls = () => [...form.elements].filter((e): e is HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement => "name" in e && (e as HTMLInputElement).name !== "" && e !== plainText && e.tagName !== "BUTTON" && !["base", "copy", "doc"].includes((e as HTMLInputElement).name));
  const fields = (): Record<string, string> => {
    const all: Record<string, string> = {};
    for (const c of controls()) if (!(c instanceof HTMLInputElement && /checkbox|radio/.test(c.type)) || c.checked) all[c.name] = c.value;
    return all;
  };
  keeper = new Keeper(form, {
    doc,
    fields,
    restore(doc, saved) {
      editor.commands.setContent(toTree(JSON.parse(doc)), { emitUpdate: false });
      for (const c of controls()) {
        if (c instanceof HTMLInputElement && /checkbox|radio/.test(c.type)) c.checked = saved[c.name] === c.value;
        else if (c.name in saved) c.value = saved[c.name];
      }
    },
  });
  // The fields stand around the form as well as in it.
  const mine = (e: Event) => (e.target as HTMLInputElement).form === form;
  document.addEventListener("input", (e) => {
    if (mine(e)) keeper.changed(/\s/.test((e as InputEvent).data ?? "") ? 1 : 0);
  });
  document.addEventListener("change", (e) => {
    if (mine(e)) keeper.changed(0);
  });

  plainText.disabled = true;
  plainText.closest<HTMLElement>("[data-plain]")!.hidden = true;
  document.querySelector<HTMLElement>("[data-rich]")!.hidden = false;
  toolbar(editor, document.getElementById("editor-tools")!);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const by = event.submitter as HTMLButtonElement | null;
    if (by) by.disabled = true;
    const home = await keeper.flush();
    if (by) by.disabled = false;
    if (!home) return; // the line says why; nothing is lost
    for (const [name, value] of Object.entries({ doc: doc(), base: form.dataset.base ?? "", copy: keeper.fields().copy, ...(by?.name ? { [by.name]: by.value } : {}) })) {
      let hidden = form.querySelector<HTMLInputElement>(`input[type=hidden][name="${name}"]`);
      if (!hidden) {
        hidden = document.createElement("input");
        hidden.type = "hidden";
        hidden.name = name;
        form.append(hidden);
      }
      hidden.value = value;
    }
    if (by?.formAction && by.hasAttribute("formaction")) form.action = by.formAction;
    form.submit();
  });
  // Links that leave the page take along what is not yet sent.
  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === "s") {
      e.preventDefault();
      void keeper.flush();
    }
  });

  window.mimeoEditor = {
    editor,
    doc: () => JSON.parse(doc()),
    find: (text) => {
      let found = false;
      editor.state.doc.descendants((node, pos) => {
        if (found || !node.isTextblock) return !found;
        // An atom counts one place in the text, as it does in the tree.
        const at = node.textBetween(0, node.content.size, undefined, "\ufffc").indexOf(text);
        if (at >= 0) found = editor.chain().focus().setTextSelection({ from: pos + 1 + at, to: pos + 1 + at + text.length }).scrollIntoView().run();
        return false;
      });
      return found;
    },
    mark: (id) => void editor.chain().focus().setMark("statement", { id }).run(),
    insert: (block) => {
      const tree = toTree({ version: 1, blocks: [block] }).content;
      if (tree) editor.chain().focus().insertContent(tree).run();
    },
  };
  form.dataset.ready = "true";
  document.dispatchEvent(new CustomEvent("mimeo:editor", { detail: commands }));
  holder.setAttribute("data-say", say("ready"));
}

const form = document.querySelector<HTMLFormElement>("form[data-story]");
if (form) start(form);
