// Every page that a reader can reach without acting, in each of the four views.
import assert from "node:assert/strict";
import { brotliCompressSync, constants } from "node:zlib";
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

const front = (lang) => (lang === "en" ? "/" : `/${lang}/`);
const brotli = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }).length;

for (const view of views) {
  describe(view.name, () => {
    let reader;
    before(async () => (reader = await Reader.open(browser, demo, view)));
    after(() => reader?.close());

    test("front page", async () => {
      await reader.goto(front(view.lang));
      await reader.examine("front");
      assert.equal(await reader.page.locator("html").getAttribute("dir"), view.lang === "fa" ? "rtl" : "ltr");
      assert.equal(await reader.page.locator("html").getAttribute("lang"), view.lang);
      assert.equal(await reader.page.locator("h1").count(), 1);
    });

    test("articles, within the budget", async () => {
      const all = await step.articles(reader, front(view.lang));
      const few = view.name === "360-light" ? all : all.slice(0, 3);
      for (const [i, path] of few.entries()) {
        await reader.goto(path);
        const { headers, body } = await reader.examine(`article-${i + 1}`);
        assert.ok(brotli(body) <= 14 * 1024, `${path}: ${brotli(body)} bytes of HTML, compressed`);
        assert.match(headers["content-security-policy"], /default-src 'none'/);
        assert.doesNotMatch(headers["content-security-policy"], /unsafe-inline|unsafe-eval/);
        for (const name of ["cross-origin-opener-policy", "cross-origin-resource-policy", "permissions-policy", "referrer-policy"])
          assert.ok(headers[name], `${path}: no ${name}`);
        assert.equal(headers["x-content-type-options"], "nosniff");
        assert.equal(headers["set-cookie"], undefined);
        const about = JSON.parse(await reader.page.locator('script[type="application/ld+json"]').first().textContent());
        assert.equal([about["@type"], ...(about["@graph"] ?? []).map((g) => g["@type"])].flat().includes("NewsArticle"), true);
        assert.match(await reader.page.locator('link[rel="canonical"]').getAttribute("href"), /^https?:\/\//);
        assert.equal(await reader.page.locator("main article h1").count(), 1);
      }
    });

    test("the appeal stands after the text, and its order is that of the keyboard", async () => {
      await step.askingArticle(reader, front(view.lang));
      const order = await reader.page.locator("#appeal").locator("a[href], button").evaluateAll((all) => all.map((e) => e.tagName));
      assert.deepEqual(order.slice(0, 3), ["BUTTON", "A", "BUTTON"], "×, Continue, Remind me later");
      const after = await reader.page.evaluate(() =>
        Boolean(document.querySelector("article p").compareDocumentPosition(document.querySelector("#appeal")) & Node.DOCUMENT_POSITION_FOLLOWING));
      assert.ok(after, "the text comes first");
    });

    test("a section", async () => {
      await reader.goto(front(view.lang));
      const sections = await reader.page.locator("nav a[href]").evaluateAll((all) => all.map((a) => new URL(a.href).pathname));
      const section = sections.find((p) => new RegExp(`^${front(view.lang)}[^/]+/$`).test(p) && !/^\/(fa|en)\/$/.test(p));
      assert.ok(section, `no section in the navigation: ${sections}`);
      await reader.goto(section);
      await reader.examine("section");
    });

    test("the contribution form", async () => {
      await reader.goto(`${front(view.lang)}support`);
      const { body } = await reader.examine("support", { requests: 2 });
      assert.ok(brotli(body) <= 5 * 1024, `${brotli(body)} bytes`);
    });

    for (const path of ["blocked", "mirrors", "corrections", "about/data", "about/money", "about/traces", "about/help", "supporter", "remind", "newsletters"]) {
      test(`/${path}`, async () => {
        await reader.goto(front(view.lang) + path);
        await reader.examine(path.replace("/", "-"));
      });
    }

    test("an address that leads nowhere", async () => {
      await reader.goto(`${front(view.lang)}2020/01/nothing-was-ever-here`, 404);
      await reader.examine("not-found");
      assert.ok(await reader.page.locator("main a[href]").count() > 0, "a way on");
    });

    if (view.lang === "en") {
      test("the demo's own page", async () => {
        await reader.goto("/demo/");
        await reader.examine("demo");
      });
    }
  });
}

test("every link of ours leads somewhere", async () => {
  const reader = await Reader.open(browser, demo);
  try {
    const seen = new Map([["/", ""], ["/fa/", ""]]);
    for (const [path, from] of seen) {
      const answer = await fetch(demo.origin + path);
      assert.equal(answer.status, 200, `${path}, linked from ${from}`);
      if (!/html/.test(answer.headers.get("content-type")) || path.startsWith("/demo/")) continue;
      await reader.page.setContent(await answer.text());
      const hrefs = await reader.page.locator("a[href], link[rel=alternate][href], link[rel=canonical][href], link[rel=next][href]").evaluateAll((all) => all.map((e) => e.getAttribute("href")));
      for (const href of hrefs) {
        const url = new URL(href, demo.origin + path);
        if (url.origin === demo.origin && !seen.has(url.pathname + url.search)) seen.set(url.pathname + url.search, path);
      }
      assert.ok(seen.size < 2000, "a newsroom this small has fewer pages");
    }
    assert.ok(seen.size > 20, `only ${seen.size} addresses found`);
  } finally {
    await reader.close();
  }
});

test("the style sheet is small and asks for nothing", async () => {
  const reader = await Reader.open(browser, demo);
  try {
    await reader.goto("/");
    const sheets = await reader.page.locator('link[rel="stylesheet"]').evaluateAll((all) => all.map((l) => l.href));
    assert.equal(sheets.length, 1);
    const css = await (await fetch(sheets[0])).text();
    assert.ok(brotli(Buffer.from(css)) <= 6 * 1024, `${brotli(Buffer.from(css))} bytes`);
    assert.doesNotMatch(css, /@font-face|@import|url\((?!["']?data:)/);
  } finally {
    await reader.close();
  }
});

test("what answers besides pages", async () => {
  for (const [path, type] of Object.entries({
    "/feed.xml": /^application\/(rss\+)?xml/,
    "/feed.atom": /^application\/atom\+xml/,
    "/feed.json": /^application\/feed\+json/,
    "/sitemap.xml": /xml/,
    "/sitemap-news.xml": /xml/,
    "/robots.txt": /^text\/plain/,
    "/.well-known/security.txt": /^text\/plain/,
    "/healthz": /./,
    "/readyz": /./,
  })) {
    const answer = await fetch(demo.origin + path);
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers.get("content-type"), type, path);
    assert.equal(answer.headers.get("set-cookie"), null, path);
    assert.ok((await answer.text()).length > 0, path);
  }
});

test("odd requests get clear answers", async () => {
  const ask = (path, options) => fetch(demo.origin + path, { redirect: "manual", ...options });
  const head = await ask("/", { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal((await head.text()).length, 0);
  for (const [path, options, want] of [
    ["/", { method: "DELETE" }, [405]],
    ["/support", { method: "PUT", body: "x" }, [405]],
    ["/appeal/close", { method: "POST", body: "a".repeat(10 << 20), headers: { "content-type": "application/x-www-form-urlencoded" } }, [400, 413]],
    ["/support", { method: "POST", body: new Uint8Array([0xff, 0xfe, 0x3d, 0xc3, 0x28]), headers: { "content-type": "application/x-www-form-urlencoded" } }, [400, 422]],
    ["/%2e%2e/%2e%2e/etc/passwd", {}, [301, 307, 308, 400, 404]],
    ["/fa/../../x", {}, [301, 307, 308, 400, 404]],
    ["/support/return/nonsense", {}, [400, 403, 404]],
    ["/remind/2027-13.ics", {}, [400, 404]],
    ["/hooks/stripe", { method: "POST", body: "{}" }, [400, 401, 403]],
    ["/hooks/nobody", { method: "POST", body: "{}" }, [404]],
  ]) {
    let answer;
    try {
      answer = await ask(path, options);
    } catch (err) {
      // A server may hang up on ten megabytes before it has read them.
      if (options.body?.length > 1 << 20) continue;
      throw err;
    }
    const text = await answer.text();
    assert.ok(want.includes(answer.status), `${options.method ?? "GET"} ${path}: ${answer.status}, want one of ${want}`);
    assert.doesNotMatch(text, /goroutine \d+|\.go:\d+|panic|sql:/i, `${path} shows its inside`);
  }
});
