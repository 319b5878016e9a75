// Pictures, embeds and live entries as they look in the editor. Nothing is
// loaded from elsewhere: a picture and a still are files of this site.
import type { NodeViewRendererProps } from "@tiptap/core";
import { ask, type Field } from "./ask";
import { plain, safeImage, safeLink } from "./format";
import { make, say } from "./words";

type View = { dom: HTMLElement; contentDOM: HTMLElement; update: (node: any) => boolean; ignoreMutation: (m: any) => boolean; stopEvent?: (e: Event) => boolean };

/** Puts attributes into the node as one step. */
function put({ editor, getPos }: NodeViewRendererProps, attributes: Record<string, unknown>): void {
  const pos = getPos();
  if (pos === undefined) return;
  const node = editor.state.doc.nodeAt(pos);
  if (!node) return;
  editor.view.dispatch(editor.state.tr.setNodeMarkup(pos, undefined, { ...node.attrs, ...attributes }));
  editor.view.focus();
}

const outside = (content: HTMLElement) => (m: any) => m.type !== "selection" && !content.contains(m.target);
const control = (e: Event) => e.target instanceof HTMLElement && e.target.closest("button, input, label") !== null;

async function edit(props: NodeViewRendererProps, title: string, fields: Field[]): Promise<void> {
  const pos = props.getPos();
  const node = pos === undefined ? null : props.editor.state.doc.nodeAt(pos);
  if (!node) return;
  const answers = await ask(
    title,
    fields.map((f) => ({ ...f, value: f.name === "saved" ? plain(node.attrs.saved) : String(node.attrs[f.name] ?? "") })),
  );
  if (!answers) return;
  if ("saved" in answers && answers.saved === plain(node.attrs.saved)) answers.saved = node.attrs.saved; // its marks stay
  put(props, answers);
}

const ownPath = (v: string) => (v && !safeImage(v) ? say("ownpath") : undefined);
const address = (v: string) => (safeLink(v) ? undefined : say("badlink"));

export const cardFields = (): Field[] => [
  { name: "url", label: say("card.url"), required: true, check: address },
  { name: "author", label: say("card.author") },
  { name: "saved", label: say("card.saved"), hint: say("card.saved.hint"), long: true },
  { name: "still", label: say("card.still"), hint: say("card.still.hint"), check: ownPath },
];

export function pictureView(props: NodeViewRendererProps): View {
  const image = make("img", { alt: "" });
  const about = make("button", { type: "button", class: "second small" }, say("picture.about"));
  const facts = make("p", { class: "facts-line" });
  const caption = make("figcaption", { "data-empty": say("picture.caption") });
  const head = make("div", { contenteditable: "false" }, image, make("div", { class: "bar" }, facts, about));
  const dom = make("figure", { class: "picture" }, head, caption);
  about.addEventListener("click", () =>
    edit(props, say("picture.about"), [
      { name: "alt", label: say("picture.alt"), hint: say("picture.alt.hint"), long: true },
      { name: "credit", label: say("picture.credit") },
      { name: "licence", label: say("picture.licence") },
    ]),
  );
  const update = (node: any): boolean => {
    if (node.type !== props.node.type) return false;
    if (safeImage(node.attrs.src)) image.src = node.attrs.src;
    image.alt = node.attrs.alt;
    facts.textContent = [node.attrs.alt || say("picture.noalt"), node.attrs.credit, node.attrs.licence].filter(Boolean).join(" · ");
    caption.classList.toggle("is-empty", node.content.size === 0);
    return true;
  };
  update(props.node);
  return { dom, contentDOM: caption, update, ignoreMutation: outside(caption), stopEvent: control };
}

export function cardView(props: NodeViewRendererProps): View {
  const where = make("p", { class: "facts-line" });
  const saved = make("blockquote", {});
  const still = make("img", { alt: "" });
  const about = make("button", { type: "button", class: "second small" }, say("card.about"));
  const words = make("p", { class: "card-words", "data-empty": say("card.words") });
  const dom = make("div", { class: "card embed" }, words, make("div", { contenteditable: "false" }, still, saved, make("div", { class: "bar" }, where, about)));
  about.addEventListener("click", () => edit(props, say("card.about"), cardFields()));
  const update = (node: any): boolean => {
    if (node.type !== props.node.type) return false;
    const { url, author, captured } = node.attrs;
    where.textContent = [author, url, captured && say("card.captured", undefined, captured.slice(0, 10))].filter(Boolean).join(" · ");
    saved.textContent = plain(node.attrs.saved);
    saved.hidden = !saved.textContent;
    still.hidden = !safeImage(node.attrs.still);
    if (!still.hidden) still.src = node.attrs.still;
    words.classList.toggle("is-empty", node.content.size === 0);
    return true;
  };
  update(props.node);
  return { dom, contentDOM: words, update, ignoreMutation: outside(words), stopEvent: control };
}

/** An entry's time is shown and typed in UTC, as it is kept. */
export function entryView(props: NodeViewRendererProps): View {
  const when = make("input", { type: "datetime-local", "aria-label": say("entry.when") });
  const flag = (name: string) => {
    const box = make("input", { type: "checkbox" });
    box.addEventListener("change", () => put(props, { [name]: box.checked }));
    return { box, label: make("label", {}, box, ` ${say(`entry.${name}`)}`) };
  };
  const key = flag("key");
  const pin = flag("pin");
  const title = make("h2", { "data-empty": say("entry.title") });
  const dom = make("div", { class: "entry" }, make("div", { contenteditable: "false", class: "bar" }, when, make("span", { class: "row" }, key.label, pin.label)), title);
  when.addEventListener("change", () => put(props, { at: when.value ? `${when.value.slice(0, 16)}:00Z` : "" }));
  const update = (node: any): boolean => {
    if (node.type !== props.node.type) return false;
    when.value = String(node.attrs.at).slice(0, 16);
    key.box.checked = !!node.attrs.key;
    pin.box.checked = !!node.attrs.pin;
    title.classList.toggle("is-empty", node.content.size === 0);
    return true;
  };
  update(props.node);
  return { dom, contentDOM: title, update, ignoreMutation: outside(title), stopEvent: control };
}
