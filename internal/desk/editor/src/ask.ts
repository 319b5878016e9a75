// A small form in a dialog: labels, fields, two buttons. Everything that the
// editor asks for goes through it.
import { make, say } from "./words";

export interface Field {
  name: string;
  label: string;
  value?: string;
  hint?: string;
  long?: boolean;
  required?: boolean;
  check?: (value: string) => string | undefined; // what is wrong with it
}

let counter = 0;

/** The answers, or undefined when nothing was decided. */
export function ask(title: string, fields: Field[], button = say("ok")): Promise<Record<string, string> | undefined> {
  const id = `ask${++counter}`;
  const form = make("form", { method: "dialog", class: "ask" });
  form.append(make("h2", { id: `${id}-title` }, title));
  const inputs = fields.map((f, i) => {
    const input = f.long ? make("textarea", { id: `${id}-${i}`, name: f.name, rows: "4" }) : make("input", { id: `${id}-${i}`, name: f.name });
    input.value = f.value ?? "";
    const error = make("p", { class: "error", id: `${id}-${i}-error`, hidden: "" });
    const field = make("div", { class: "field" }, make("label", { for: input.id }, f.label));
    if (f.hint) {
      field.append(make("p", { class: "hint", id: `${id}-${i}-hint` }, f.hint));
      input.setAttribute("aria-describedby", `${id}-${i}-hint`);
    }
    field.append(error, input);
    form.append(field);
    return { input, error, f };
  });
  const cancel = make("button", { type: "button", class: "second" }, say("cancel"));
  form.append(make("p", { class: "row" }, make("button", { type: "submit" }, button), cancel));
  const dialog = make("dialog", { class: "dialog", "aria-labelledby": `${id}-title` }, form);
  document.body.append(dialog);
  return new Promise((done) => {
    cancel.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      let first: HTMLElement | undefined;
      for (const { input, error, f } of inputs) {
        const value = input.value.trim();
        const wrong = f.required && !value ? say("needed") : f.check?.(value);
        error.hidden = !wrong;
        error.textContent = wrong ?? "";
        input.toggleAttribute("aria-invalid", !!wrong);
        if (wrong) {
          input.setAttribute("aria-invalid", "true");
          input.setAttribute("aria-errormessage", error.id);
          first ??= input;
        }
      }
      if (first) return first.focus();
      // At once, so that keys pressed next find the text as it will be.
      dialog.close();
      done(Object.fromEntries(inputs.map(({ input, f }) => [f.name, input.value.trim()])));
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(undefined);
    });
    dialog.showModal();
  });
}

/** A dialog with something to read. */
export function tell(title: string, ...content: Node[]): void {
  const close = make("button", { type: "button" }, say("close"));
  const dialog = make("dialog", { class: "dialog", "aria-labelledby": "tell-title" }, make("h2", { id: "tell-title" }, title), ...content, make("p", { class: "row" }, close));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
