// Pictures at the desk and before readers: brought with scripts on and off, in
// a language from either side, at 360 px; nothing of the file is left.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Demo } from "./demo.mjs";
import { launch } from "./reader.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let demo, browser;
before(async () => {
  demo = await Demo.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A file that the browser drew, with something behind its end. */
async function drawn(page, seed, planted) {
  const bytes = await page.evaluate(async (n) => {
    const c = new OffscreenCanvas(1000, 700);
    const g = c.getContext("2d");
    for (let i = 0; i < 60; i++) {
      g.fillStyle = `hsl(${(i * 37 + n * 91) % 360} 60% 50%)`;
      g.fillRect((i * 131 * n) % 1000, (i * 71) % 700, 200, 150);
    }
    return [...new Uint8Array(await (await c.convertToBlob({ type: "image/jpeg", quality: 0.9 })).arrayBuffer())];
  }, seed);
  return Buffer.concat([Buffer.from(bytes), Buffer.from(planted)]);
}

async function editor(locale, javaScriptEnabled) {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale, javaScriptEnabled });
  const page = await context.newPage();
  await context.request.post(`${demo.origin}/demo/signin`, { form: { role: "editor" }, headers: { Origin: demo.origin }, maxRedirects: 0 });
  return page;
}

async function clean(page, what) {
  const session = await page.context().newCDPSession(page);
  await session.send("Page.setBypassCSP", { enabled: true });
  await page.reload();
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(", ")}`), [], what);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${what} is wider than the window`);
  await session.send("Page.setBypassCSP", { enabled: false });
}

const canvas = async () => {
  const page = await browser.newPage();
  await page.goto(`${demo.origin}/blocked`);
  return page;
};

let seed = 1;
for (const [locale, scripts] of [["en", true], ["ar", true], ["fa", false], ["ru", false]]) {
  test(`a picture is brought, in ${locale}, scripts ${scripts ? "on" : "off"}`, async () => {
    const artist = await canvas();
    const file = await drawn(artist, ++seed, "PLANTED-BY-THE-BROWSER");
    await artist.close();
    const page = await editor(locale, scripts);
    await page.goto(`${demo.origin}/desk/pictures/add`);
    assert.equal(await page.getAttribute("html", "dir"), ["ar", "fa"].includes(locale) ? "rtl" : "ltr");
    if (scripts) await clean(page, "the form");
    await page.fill("#alt", "A bridge");
    await page.check("input[value='833 167']");
    await page.setInputFiles("#file", { name: "x.jpg", mimeType: "image/jpeg", buffer: Buffer.from("<svg/>") });
    await page.click("#picture-form button[type=submit]");
    await page.waitForSelector(".error >> text=SVG");
    assert.equal(await page.inputValue("#alt"), "A bridge", "what was typed is lost");
    assert.ok(await page.isChecked("input[value='833 167']"));
    await page.setInputFiles("#file", { name: "x.svg", mimeType: "image/svg+xml", buffer: file });
    await page.click("#picture-form button[type=submit]");
    await page.waitForURL(/\/desk\/pictures\/[0-9a-f-]{36}$/);
    assert.ok(await page.isChecked("input[value='833 167']"));
    assert.match(await page.inputValue("#markup"), /^!\[A bridge\]\(\/media\/[a-z2-7]{26}-1000\.jpg\)\nsize: 1000x700/);
    if (scripts) await clean(page, "the picture");
    const src = await page.getAttribute(".shown img", "src");
    await page.goto(`${page.url()}/remove`);
    if (scripts) await clean(page, "the question");
    await page.click("button.danger");
    await page.waitForURL(/\/desk\/pictures$/);
    if (scripts) await clean(page, "the list");
    const gone = await page.request.get(demo.origin + src);
    assert.equal(gone.status(), 410);
    if (scripts) {
      const wide = await page.evaluate(async (s) => {
        const i = new Image();
        i.src = s;
        await i.decode();
        return i.naturalWidth;
      }, src);
      assert.ok(wide > 0, "nothing stands in its place");
    }
    await page.context().close();
  });
}

test("nothing of the files is left", () => {
  const files = readdirSync(demo.data, { recursive: true }).map((f) => join(demo.data, f)).filter((f) => statSync(f).isFile());
  assert.ok(files.some((f) => f.endsWith(".jpg")), "the demo has no pictures");
  for (const f of files) assert.ok(!readFileSync(f).includes("PLANTED-BY-THE-BROWSER"), f);
});

test("the picture of an article is light, in time and in place", async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 });
  const page = await context.newPage();
  const sizes = [];
  page.on("response", async (r) => {
    if (r.url().includes("/media/")) sizes.push((await r.body()).length);
  });
  await page.goto(`${demo.origin}/culture/`);
  await page.click("main a[href*='harbour-museum']");
  await page.waitForLoadState("networkidle");
  assert.equal(sizes.length, 1);
  assert.ok(sizes[0] <= 40_000, `${sizes[0]} bytes`);
  const box = await page.locator(".text img").first().boundingBox();
  assert.ok(Math.abs(box.width / box.height - 1.6) < 0.02, JSON.stringify(box));
  await context.close();
});
