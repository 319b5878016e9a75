// Who said what: beside the text and as a record, by person, body, place, topic
// and running story, as data and as a card on somebody else's page; then at the
// desk, where an editor with scripts off records one, and one with scripts
// accepts a suggestion by one key.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { Demo } from "./demo.mjs";
import { launch, Reader, views } from "./reader.mjs";

let demo, browser;
before(async () => {
  demo = await Demo.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

const enter = (reader, role) => reader.context.request.post(`${demo.origin}/demo/signin`, { form: { role } });
const graph = async (page) => JSON.parse(await page.locator('script[type="application/ld+json"]').textContent());
const river = (lang) => (lang === "fa" ? "/fa/2026/11/اندازه-های-رودخانه" : "/2026/11/river-readings-held-back");

for (const view of views) {
  describe(view.name, () => {
    const prefix = view.lang === "en" ? "" : `/${view.lang}`;
    let reader;
    before(async () => (reader = await Reader.open(browser, demo, view)));
    after(() => reader?.close());

    test("an article and its statements", async () => {
      const page = await reader.goto(river(view.lang));
      await reader.examine("article");
      const marks = await page.locator(".text sup a").evaluateAll((all) => all.map((a) => [a.getAttribute("href"), a.id, a.getAttribute("aria-label")]));
      const listed = await page.locator("#statements li[id]").evaluateAll((all) => all.map((li) => li.id));
      assert.ok(listed.length >= 5, `${listed.length} statements`);
      assert.deepEqual(marks.map(([to]) => to.slice(1)), listed, "marks and statements stand in the same order");
      assert.ok(marks.every(([, id, label], i) => id === `r${i + 1}` && label), "every mark is named");
      // What is always visible stands outside the details.
      for (const item of await page.locator("#statements li[id]").all()) {
        assert.ok(await item.locator(".speaker bdi").first().isVisible());
        assert.ok(await item.locator(".terms").isVisible());
        assert.ok(await item.locator('a[href^="#r"]').isVisible());
      }
      assert.ok((await page.locator('.facts a[href="#statements"]').textContent()).trim());
      const after = await page.evaluate(() => document.querySelector(".text").compareDocumentPosition(document.querySelector("#statements")) & 4);
      assert.ok(after, "the statements come after the text");
      const text = await page.locator(".text").boundingBox();
      const box = await page.locator("#statements").boundingBox();
      if (view.width >= 1120) assert.ok(box.x > text.x + text.width && box.y < text.y + 40, "beside the text where there is room");
      else assert.ok(box.y > text.y + text.height - 1, "below the text");
      const said = await graph(page);
      assert.equal(said["@type"], "NewsArticle");
      assert.equal(said.hasPart.length, listed.length);
      for (const part of said.hasPart) {
        assert.ok(["Quotation", "Claim"].includes(part["@type"]), part["@type"]);
        assert.ok(part.text && part["@id"].includes("/statements/") && part.inLanguage);
      }
    });

    for (const [name, path] of [
      ["statements", "/statements/"], ["people", "/people/"], ["bodies", "/bodies/"], ["person", "/people/henrik-vass"],
      ["body", "/bodies/port-selin-water"], ["place", "/places/port-selin"], ["topic", "/topics/river-readings"],
      ["runnings", "/running/"], ["running", "/running/the-river-readings"],
    ]) {
      test(name, async () => {
        await reader.goto(prefix + path);
        await reader.examine(name);
      });
    }

    test("a record and its card", async () => {
      const page = await reader.goto(river(view.lang));
      const path = await page.locator('#statements li[id="s1"] details a[href*="/statements/"]').last().getAttribute("href");
      await reader.goto(path);
      await reader.examine("record");
      const { headers } = await (async () => {
        await reader.goto(`${path}/card`);
        return reader.examine("card");
      })();
      assert.match(headers["content-security-policy"], /frame-ancestors \*/);
      assert.match(headers["content-security-policy"], /default-src 'none'/);
      assert.ok(!/script-src/.test(headers["content-security-policy"]));
    });
  });
}

describe("as data", () => {
  test("the feed, the table, and a person's feed", async () => {
    const feed = await demo.json("/statements.json");
    assert.equal(feed.version, "https://jsonfeed.org/version/1.1");
    assert.ok(feed.items.length > 20);
    for (const item of feed.items) {
      assert.ok(item.id && item.url && item.content_html && item._statement.evidence && item._statement.words, JSON.stringify(item));
      assert.ok(item._statement.who || item._statement.unnamed);
    }
    const none = feed.items.find((i) => i._statement.evidence === "none_presented");
    assert.ok(none, "none presented is a value that machines see");
    const table = await (await fetch(`${demo.origin}/statements.csv`)).text();
    assert.match(table, /^id,who,role/);
    const person = await demo.json("/people/leonie-achterberg/feed.json");
    assert.equal(person.items.length, 1);
  });

  test("a card on somebody else's page", async () => {
    const [{ url }] = (await demo.json("/statements.json")).items;
    const host = createServer((_, answer) => {
      answer.setHeader("content-type", "text/html");
      answer.end(`<!doctype html><title>x</title><iframe src="${url}/card"></iframe>`);
    });
    await new Promise((done) => host.listen(0, "127.0.0.1", done));
    const context = await browser.newContext({ javaScriptEnabled: false });
    try {
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${host.address().port}/`);
      await page.frameLocator("iframe").locator(".speaker").waitFor();
      assert.deepEqual(await context.cookies(), []);
    } finally {
      await context.close();
      host.close();
    }
  });
});

describe("at the desk", () => {
  for (const view of views.filter((v) => v.name !== "360-rtl")) {
    test(`its pages (${view.name})`, async () => {
      const reader = await Reader.open(browser, demo, view);
      try {
        await enter(reader, "editor");
        const acted = { cookies: true };
        for (const [name, path] of [["desk-statements", "/desk/statements"], ["desk-entities", "/desk/entities"], ["desk-found", "/desk/entities?q=корда"], ["desk-new-entity", "/desk/entities/new"], ["desk-running", "/desk/running/new"]]) {
          await reader.goto(path);
          await reader.examine(name, acted);
        }
        const page = await reader.goto("/desk/entities?q=Henrik");
        await reader.act(() => page.locator(".rows a").first().click());
        await reader.examine("desk-entity", acted);
        await reader.goto("/desk/statements");
        await reader.act(() => page.locator(".rows a").first().click());
        await reader.examine("desk-statement", acted);
      } finally {
        await reader.close();
      }
    });
  }

  test("a statement recorded without scripts, from the paragraph to the reader", async () => {
    const reader = await Reader.open(browser, demo, views[0]);
    try {
      await enter(reader, "editor");
      const page = await reader.goto("/desk/stories/new");
      await page.locator("#headline").fill("Ferry to the island stops at noon");
      await reader.act(() => page.locator("main form button[type=submit]").first().click());
      await page.locator("#text").fill("The ferry stops at noon, its captain accused the council on Friday.\n\n“Nobody oiled the engine,” said Ada Ferry.");
      await reader.act(() => page.locator("#story .savebar button[type=submit]").first().click());
      const story = page.url().match(/\/desk\/stories\/([a-z2-7]{26})/)[1];
      await reader.goto(`/desk/stories/${story}/statements`);
      await reader.examine("desk-story", { cookies: true });
      assert.match(await page.locator(".warning").textContent(), /accuse/);
      await page.locator("details summary").click();
      await page.locator("textarea[name=words]").last().fill("Nobody oiled the engine");
      await reader.act(() => page.locator("details form button").last().click());
      await reader.examine("desk-new-statement", { cookies: true });
      await reader.act(() => page.locator('main form button[type="submit"]').last().click(), 422); // nobody named
      assert.equal(await page.locator("#words").inputValue(), "Nobody oiled the engine");
      await page.locator("#who").fill("Ada Ferry");
      await page.locator("input[name=exact]").check();
      await page.locator("input[name=accusation]").check();
      await page.locator("#private_note").fill("Quillfeather told us so");
      await reader.act(() => page.locator('main form button[type="submit"]').last().click());
      const record = page.url().match(/\/desk\/statements\/([a-z2-7]{26})/)[1];
      // An accusation whose evidence nobody assessed stays in.
      const ready = await reader.context.request.get(`${demo.origin}/desk/stories/${story}/statements`);
      assert.match(await ready.text(), /Nobody oiled the engine/);
      await page.locator("#state").selectOption("none_presented");
      await reader.act(() => page.locator("main > form button[type=submit]").first().click());
      assert.equal(await page.locator("#state").inputValue(), "none_presented");
      assert.equal(await page.locator("#private_note").inputValue(), "Quillfeather told us so");
      // A colleague who is not on the list sees no private word.
      const other = await Reader.open(browser, demo, views[0]);
      try {
        await enter(other, "reporter");
        const seen = await other.goto(`/desk/statements/${record}`);
        assert.ok(!(await seen.content()).includes("Quillfeather"));
        await other.act(() => seen.locator(`form[action$="/check"] button`).click());
        assert.ok(await seen.locator(".state.good").first().isVisible());
      } finally {
        await other.close();
      }
      assert.equal((await fetch(`${demo.origin}/statements/${record}`)).status, 404, "not public before its story is");
    } finally {
      await reader.close();
    }
  });

  test("a suggestion accepted with one key, another turned down", async () => {
    const reader = await Reader.open(browser, demo, views[3], { scripts: true });
    try {
      await enter(reader, "editor");
      const page = await reader.goto("/desk/stories");
      const to = await page.locator('a[href*="/desk/stories/"]', { hasText: "river" }).first().getAttribute("href");
      await reader.goto(to);
      await page.locator("#statements button.accept").first().waitFor();
      const before = await page.locator("#statements button.accept").count();
      const carried = await page.locator("#statements ol").first().locator("li").count();
      await page.locator("#statements button.accept").first().focus();
      await page.keyboard.press("Enter");
      await page.waitForFunction((n) => document.querySelectorAll("#statements button.accept").length === n, before - 1);
      assert.equal(await page.locator("#statements ol").first().locator("li").count(), carried + 1);
      await page.waitForFunction(() => document.activeElement.classList.contains("accept")); // the next one has the focus
      await page.locator("#statements button.quiet").first().click();
      await page.waitForFunction((n) => document.querySelectorAll("#statements button.accept").length === n, before - 2);
      const kept = demo.run("statement", "rejected").trim().split("\n").map((l) => JSON.parse(l));
      assert.equal(kept.length, 1);
      assert.ok(kept[0].text && kept[0].suggestion.content, JSON.stringify(kept[0]));
    } finally {
      await reader.close();
    }
  });
});
