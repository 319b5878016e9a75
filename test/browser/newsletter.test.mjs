// A newsletter from the reader's side: asked for, confirmed by the button
// behind the link in the mail, and left again; nothing by opening a link alone.
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

const acted = { cookies: true };
const press = (reader, selector, status) => reader.act(() => reader.page.locator(selector).first().click(), status);

for (const view of views) {
  describe(view.name, () => {
    const front = view.lang === "en" ? "/" : `/${view.lang}/`;
    const address = `letters-${view.name}@example.org`;
    let reader;
    before(async () => (reader = await Reader.open(browser, demo, view)));
    after(() => reader?.close());

    test("the form: wrong, then asked", async () => {
      await reader.goto(`${front}newsletters`);
      await press(reader, 'form[action$="/newsletters"] button', 422);
      await reader.examine("newsletters-error", acted);
      await reader.page.locator("#email").fill(address);
      await press(reader, 'form[action$="/newsletters"] button');
      await reader.examine("newsletters-asked", acted);
    });

    test("the question: opened, answered, left again", async () => {
      const mail = await until("the question", async () => (await demo.outbox()).find((m) => step.addressee(m).includes(address)));
      const link = step.links(mail).find((l) => /newsletters\/confirm/.test(l));
      assert.ok(link, `a link to confirm: ${mail.text}`);
      await reader.goto(link);
      await reader.examine("newsletters-confirm", acted);
      await press(reader, 'form[action$="/newsletters/confirm"] button');
      await reader.examine("newsletters-done", acted);
      await reader.goto("/newsletters/leave?t=forged", 403);
    });
  });
}
