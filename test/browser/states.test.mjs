// Every state that a reader can bring a page into, in each of the four views.
// The pages speak two languages, so the steps here go by what a control does
// (its form and name), not by what it says; the words are dialogue.test.mjs's.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Demo, until } from "./demo.mjs";
import { launch, Reader, views } from "./reader.mjs";
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

const press = (reader, selector, status) => reader.act(() => reader.page.locator(selector).first().click(), status);
const acted = { cookies: true };
const calm = {};
const storm = { webhooks: { drop: 1 }, api: { error_rate: 1 } };

/** Fills in the form to give with the smallest monthly gift and goes to the processor. */
async function toProcessor(reader, front, email) {
  await reader.goto(`${front}support`);
  await reader.page.locator('[name="rhythm"][value="monthly"]').check();
  await reader.page.locator('[name="amount"]').nth(1).check();
  await reader.page.locator("#email").fill(email);
  await press(reader, 'form[action$="/support"] button[type="submit"]');
  assert.match(new URL(reader.page.url()).pathname, /^\/simulator\//);
}

async function pay(reader, number) {
  await reader.page.locator("[name=number]").fill(number);
  await reader.page.locator("[name=exp]").fill("12/34");
  await reader.page.locator("[name=cvc]").fill("123");
  await Promise.all([
    reader.page.waitForEvent("load"),
    reader.page.locator("form:has([name=number]) button").first().click(),
  ]);
}

const mailTo = (address) => until(`a mail to ${address}`, async () =>
  (await demo.outbox()).find((m) => step.addressee(m).includes(address)));

for (const view of views) {
  describe(view.name, () => {
    const front = view.lang === "en" ? "/" : `/${view.lang}/`;
    const address = `${view.name}@example.org`;
    let reader;
    before(async () => (reader = await Reader.open(browser, demo, view)));
    after(() => reader?.close());

    test("the message: closed, undone", async () => {
      await step.askingArticle(reader, front);
      await press(reader, '#appeal form[action$="/appeal/close"] button');
      await reader.examine("closed", acted);
      await press(reader, '#appeal button[name="undo"]');
      await reader.examine("undone", acted);
    });

    test("the reminder: asked, wrong, set, deleted", async () => {
      await step.askingArticle(reader, front);
      await press(reader, '#appeal form[action$="/remind"] button');
      await reader.examine("remind", acted);
      const send = 'form[action$="/remind"] button[type="submit"]';
      await press(reader, send, 422);
      await reader.examine("remind-error", acted);
      await reader.page.locator("#email").fill(`later.${address}`);
      await press(reader, send);
      await reader.examine("reminder-set", acted);
      await press(reader, 'form[action$="/remind/stop"] button');
      await reader.examine("reminder-deleted", acted);
    });

    test("the form to give: wrong in every way", async () => {
      await reader.goto(`${front}support`);
      await press(reader, 'form[action$="/support"] button[type="submit"]', 422);
      await reader.examine("support-errors", acted);
    });

    test("the processor: its page, a refused card, turning back", async () => {
      await toProcessor(reader, front, address);
      await reader.examine("processor", acted);
      await pay(reader, "4000 0000 0000 0002");
      await reader.examine("processor-refused", acted);
      await press(reader, "a[href]:not([href^='#'])");
      await reader.examine("turned-back", acted);
    });

    test("the return: waiting for the bank, then thanks", async () => {
      await toProcessor(reader, front, address);
      await demo.faults(storm);
      try {
        await pay(reader, "4242 4242 4242 4242");
        assert.match(new URL(reader.page.url()).pathname, /\/support\/return\//);
        assert.equal(await reader.ask() === "monthly", false, "nobody is a supporter before the bank has said so");
        await reader.examine("waiting", acted);
      } finally {
        await demo.faults(calm);
      }
      await until("the thanks", async () => {
        if (await reader.ask() === "monthly") return true;
        await reader.page.reload({ waitUntil: "load" });
        return false;
      }, 40);
      await reader.examine("thanks", acted);
    });

    test("the supporter's page: the gift, stopped", async () => {
      const receipt = await mailTo(address);
      const link = step.links(receipt).find((l) => /\/supporter/.test(l));
      assert.ok(link, `a link to the gift: ${step.links(receipt)}`);
      await reader.goto(link);
      await reader.examine("gift", acted);
      await press(reader, 'form:has([name="do"][value="stop"]) button');
      await reader.examine("stopped", acted);
      await reader.goto("/supporter?t=forged", reader.answer.status()).catch(() => {});
      assert.ok(reader.answer.status() >= 400 && reader.answer.status() < 500, `a forged link: ${reader.answer.status()}`);
      await reader.examine("forged-link", acted);
    });

    test("a reminder is left for the month to come", async () => {
      await reader.goto(`${front}remind`);
      await reader.page.locator("#email").fill(`kept.${address}`);
      await press(reader, 'form[action$="/remind"] button[type="submit"]');
    });
  });
}

describe("in the month to come", () => {
  before(() => demo.moveTo("2027-01-05T10:00:00Z"));

  for (const view of views) {
    test(`unsubscribing, ${view.name}`, async () => {
      const reader = await Reader.open(browser, demo, view);
      try {
        const mail = await mailTo(`kept.${view.name}@example.org`);
        assert.match(mail.html, view.lang === "fa" ? /dir="rtl"/ : /dir="ltr"/);
        const url = new URL(step.header(mail, "List-Unsubscribe").match(/<(https?:[^>]+)>/)[1]);
        await reader.goto(url.pathname + url.search);
        await reader.examine("unsubscribe");
        await press(reader, "main form button");
        await reader.examine("unsubscribed", acted);
      } finally {
        await reader.close();
      }
    });
  }
});
