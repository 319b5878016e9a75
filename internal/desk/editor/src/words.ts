// What the editor says, in the language of the desk: the server writes all
// sentences into the page, each plural form on its own.
type Message = string | Record<string, string>;

let messages: Record<string, Message> = {};
let plural = new Intl.PluralRules("en");
let digits = new Intl.NumberFormat("en");

export function speak(element: HTMLElement | null, language: string): void {
  messages = JSON.parse(element?.textContent || "{}");
  plural = new Intl.PluralRules(language);
  digits = new Intl.NumberFormat(language);
}

/** A sentence; n chooses its plural form and stands for {n}, the rest for {0}, {1}. */
export function say(id: string, n?: number, ...rest: string[]): string {
  const found = messages[id] ?? id;
  let text = typeof found === "string" ? found : (found[plural.select(n ?? 0)] ?? found.other ?? id);
  if (n !== undefined) text = text.replace("{n}", digits.format(n));
  rest.forEach((r, i) => (text = text.replace(`{${i}}`, r)));
  return text;
}

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, string> = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
