// The feeds, read as strictly as the W3C's feed validator reads them: the rules
// that apply to a feed of ours, written out. Chromium is the XML parser.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Demo } from "./demo.mjs";
import { launch } from "./reader.mjs";

let demo, browser, page;
before(async () => {
  demo = await Demo.start();
  browser = await launch();
  page = await browser.newPage();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

const rfc822 = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} ([+-]\d{4}|GMT)$/;
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
const absolute = /^https?:\/\/[^\s/]+\//;

/** An XML document as plain objects: {name, attrs, text, children}. */
async function xml(path) {
  const text = await (await fetch(demo.origin + path)).text();
  const tree = await page.evaluate((source) => {
    const doc = new DOMParser().parseFromString(source, "application/xml");
    const broken = doc.querySelector("parsererror");
    if (broken) return { broken: broken.textContent };
    const plain = (e) => ({
      name: e.nodeName,
      attrs: Object.fromEntries([...e.attributes].map((a) => [a.name, a.value])),
      text: e.textContent,
      children: [...e.children].map(plain),
    });
    return plain(doc.documentElement);
  }, text);
  assert.equal(tree.broken, undefined, `${path} is not well-formed`);
  return tree;
}

const all = (e, name) => e.children.filter((c) => c.name === name);
const one = (e, name, where) => {
  const found = all(e, name);
  assert.equal(found.length, 1, `${where}: ${found.length} <${name}>`);
  return found[0];
};
const unique = (values, what) => assert.equal(new Set(values).size, values.length, `${what}: not unique`);

async function cleanHTML(html, where) {
  const faults = await page.evaluate((source) => {
    const doc = new DOMParser().parseFromString(source, "text/html");
    const bad = [...doc.querySelectorAll("script, style, iframe, object, embed, form, [style], [onclick], [onload]")].map((e) => e.outerHTML.slice(0, 80));
    for (const e of doc.querySelectorAll("[href], [src]")) {
      const url = e.getAttribute("href") ?? e.getAttribute("src");
      if (!/^(https?:|mailto:)/.test(url)) bad.push(`relative: ${url}`);
    }
    return bad;
  }, html);
  assert.deepEqual(faults, [], where);
}

for (const prefix of ["", "/fa"]) {
  const lang = prefix.slice(1) || "en";

  test(`RSS 2.0, ${lang}`, async () => {
    const path = `${prefix}/feed.xml`;
    const rss = await xml(path);
    assert.equal(rss.name, "rss");
    assert.equal(rss.attrs.version, "2.0");
    const channel = one(rss, "channel", path);
    for (const name of ["title", "link", "description"]) assert.ok(one(channel, name, path).text.trim(), name);
    assert.match(one(channel, "link", path).text, absolute);
    assert.equal(one(channel, "language", path).text, lang);
    const self = all(channel, "atom:link").find((l) => l.attrs.rel === "self");
    assert.ok(self, "atom:link rel=self");
    assert.equal(new URL(self.attrs.href).pathname, path);
    assert.equal(self.attrs.type, "application/rss+xml");
    const items = all(channel, "item");
    assert.ok(items.length > 0);
    unique(items.map((i) => one(i, "guid", path).text), "guid");
    for (const item of items) {
      const where = `${path}: ${one(item, "title", path).text}`;
      assert.match(one(item, "pubDate", where).text, rfc822, where);
      assert.match(one(item, "link", where).text, absolute, where);
      const guid = one(item, "guid", where);
      if (guid.attrs.isPermaLink !== "false") assert.match(guid.text, absolute, where);
      for (const author of all(item, "author")) assert.match(author.text, /@/, `${where}: author has to be an address, a name is dc:creator`);
      const full = all(item, "content:encoded")[0] ?? one(item, "description", where);
      assert.ok(full.text.length > 200, `${where}: the full text`);
      await cleanHTML(full.text, where);
    }
  });

  test(`Atom, ${lang}`, async () => {
    const path = `${prefix}/feed.atom`;
    const feed = await xml(path);
    assert.equal(feed.name, "feed");
    assert.equal(feed.attrs.xmlns, "http://www.w3.org/2005/Atom");
    for (const name of ["id", "title"]) assert.ok(one(feed, name, path).text.trim(), name);
    assert.match(one(feed, "updated", path).text, rfc3339);
    const self = all(feed, "link").find((l) => l.attrs.rel === "self");
    assert.ok(self, "link rel=self");
    assert.equal(new URL(self.attrs.href).pathname, path);
    const entries = all(feed, "entry");
    assert.ok(entries.length > 0);
    unique(entries.map((e) => one(e, "id", path).text), "id");
    for (const entry of entries) {
      const where = `${path}: ${one(entry, "title", path).text}`;
      assert.match(one(entry, "id", where).text, /^(https?|urn|tag):/, where);
      assert.match(one(entry, "updated", where).text, rfc3339, where);
      for (const p of all(entry, "published")) assert.match(p.text, rfc3339, where);
      const alternates = all(entry, "link").filter((l) => (l.attrs.rel ?? "alternate") === "alternate");
      unique(alternates.map((l) => `${l.attrs.type} ${l.attrs.hreflang}`), `${where}: alternates`);
      assert.ok(alternates.some((l) => absolute.test(l.attrs.href)), where);
      assert.ok(all(entry, "author").length + all(feed, "author").length > 0, `${where}: an author here or of the feed`);
      for (const author of all(entry, "author")) assert.ok(one(author, "name", where).text.trim(), where);
      const content = one(entry, "content", where);
      assert.equal(content.attrs.type, "html", where);
      await cleanHTML(content.text, where);
    }
  });

  test(`JSON Feed, ${lang}`, async () => {
    const path = `${prefix}/feed.json`;
    const feed = await demo.json(path);
    assert.match(feed.version, /^https:\/\/jsonfeed\.org\/version\/1(\.1)?$/);
    assert.ok(feed.title);
    assert.match(feed.home_page_url, absolute);
    assert.equal(new URL(feed.feed_url).pathname, path);
    assert.equal(feed.language, lang);
    unique(feed.items.map((i) => i.id), "id");
    for (const item of feed.items) {
      assert.equal(typeof item.id, "string");
      assert.match(item.url, absolute);
      assert.ok(item.content_html || item.content_text, item.title);
      assert.match(item.date_published, rfc3339, item.title);
      if (item.date_modified) assert.match(item.date_modified, rfc3339, item.title);
      if (item.content_html) await cleanHTML(item.content_html, item.title);
    }
  });
}

test("the sitemaps name pages that are there", async () => {
  const seen = [];
  const walk = async (path) => {
    const map = await xml(path);
    for (const e of map.children) {
      const loc = one(e, "loc", path).text;
      assert.match(loc, absolute);
      for (const m of all(e, "lastmod")) assert.match(m.text, /^\d{4}-\d{2}-\d{2}/, loc);
      const next = new URL(loc).pathname + new URL(loc).search;
      if (map.name === "sitemapindex") await walk(next);
      else seen.push(next);
    }
  };
  await walk("/sitemap.xml");
  assert.ok(seen.length > 0);
  unique(seen, "addresses in the sitemap");
  for (const path of seen.slice(0, 20)) assert.equal((await fetch(demo.origin + path, { redirect: "manual" })).status, 200, path);

  const news = await xml("/sitemap-news.xml");
  for (const url of news.children) {
    const about = one(url, "news:news", "sitemap-news");
    const publication = one(about, "news:publication", "sitemap-news");
    assert.ok(one(publication, "news:name", "sitemap-news").text);
    assert.match(one(publication, "news:language", "sitemap-news").text, /^[a-z]{2}/);
    assert.match(one(about, "news:publication_date", "sitemap-news").text, rfc3339);
    assert.ok(one(about, "news:title", "sitemap-news").text);
  }
});

test("robots and security.txt", async () => {
  const robots = await (await fetch(`${demo.origin}/robots.txt`)).text();
  assert.match(robots, /^User-agent: \*$/m);
  assert.match(robots, /^Sitemap: https?:\/\//m);
  const security = await (await fetch(`${demo.origin}/.well-known/security.txt`)).text();
  assert.match(security, /^Contact: (mailto:|https:)/m);
  const expires = security.match(/^Expires: (.+)$/m);
  assert.ok(expires, "security.txt must have a date of expiry");
  assert.match(expires[1].trim(), rfc3339);
});
