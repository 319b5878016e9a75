// Searching, as readers do it: without a script, in four views, by keyboard.
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

const home = (lang) => (lang === "en" ? "" : `/${lang}`);

/** A long word of the first story's headline, and the headline itself. */
async function known(reader, lang) {
  const [path] = await step.articles(reader, `${home(lang)}/`);
  await reader.goto(path);
  const headline = (await reader.page.locator("h1").first().textContent()).trim();
  const word = headline.split(/[\s\u200c–—:,.«»“”]+/u).sort((a, b) => b.length - a.length)[0];
  return { path, headline, word };
}

for (const view of views) {
  describe(view.name, () => {
    let reader, story;
    const search = `${home(view.lang)}/search`;
    before(async () => {
      reader = await Reader.open(browser, demo, view);
      story = await known(reader, view.lang);
      await until("the story can be found", async () => {
        const text = await (await fetch(`${demo.origin}${search}?q=${encodeURIComponent(story.word)}`)).text();
        return text.includes("<mark>");
      });
    });
    after(() => reader?.close());

    test("the way from any page, by keyboard, to a story", async () => {
      await reader.goto(`${home(view.lang)}/`);
      await reader.page.locator(`header a[href="${search}"]`).first().press("Enter");
      await reader.page.waitForURL(`**${search}`);
      await reader.examine("search-empty");
      await reader.page.locator("#q").focus();
      await reader.page.keyboard.type(story.word);
      await reader.page.keyboard.press("Enter");
      await reader.page.waitForURL(/[?&]q=/);
      await reader.examine("search-found");
      const marks = await reader.page.locator("mark").count();
      assert.ok(marks > 0, "nothing is marked");
      const hit = reader.page.locator(`article a[href="${story.path}"]`).first();
      assert.equal((await hit.textContent()).trim(), story.headline);
      assert.equal(await reader.page.locator('meta[name="robots"]').getAttribute("content"), "noindex");
      await hit.press("Enter");
      await reader.page.waitForURL(`**${story.path}`);
    });

    test("a typing error is mended", async () => {
      const wrong = story.word.slice(0, 2) + story.word[3] + story.word[2] + story.word.slice(4);
      await reader.goto(`${search}?q=${encodeURIComponent(wrong)}`);
      if ((await reader.page.locator("mark").count()) === 0) {
        await reader.examine("search-mended");
        const better = reader.page.locator(".better a");
        if (story.word.length > 5) {
          await better.press("Enter");
          await reader.page.waitForURL(/[?&]q=/);
          assert.ok((await reader.page.locator("mark").count()) > 0, "the mended query finds nothing");
        }
      }
    });

    test("nothing found, nothing asked, a day that is none", async () => {
      await reader.goto(`${search}?q=qqqqqq&from=x`);
      await reader.examine("search-wrong");
      assert.equal(await reader.page.locator("#from").getAttribute("aria-invalid"), "true");
      await reader.goto(`${search}?q=qqqqqqqq`);
      await reader.examine("search-none");
    });
  });
}
