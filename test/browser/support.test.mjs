// The contribution form: every wrong answer in the words of its table, nothing
// that was typed is lost, every script's digits are digits.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Demo } from "./demo.mjs";
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

async function onForm(run, view = views[0]) {
  const reader = await Reader.open(browser, demo, view);
  try {
    await reader.goto("/support");
    await run(reader);
  } finally {
    await reader.close();
  }
}

async function refused(reader, message) {
  await step.toPayment(reader, 422);
  assert.match(await reader.page.title(), /^Error: /);
  const main = await reader.page.locator("main").innerText();
  assert.match(main, step.words.en.problem);
  assert.ok(main.includes(message), `${JSON.stringify(message)} is not on the page: ${main.slice(0, 600)}`);
  // The box leads to the field, and the field to its message.
  const link = reader.page.locator("main").getByRole("link", { name: message });
  assert.equal(await link.count(), 1, "the box links to the field");
  const target = (await link.getAttribute("href")).replace("#", "");
  const invalid = await reader.page.locator('[aria-invalid="true"], fieldset[aria-describedby]').count();
  assert.ok(invalid > 0, "the field is marked");
  assert.equal(await reader.page.locator(`[id="${target}"]`).count(), 1, `#${target} exists`);
}

describe("what is wrong is said, in the words of the table", () => {
  test("nothing at all", () => onForm(async (reader) => {
    await refused(reader, "Enter an e-mail address in the form name@example.org");
    assert.ok((await reader.page.locator("main").innerText()).includes("Choose an amount, or enter another amount"));
    await reader.examine("support-errors");
  }));
  test("nothing at all, on a small dark screen", () => onForm(async (reader) => {
    await refused(reader, "Choose an amount, or enter another amount");
    await reader.examine("support-errors");
  }, views[1]));

  for (const [other, message] of [
    ["1", "Enter an amount of $2 or more a month"],
    ["-5", "Enter the amount in figures, like 5 or 7.50"],
    ["NaN", "Enter the amount in figures, like 5 or 7.50"],
    ["1e3", "Enter the amount in figures, like 5 or 7.50"],
    ["five", "Enter the amount in figures, like 5 or 7.50"],
    ["", "Choose an amount, or enter another amount"],
  ]) {
    test(`other amount ${JSON.stringify(other)}`, () => onForm(async (reader) => {
      await step.fillGift(reader, { often: /month/i, other, email: "typed@example.org" });
      await refused(reader, message);
      assert.equal(await reader.page.locator('input[inputmode="decimal"]').inputValue(), other, "what was typed stays");
      assert.equal(await reader.page.getByRole("textbox", { name: step.words.en.email }).inputValue(), "typed@example.org");
    }));
  }

  test("an address that is none", () => onForm(async (reader) => {
    await step.fillGift(reader, { often: /month/i, amount: /\$5\b/, email: "dana(at)example" });
    await refused(reader, "Enter an e-mail address in the form name@example.org");
    assert.ok(await reader.page.getByRole("radio", { name: /\$5\b/ }).isChecked(), "the choice stays");
  }));
});

describe("any script's digits, comma or point", () => {
  for (const [typed, minor] of [["7,50", 750], ["7.50", 750], ["۷٫۵۰", 750], ["٧٫٥", 750], ["१२", 1200], ["$ 8", 800]]) {
    test(typed, () => onForm(async (reader) => {
      await step.fillGift(reader, { often: /month/i, other: typed, email: "digits@example.org" });
      await step.toPayment(reader);
      await step.payByCard(reader);
      await step.thanked(reader);
      const last = (await demo.bank()).filter((m) => m.kind === "statement").at(-1);
      assert.deepEqual([last.amount, last.currency], [minor, "USD"]);
    }));
  }
});

describe("what the form says before anything is paid", () => {
  test("step, statement, what is kept; nothing chosen beforehand", () => onForm(async (reader) => {
    const main = await reader.page.locator("main").innerText();
    assert.match(main, /Nothing is charged yet/);
    assert.match(main, /bank statement will read/i);
    assert.equal(await reader.page.locator('input[type="radio"][name]:checked').count() <= 2, true, "at most currency and way to pay are preset");
    assert.match(await reader.page.locator("details").first().innerText(), /what we keep/i);
    const statement = main.match(/bank statement will read:?\s+(\S[^.\n]{4,21})/i);
    assert.ok(statement, "the words on the bank statement");
  }));

  test("a forged form from another site is refused", () => onForm(async (reader) => {
    const answer = await fetch(reader.url("/support"), {
      method: "POST",
      headers: { origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" },
      body: new URLSearchParams({ email: "forged@example.org" }),
      redirect: "manual",
    });
    assert.equal(answer.status, 403);
  }));

  test("the yearly offer below 5 a month is the same gift", () => onForm(async (reader) => {
    await step.fillGift(reader, { often: /month/i, amount: /\$2\b/, email: "small@example.org" });
    assert.match(await reader.page.locator("body").innerText(), /year/i);
  }));
});
