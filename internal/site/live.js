// On a live story: says when there is something new, and puts it in when the
// reader asks. Without this file the page is read by reloading it.
const live = document.querySelector("[data-live]");
const bar = document.querySelector("#fresh");
if (live && bar && "EventSource" in window) {
  let waiting = null;
  const entries = (root) => [...root.querySelectorAll("[data-live] > section[id]")];
  const source = new EventSource(live.dataset.live);
  source.addEventListener("new", async () => {
    try {
      const answer = await fetch(location.pathname, { cache: "no-store", credentials: "same-origin" });
      if (!answer.ok) return;
      waiting = new DOMParser().parseFromString(await answer.text(), "text/html");
      bar.hidden = false;
    } catch {
      // no network: the next message comes with it
    }
  });
  bar.querySelector("a").addEventListener("click", (e) => {
    const fresh = waiting?.querySelector("[data-live]");
    if (!fresh) return; // follow the link: reload
    e.preventDefault();
    const known = new Set(entries(document).map((s) => s.id));
    live.replaceChildren(...fresh.childNodes);
    bar.hidden = true;
    const first = entries(document).find((s) => !known.has(s.id)) ?? live;
    first.tabIndex = -1;
    first.focus();
  });
}
