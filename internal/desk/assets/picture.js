// Sends a picture with word of how far it is. Without this the form sends
// itself.
const form = document.getElementById("picture-form");
const said = document.getElementById("picture-progress");
const button = form?.querySelector("button[type=submit]");

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const send = new XMLHttpRequest();
  const end = (words) => {
    button.disabled = false;
    said.className = "error";
    said.textContent = words;
  };
  said.className = "";
  button.disabled = true;
  let last = -1;
  send.upload.addEventListener("progress", (e) => {
    const tenth = Math.floor((10 * e.loaded) / (e.total || 1));
    if (tenth === last) return;
    last = tenth;
    said.textContent = tenth >= 10 ? form.dataset.making : form.dataset.sending.replace("%", `${new Intl.NumberFormat(document.documentElement.lang).format(tenth * 10)}`);
  });
  send.addEventListener("error", () => end(form.dataset.lost));
  send.addEventListener("load", () => {
    let answer = {};
    try {
      answer = JSON.parse(send.responseText);
    } catch {
      // not from our page: said below
    }
    if (send.status === 200 && typeof answer.page === "string") location.assign(answer.page);
    else end(answer.error || form.dataset.lost);
  });
  send.open("POST", form.action);
  send.setRequestHeader("Accept", "application/json");
  send.send(new FormData(form));
});
