// Passkeys: the one thing of the desk that a form alone cannot do. A form with
// data-passkey asks its data-start for a question, has the browser answer it,
// and hands the answer to its data-finish, which says where to go on.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const withBytes = (list) => (list ?? []).map((c) => ({ ...c, id: bytes(c.id) }));

async function create(options) {
  const asked = options.publicKey;
  const key = await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: withBytes(asked.excludeCredentials),
    },
  });
  return answer(key, {
    clientDataJSON: text(key.response.clientDataJSON),
    attestationObject: text(key.response.attestationObject),
    transports: key.response.getTransports?.() ?? [],
  });
}

async function get(options) {
  const asked = options.publicKey;
  const key = await navigator.credentials.get({
    publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: withBytes(asked.allowCredentials) },
  });
  return answer(key, {
    clientDataJSON: text(key.response.clientDataJSON),
    authenticatorData: text(key.response.authenticatorData),
    signature: text(key.response.signature),
    userHandle: key.response.userHandle ? text(key.response.userHandle) : undefined,
  });
}

const answer = (key, response) => ({
  id: key.id, rawId: text(key.rawId), type: key.type, clientExtensionResults: {}, response,
  authenticatorAttachment: key.authenticatorAttachment ?? undefined,
});

class Refused extends Error {}

async function post(path, body) {
  const got = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  });
  const said = await got.json().catch(() => ({}));
  if (!got.ok) throw new Refused(said.error ?? "");
  return said;
}

function prepare(form) {
  const said = form.querySelector("[data-said]");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = "";
    button.disabled = true;
    const fields = Object.fromEntries(new FormData(form));
    try {
      const question = await post(form.dataset.start, fields);
      const shown = form.dataset.passkey === "create" ? await create(question.options) : await get(question.options);
      const done = await post(form.dataset.finish, { ...fields, id: question.id, answer: shown });
      location.assign(done.to);
    } catch (err) {
      said.textContent = (err instanceof Refused && err.message) || form.dataset.failed;
      button.disabled = false;
      button.focus();
    }
  });
  form.hidden = false;
}

const able = Boolean(window.PublicKeyCredential && navigator.credentials);
for (const note of document.querySelectorAll("[data-scriptless]")) note.hidden = true;
for (const note of document.querySelectorAll("[data-unable]")) note.hidden = able;
if (able) for (const form of document.querySelectorAll("form[data-passkey]")) prepare(form);
