// The whole dialogue that the first page of this newsroom stands for, clicked
// the way a reader clicks it, with scripts off.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Demo, until } from "./demo.mjs";
import { launch, Reader } from "./reader.mjs";
import * as step from "./steps.mjs";

let demo, browser;
before(async () => {
  demo = await Demo.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

async function as(run) {
  const reader = await Reader.open(browser, demo);
  try {
    await run(reader);
  } finally {
    await reader.close();
  }
}

describe("×", () => {
  test("closes, says for how long, and can be undone", () => as(async (reader) => {
    const path = await step.askingArticle(reader);
    assert.deepEqual(await reader.cookies(), [], "reading sets no cookie");
    await step.close(reader);
    assert.equal(await reader.ask(), "closed.2026-12-22");
    const [cookie] = await reader.cookies();
    assert.deepEqual({ ...cookie, value: undefined }, { name: "ask", value: undefined, httpOnly: true, sameSite: "Lax" });
    await reader.examine("closed", { cookies: true });

    await reader.goto(path);
    assert.equal(await step.appeal(reader).getByRole("link", { name: step.words.en.cont }).count(), 0, "it stays closed");
    await reader.goto("/");
    assert.equal(await reader.page.getByRole("link", { name: step.words.en.cont }).count(), 0);
  }));

  test("undo brings the message back and forgets", () => as(async (reader) => {
    await step.askingArticle(reader);
    await step.close(reader);
    await step.undo(reader);
    assert.equal(await reader.ask(), "");
    await reader.examine("undone", { cookies: true });
  }));

  test("a scanner that opens the address changes nothing", () => as(async (reader) => {
    const answer = await fetch(reader.url("/appeal/close"), { redirect: "manual" });
    assert.ok([404, 405].includes(answer.status) || answer.status === 303, `GET /appeal/close: ${answer.status}`);
    assert.equal(answer.headers.get("set-cookie"), null);
  }));
});

describe("a monthly gift", () => {
  test("from the story to the thanks, and its stop link", () => as(async (reader) => {
    const path = await step.askingArticle(reader);
    await step.goOn(reader);
    await reader.examine("support", { cookies: false });
    await step.fillGift(reader, { often: /month/i, amount: /\$5\b/, email: "dana.field@example.org" });
    await step.toPayment(reader);
    await reader.examine("processor", { cookies: true });
    await step.payByCard(reader);
    await step.thanked(reader);
    assert.equal(await reader.ask(), "monthly");
    await reader.examine("thanks", { cookies: true });

    await reader.goto(path);
    assert.equal(await step.appeal(reader).getByRole("link", { name: step.words.en.cont }).count(), 0, "a supporter is not asked");

    const lines = (await demo.bank()).filter((m) => m.kind === "statement");
    assert.deepEqual(lines.map(({ amount, currency }) => ({ amount, currency })), [{ amount: 500, currency: "USD" }]);

    const receipt = await until("the receipt", async () =>
      (await demo.outbox()).find((m) => step.addressee(m).includes("dana.field@example.org")));
    assert.match(receipt.text, /\$5/);
    const stop = step.links(receipt).find((l) => /\/supporter/.test(l));
    assert.ok(stop, `no link to stop with in the receipt: ${step.links(receipt)}`);
    await reader.goto(stop);
    await reader.examine("stop", { cookies: true });
    await reader.goto(stop);
    await reader.act(() => reader.page.getByRole("button", { name: /stop/i }).click());
    assert.match(await reader.page.locator("main").innerText(), /stopped/i);
    await reader.examine("stopped", { cookies: true });

    await demo.moveTo("2027-03-01T10:00:00Z");
    assert.equal((await demo.bank()).filter((m) => m.kind === "statement").length, 1, "nothing is charged after the stop");
  }));

  test("a second press of the same form charges once", () => as(async (reader) => {
    const before = (await demo.bank()).filter((m) => m.kind === "statement").length;
    await reader.goto("/support");
    await step.fillGift(reader, { often: /month/i, amount: /\$10\b/, email: "twice@example.org" });
    await step.toPayment(reader);
    const processor = reader.page.url();
    await step.payByCard(reader);
    await step.thanked(reader);
    for (let i = 0; i < 3; i++) await reader.page.reload();
    const again = await reader.page.goto(processor);
    assert.ok(again.status() < 500);
    assert.equal((await demo.bank()).filter((m) => m.kind === "statement").length, before + 1);
  }));

  test("a refused card is said so, nothing is charged, another card goes through", () => as(async (reader) => {
    const statements = async () => (await demo.bank()).filter((m) => m.kind === "statement").length;
    const before = await statements();
    await reader.goto("/support");
    await step.fillGift(reader, { often: /one time|once/i, amount: /\$20\b/, email: "refused@example.org" });
    await step.toPayment(reader);
    await step.payByCard(reader, "4000 0000 0000 0002", [200, 402, 422].includes(reader.answer.status()) ? reader.answer.status() : 200).catch(() => {});
    assert.match(await reader.page.locator("body").innerText(), /did not accept|declined|refused/i);
    assert.equal(await statements(), before);
    await step.payByCard(reader);
    await step.thanked(reader);
    assert.equal(await statements(), before + 1);
    assert.match(await reader.ask(), /^once\.\d{4}-\d{2}-\d{2}$/);
  }));
});
