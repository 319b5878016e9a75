// The front page arranged and breaking news put up, and a newsletter begun,
// composed and sent, all with scripts off; then the order moved by script.
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
const desk = { ...acted, scripts: 1 };
const press = (reader, selector, status) => reader.act(() => reader.page.locator(selector).first().click(), status);

async function signedIn(view) {
  const reader = await Reader.open(browser, demo, view);
  const answer = await reader.context.request.post(reader.url("/demo/signin"), { form: { role: "editor" }, maxRedirects: 0 });
  assert.equal(answer.status(), 303);
  return reader;
}

for (const view of views) {
  const lang = view.lang;
  const front = lang === "en" ? "/" : `/${lang}/`;

  describe(view.name, () => {
    let reader;
    before(async () => (reader = await signedIn(view)));
    after(() => reader?.close());

    test("the front page is arranged by numbers", async () => {
      await reader.goto(`/desk/front?lang=${lang}`);
      const rows = reader.page.locator("ol.order li");
      const headline = await rows.nth(3).locator("bdi").innerText();
      for (const input of await reader.page.locator("ol.order input.brief").all()) await input.fill("");
      await rows.nth(3).locator("input.brief").fill(lang === "fa" ? "۱" : "1");
      await press(reader, 'form[action="/desk/front"] button');
      await reader.examine("desk-front", desk);
      await reader.goto(front);
      assert.equal(await reader.page.locator("main h2 a").first().innerText(), headline);
    });

    test("breaking news: wrong, up, down", async () => {
      await reader.goto(`/desk/front?lang=${lang}`);
      await press(reader, 'form.card[action="/desk/front/breaking"] button', 422);
      await reader.examine("desk-front-wrong", desk);
      await reader.page.locator("#breaking").selectOption({ index: 1 });
      await reader.page.locator("#words").fill("The bridge is open");
      await press(reader, 'form.card[action="/desk/front/breaking"] button');
      await reader.goto(front);
      assert.match(await reader.page.locator(".breaking").innerText(), /The bridge is open/);
      await reader.examine("breaking", acted);
      await reader.goto(`/desk/front?lang=${lang}`);
      await press(reader, "button.danger");
      await reader.goto(front);
      assert.equal(await reader.page.locator(".breaking").count(), 0);
    });

    test("a newsletter is begun, composed, tried and sent", async () => {
      await reader.goto("/desk/newsletters");
      await reader.examine("desk-newsletters", desk);
      await reader.page.locator("#lang").selectOption(lang);
      await reader.page.locator("#name").fill(`Letters ${view.name}`);
      await press(reader, 'form[action="/desk/newsletters"] button');
      await press(reader, 'form[action$="/issues"] button');
      await press(reader, 'button[value="send"]', 422);
      await reader.examine("desk-issue-empty", desk);
      await reader.page.locator("#subject").fill(`Subject ${view.name}`);
      await reader.page.locator("#intro").fill("Dear readers,\n\nthis was the week.");
      await reader.page.locator("ol.order input.brief").nth(1).fill("1");
      await reader.page.locator("ol.order input.brief").nth(0).fill("2");
      await press(reader, 'main form[action^="/desk/issues/"] button[type="submit"]');
      assert.match(await reader.page.locator("pre.letter").innerText(), /^Dear readers,\n\nthis was the week\./);
      await reader.examine("desk-issue", desk);
      await reader.page.locator("#email").fill(`trial-${view.name}@example.org`);
      await press(reader, 'form[action$="/try"] button');
      const trial = await until("the trial", async () => (await demo.outbox()).find((m) => step.addressee(m).includes(`trial-${view.name}`)));
      assert.match(trial.text, /this was the week/);
      await press(reader, 'button[value="send"]');
      await reader.examine("desk-issue-asked", desk);
      await press(reader, 'form[action$="/send"] button');
      await until("the issue", async () => {
        await reader.page.reload({ waitUntil: "load" });
        return (await reader.page.locator(".state.good").count()) === 1;
      });
      await reader.examine("desk-issue-sent", desk);
    });
  });
}

test("the order is moved by buttons and arrow keys where scripts run", async () => {
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 } });
  try {
    await context.request.post(new URL("/demo/signin", demo.origin).href, { form: { role: "editor" }, maxRedirects: 0 });
    const page = await context.newPage();
    await page.goto(new URL("/desk/front?lang=en", demo.origin).href);
    const headlines = () => page.locator("ol.order bdi").allInnerTexts();
    const before = await headlines();
    await page.locator("ol.order li").nth(2).locator("button").first().click();
    assert.deepEqual((await headlines()).slice(0, 3), [before[0], before[2], before[1]]);
    const moved = page.locator("ol.order li").nth(1).locator("input.brief");
    await moved.press("ArrowUp");
    assert.deepEqual((await headlines()).slice(0, 3), [before[2], before[0], before[1]]);
    assert.equal(await page.locator("ol.order li").nth(0).locator("input.brief").inputValue(), "1");
  } finally {
    await context.close();
  }
});
