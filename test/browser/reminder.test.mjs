// A reminder is one e-mail in the month that was named, and then nothing.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Demo } from "./demo.mjs";
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

const mailsTo = async (address) => (await demo.outbox()).filter((m) => step.addressee(m).includes(address));

// The order matters: the clock of the demo never goes back.
describe("before the month begins", () => {
  test("Remind me later, and the page that asks for the address", () => as(async (reader) => {
    await step.askingArticle(reader);
    await reader.act(() => step.appeal(reader).getByRole("button", { name: step.words.en.later }).click());
    await reader.examine("remind", { cookies: true });
    assert.match(await reader.page.locator("main").innerText(), /January/);
    await reader.page.getByRole("textbox", { name: step.words.en.email }).fill("not an address");
    await reader.act(() => reader.page.getByRole("button", { name: /^remind me in /i }).click(), 422);
    assert.match(await reader.page.title(), /^Error: /);
    assert.match(await reader.page.locator("main").innerText(), /Enter an e-mail address in the form name@example\.org/);
    assert.equal(await reader.page.getByRole("textbox", { name: step.words.en.email }).inputValue(), "not an address", "what was typed stays");
    await reader.examine("remind-error", { cookies: true });
  }));

  test("three readers set theirs; one deletes it, one is paid for by a gift", async () => {
    await as(async (reader) => {
      await step.askingArticle(reader);
      await step.remind(reader, "kept@example.org");
      assert.equal(await reader.ask(), "later.2027-01");
      await reader.examine("reminder-set", { cookies: true });
    });
    await as(async (reader) => {
      await step.askingArticle(reader);
      await step.remind(reader, "deleted@example.org");
      await reader.act(() => reader.page.getByRole("button", { name: step.words.en.deleteNow }).click());
      await reader.examine("reminder-deleted", { cookies: true });
    });
    await as(async (reader) => {
      await step.askingArticle(reader);
      await step.remind(reader, "gave@example.org");
      await reader.goto("/support");
      await step.fillGift(reader, { often: /one time|once/i, amount: /\$10\b/, email: "Gave@Example.org" });
      await step.toPayment(reader);
      await step.payByCard(reader);
      await step.thanked(reader);
    });
    await as(async (reader) => {
      // One per person and month: a second request replaces the first.
      await step.askingArticle(reader);
      await step.remind(reader, "kept@example.org");
    });
  });

  test("nothing is sent before its month", async () => {
    await demo.moveTo("2026-12-31T22:00:00Z");
    assert.deepEqual(await mailsTo("kept@example.org"), []);
  });

  test("the calendar file needs no address", () => as(async (reader) => {
    const answer = await fetch(reader.url("/remind/2027-01.ics"));
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type"), /^text\/calendar/);
    assert.equal(answer.headers.get("set-cookie"), null);
    const ics = await answer.text();
    assert.match(ics, /^BEGIN:VCALENDAR\r\n/);
    assert.match(ics, /\r\nDTSTART[^\r\n]*:202701\d\d/);
    for (const line of ics.split("\r\n")) assert.ok(Buffer.byteLength(line) <= 75, `a line of ${Buffer.byteLength(line)} octets: ${line}`);
  }));
});

describe("in its month", () => {
  before(() => demo.moveTo("2027-01-05T10:00:00Z"));

  test("exactly one mail, with one link and one-click unsubscribe", async () => {
    const mails = await mailsTo("kept@example.org");
    assert.equal(mails.length, 1, JSON.stringify(mails.map((m) => m.subject)));
    const [mail] = mails;
    assert.equal(step.links(mail).filter((l) => !/unsubscribe|remind/i.test(l)).length, 1, `one link to give: ${step.links(mail)}`);
    assert.match(step.header(mail, "List-Unsubscribe"), /^<https?:\/\/[^>]+>/);
    assert.equal(step.header(mail, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert.ok(mail.text.length > 0 && mail.html.length > 0, "plain text and HTML");
    assert.match(mail.at, /^2027-01-0[1-5]T/);
  });

  test("none to who deleted it, none to who gave", async () => {
    for (const address of ["deleted@example.org", "gave@example.org"]) {
      const reminders = (await mailsTo(address)).filter((m) => step.header(m, "List-Unsubscribe") !== "");
      assert.deepEqual(reminders.map((m) => m.subject), [], address);
    }
  });

  test("the link leads to the form", () => as(async (reader) => {
    const [mail] = await mailsTo("kept@example.org");
    await reader.goto(new URL(step.links(mail)[0]).pathname + new URL(step.links(mail)[0]).search);
    assert.match(new URL(reader.page.url()).pathname, /\/support$/);
  }));

  test("unsubscribing: opening changes nothing, the button and the one click do", () => as(async (reader) => {
    const [mail] = await mailsTo("kept@example.org");
    const address = step.header(mail, "List-Unsubscribe").match(/<(https?:[^>]+)>/)[1];
    const path = new URL(address).pathname + new URL(address).search;
    await reader.goto(path);
    await reader.examine("unsubscribe", { cookies: true });
    await reader.act(() => reader.page.locator("main").getByRole("button").first().click());
    await reader.examine("unsubscribed", { cookies: true });
    const once = await fetch(reader.url(path), {
      method: "POST",
      body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }),
      redirect: "manual",
    });
    assert.ok(once.status < 400, `the mail program's one click: ${once.status}`);
    const forged = await fetch(reader.url(path.replace(/.$/, (c) => (c === "A" ? "B" : "A"))), {
      method: "POST",
      body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }),
      redirect: "manual",
    });
    assert.ok(forged.status >= 400 && forged.status < 500, `a forged link: ${forged.status}`);
  }));

  test("a month later there is still only the one", async () => {
    await demo.moveTo("2027-02-20T10:00:00Z");
    assert.equal((await mailsTo("kept@example.org")).length, 1);
  });
});
