// The statements beside a story that is being written: those that the text
// carries, in its order, and what the suggester sees. One key or one press
// accepts a suggestion and goes on to the next. Without this file the same is
// done on the story's page of statements.
const aside = document.getElementById("statements");
const path = aside && `/desk/stories/${aside.dataset.story}/statements`;

function element(tag, attributes = {}, ...inside) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") e.addEventListener("click", value);
    else if (value !== undefined) e.setAttribute(name, value);
  }
  e.append(...inside);
  return e;
}

async function ask(to, fields) {
  const answer = await fetch(to, {
    method: fields ? "POST" : "GET",
    headers: { Accept: "application/json" },
    body: fields && new URLSearchParams(fields),
  });
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(data.error ?? String(answer.status)), { data });
  return data;
}

let words = {};
const list = element("ol", { class: "rows" });
const suggestions = element("ol", { class: "rows" });
const head = element("h3");
const said = element("p", { class: "note", role: "status" });

function row(s) {
  const state = { checked: " good", none: " warn" }[s.chip] ?? "";
  return element("li", {},
    element("span", {}, element("a", { href: s.url }, element("bdi", {}, s.who)), s.role ? `, ${s.role}` : "", element("br"), element("span", { class: "note" }, `“${s.words}”`)),
    element("span", { class: `state${state}` }, s.label));
}

// put marks words in the editor's text; when they are not there any more, the
// record stays and the page of statements says so.
function put(text, id) {
  const editor = window.mimeoEditor;
  if (editor?.find(text)) editor.mark(id);
}

async function decide(item, fields, s) {
  const buttons = [...suggestions.querySelectorAll("button.accept")];
  const next = buttons[buttons.indexOf(item.querySelector("button.accept")) + 1];
  try {
    const made = await ask(path, { mark: s.mark, ...fields });
    if (made.id) {
      put(s.words, made.id);
      list.append(row({ url: made.url, who: s.who, words: s.words, chip: "none", label: "…" }));
    }
    item.remove();
    said.textContent = "";
    // The editor takes the focus when it marks; it comes back a frame later.
    const on = next ?? list.lastElementChild?.querySelector("a");
    requestAnimationFrame(() => requestAnimationFrame(() => on?.focus()));
    if (!suggestions.children.length) suggestions.append(element("li", {}, words["desk.suggested.none"]));
  } catch (err) {
    said.textContent = err.message;
  }
}

function proposal(s) {
  const item = element("li", { tabindex: "-1" },
    element("span", {}, element("b", {}, element("bdi", {}, s.who)), s.detail ? ` · ${s.detail}` : "", element("br"), element("span", { class: "note" }, `“${s.words}”`)),
    element("span", { class: "row" },
      element("button", { type: "button", class: "accept", onclick: () => decide(item, {}, s) }, words["desk.accept"]),
      element("button", { type: "button", class: "quiet", onclick: () => decide(item, { reject: "yes" }, s) }, words["desk.reject"])));
  return item;
}

async function fill() {
  const data = await ask(path);
  words = data.words;
  list.replaceChildren(...data.statements.map(row));
  if (!data.statements.length) list.append(element("li", {}, words["desk.none"]));
  head.textContent = words["desk.suggested"];
  suggestions.replaceChildren(...data.suggestions.map(proposal));
  if (!data.suggestions.length) suggestions.append(element("li", {}, words["desk.suggested.none"]));
}

// capture asks for the least that a record needs; all other fields are on its
// page, to which the answer leads.
function capture(detail) {
  aside.querySelector("form.capture")?.remove();
  const who = element("input", { id: "capture-who", name: "who", required: "", autocomplete: "off" });
  const text = element("textarea", { id: "capture-words", name: "words", rows: "3", dir: "auto" });
  text.value = detail.text.replace(/^[“”„"«»\s,]+|[“”„"«»\s,]+$/g, "");
  const exact = element("input", { type: "checkbox", name: "exact" });
  exact.checked = true;
  const form = element("form", { class: "capture" },
    element("p", { class: "field" }, element("label", { for: "capture-who" }, words["desk.who.name"]), who),
    element("p", { class: "field" }, element("label", { for: "capture-words" }, words["desk.said"]), text),
    element("label", { class: "check" }, exact, element("span", {}, words["desk.exact"])),
    element("p", { class: "row" }, element("button", { type: "submit" }, words["desk.save"]),
      element("a", { href: `${path}/new?${new URLSearchParams({ words: detail.text })}` }, words["desk.new"])));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = { who: who.value, words: text.value, lang: aside.dataset.lang, kind: exact.checked ? "direct" : "indirect" };
    if (exact.checked) fields.exact = "on";
    try {
      const made = await ask(`${path}/new`, fields);
      window.mimeoEditor?.mark(made.id);
      list.append(row({ url: made.url, who: who.value, words: text.value, chip: "none", label: "…" }));
      form.remove();
      said.textContent = "";
      window.mimeoEditor?.editor?.commands?.focus?.();
    } catch (err) {
      said.textContent = err.message;
    }
  });
  aside.append(form);
  who.focus();
}

if (aside) {
  aside.append(list, head, suggestions, said);
  fill().catch((err) => { said.textContent = err.message; });
  document.addEventListener("mimeo:statement", (event) => capture(event.detail));
}
