// The steps that several tests walk: each is what a reader does with a finger,
// found by what is written on the page and never by how it is styled.
import assert from "node:assert/strict";
import { until } from "./demo.mjs";

/** What the pages say, in the two languages of the demo. */
export const words = {
  en: {
    home: "/",
    close: /close this message/i,
    closed: /Closed\. We will not ask again for 30 days\./,
    undo: /^undo/i,
    cont: /^continue$/i,
    later: /^remind me later\.?$/i,
    remindHeading: /remind me/i,
    email: /e-mail/i,
    month: /month/i,
    pay: /continue to payment/i,
    thanks: /thank/i,
    reminderSet: /Thank you[,!] your reminder is set/i,
    january: /January/,
    deleteNow: /delete it now/i,
    problem: /There is a problem/,
  },
};

/** The addresses of all articles that a front page leads to. */
export async function articles(reader, front = "/") {
  await reader.goto(front);
  const links = await reader.page.locator("main a[href]").evaluateAll((all) => all.map((a) => new URL(a.href).pathname));
  const found = [...new Set(links.filter((p) => /\/\d{4}\/\d{2}\/[^/]+$/.test(p)))];
  assert.ok(found.length > 0, `no article is linked from ${front}: ${links}`);
  return found;
}

/** The first article among those on the front page that asks. */
export async function askingArticle(reader, front = "/") {
  for (const path of await articles(reader, front)) {
    await reader.goto(path);
    if (await appeal(reader).count()) return path;
  }
  throw new Error(`no article on ${front} shows an appeal`);
}

export const appeal = (reader) => reader.page.locator("#appeal");

const inAppeal = (reader, role, name) => appeal(reader).getByRole(role, { name });

export async function close(reader) {
  await reader.act(() => inAppeal(reader, "button", words.en.close).click());
  assert.match(new URL(reader.page.url()).hash, /^#appeal$/, "after × the reader is back where the message was");
  assert.match(await appeal(reader).innerText(), words.en.closed);
}

export async function undo(reader) {
  await reader.act(() => inAppeal(reader, "button", words.en.undo).click());
  await inAppeal(reader, "link", words.en.cont).waitFor();
}

/** From the appeal to the contribution form. */
export async function goOn(reader) {
  await reader.act(() => inAppeal(reader, "link", words.en.cont).click());
  assert.match(new URL(reader.page.url()).pathname, /\/support$/);
}

/** Fills in the contribution form; undefined leaves a question as it is. */
export async function fillGift(reader, { often, amount, other, email }) {
  const { page } = reader;
  if (often) await page.getByRole("radio", { name: often }).check();
  if (amount) await page.getByRole("radio", { name: amount }).check();
  if (other !== undefined) {
    await page.getByRole("radio", { name: /other/i }).check();
    await page.locator('input[inputmode="decimal"]').fill(other);
  }
  if (email !== undefined) await page.getByRole("textbox", { name: words.en.email }).fill(email);
}

export async function toPayment(reader, status = 200) {
  await reader.act(() => reader.page.getByRole("button", { name: words.en.pay }).click(), status);
}

/** Types a card on the processor's page. */
export async function payByCard(reader, number = "4242 4242 4242 4242", status = 200) {
  const { page } = reader;
  assert.match(new URL(page.url()).pathname, /^\/simulator\//, "the processor's page");
  await page.locator("[name=number]").fill(number);
  await page.locator("[name=exp]").fill("12/34");
  await page.locator("[name=cvc]").fill("123");
  await reader.act(() => page.locator("form:has([name=number]) [type=submit], form:has([name=number]) button").first().click(), status);
}

/** Waits on the return page, by reloading it as its own refresh would, until it thanks. */
export async function thanked(reader) {
  assert.match(new URL(reader.page.url()).pathname, /\/support\/return\//);
  await until("the return page's thanks", async () => {
    if (words.en.thanks.test(await reader.page.locator("h1").innerText())) return true;
    await reader.page.reload({ waitUntil: "load" });
    return false;
  });
}

/** Asks for a reminder from the appeal; ends on the page that says it is set. */
export async function remind(reader, email) {
  await reader.act(() => inAppeal(reader, "button", words.en.later).click());
  await reader.page.getByRole("textbox", { name: words.en.email }).fill(email);
  await reader.act(() => reader.page.getByRole("button", { name: /^remind me in /i }).click());
  const said = await reader.page.locator("main").innerText();
  assert.match(said, words.en.reminderSet);
  assert.match(said, words.en.january, "from the 20th it is the month after the next");
}

export const addressee = (mail) => [mail.to].flat().join(",");

/** The links in a mail's text. */
export const links = (mail) => mail.text.match(/https?:\/\/[^\s<>"]+/g) ?? [];

export const header = (mail, name) => {
  const found = Object.entries(mail.headers).find(([k]) => k.toLowerCase() === name.toLowerCase());
  return found ? [found[1]].flat().join(", ") : "";
};
