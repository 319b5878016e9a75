// The editor's dialog of pictures: shows those there are, puts the chosen one
// into the text. Its words come with the list.
const make = (tag, attributes = {}, ...children) => {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
};

let dialog, list, older, said, words;

const block = (p) => ({
  type: "image", src: p.src, alt: p.alt, width: p.width, height: p.height, focus: p.focus,
  ...(p.caption && { caption: p.caption }), ...(p.credit && { credit: p.credit }), ...(p.licence && { licence: p.licence }),
});

const build = (answer) => {
  words = answer.words;
  document.head.append(make("link", { rel: "stylesheet", href: answer.sheet }));
  list = make("ul", { class: "pictures" });
  older = make("button", { type: "button", class: "second" }, words.older);
  said = make("p", { role: "status" });
  const again = make("button", { type: "button", class: "quiet" }, words.again);
  const close = make("button", { type: "button", class: "second" }, words.close);
  const add = make("a", { href: "/desk/pictures/add", target: "_blank", rel: "noopener" }, words.add);
  const heading = make("h2", { id: "pictures-heading" }, words.heading);
  dialog = make("dialog", { class: "picker", "aria-labelledby": "pictures-heading" }, heading, make("p", { class: "row" }, add, again), list, said, make("p", { class: "row" }, older, close));
  close.addEventListener("click", () => dialog.close());
  again.addEventListener("click", () => fill("/desk/pictures", true));
  older.addEventListener("click", () => fill(older.dataset.next, false));
  document.body.append(dialog);
};

const show = (answer, afresh) => {
  if (afresh) list.replaceChildren();
  for (const p of answer.pictures) {
    const button = make("button", { type: "button" },
      make("img", { src: p.thumb, alt: "", loading: "lazy" }), make("span", { dir: "auto" }, p.alt || words.noalt));
    button.addEventListener("click", () => {
      dialog.close();
      window.mimeoEditor?.insert(block(p));
    });
    list.append(make("li", {}, button));
  }
  older.hidden = !answer.next;
  older.dataset.next = answer.next ?? "";
  said.textContent = list.children.length ? "" : words.none;
};

const fill = async (from, afresh) => {
  try {
    const got = await fetch(from, { headers: { Accept: "application/json" } });
    if (!got.ok) throw new Error(String(got.status));
    const answer = await got.json();
    if (!dialog) build(answer);
    show(answer, afresh);
    return true;
  } catch {
    if (said) said.textContent = words.lost;
    return Boolean(dialog);
  }
};

document.addEventListener("mimeo:picture", async () => {
  if (!(await fill("/desk/pictures", true))) location.assign("/desk/pictures");
  else if (!dialog.open) dialog.showModal();
});
