// Numbers in a list become an order that can be dragged, or moved with two
// buttons or the arrow keys. The numbers stay what is sent, so that the list
// works without this file.
for (const list of document.querySelectorAll("ol.order")) {
  const items = () => [...list.children];
  const place = (li) => li.querySelector("input.brief");
  const chosen = (li) => place(li).value.trim() !== "";

  // number writes the places of the chosen ones anew, in the order they stand.
  const number = () => {
    let n = 0;
    for (const li of items()) {
      if (chosen(li)) place(li).value = String(++n);
    }
  };

  const move = (li, by) => {
    const all = items();
    const other = all[all.indexOf(li) + by];
    if (!other) return;
    if (!chosen(li)) place(li).value = "0";
    if (by < 0) other.before(li);
    else other.after(li);
    number();
  };

  for (const li of items()) {
    for (const [by, label, sign] of [[-1, list.dataset.up, "↑"], [1, list.dataset.down, "↓"]]) {
      const b = document.createElement("button");
      b.type = "button";
      b.className = "second step";
      b.textContent = sign;
      b.setAttribute("aria-label", `${label}: ${li.querySelector("bdi").textContent}`);
      b.addEventListener("click", () => {
        move(li, by);
        b.focus();
      });
      li.append(b);
    }
    li.draggable = true;
    li.addEventListener("dragstart", (e) => {
      e.dataTransfer.effectAllowed = "move";
      li.classList.add("dragged");
    });
    li.addEventListener("dragend", () => {
      li.classList.remove("dragged");
      if (!chosen(li)) place(li).value = "0";
      number();
    });
    li.addEventListener("dragover", (e) => {
      const dragged = list.querySelector(".dragged");
      if (!dragged || dragged === li) return;
      e.preventDefault();
      const box = li.getBoundingClientRect();
      if (e.clientY < box.top + box.height / 2) li.before(dragged);
      else li.after(dragged);
    });
    place(li).addEventListener("keydown", (e) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[e.key];
      if (!by) return;
      e.preventDefault();
      move(li, by);
      place(li).focus();
    });
  }
}
