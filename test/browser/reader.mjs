// A reader: Chromium with scripts off, in one of four views. A reader writes
// down every request, cookie and complaint, and can have the state of the page
// that is on the screen examined.
import assert from "node:assert/strict";
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, delimiter, join } from "node:path";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";
import { here, out } from "./demo.mjs";

export const views = [
  { name: "360-light", lang: "en", width: 360, height: 740, colorScheme: "light" },
  { name: "320-dark", lang: "en", width: 320, height: 640, colorScheme: "dark" },
  { name: "360-rtl", lang: "fa", width: 360, height: 740, colorScheme: "light" },
  { name: "1280", lang: "en", width: 1280, height: 900, colorScheme: "light" },
];

const own = basename(process.argv[1] ?? "reader", ".test.mjs");
const bodies = join(out, "html");
mkdirSync(bodies, { recursive: true });
for (const old of readdirSync(bodies)) if (old.startsWith(`${own}--`)) rmSync(join(bodies, old));

function chromiumPath() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const places = (process.env.PATH ?? "").split(delimiter);
  for (const path of [process.env.MIMEO_CHROMIUM, ...names.flatMap((n) => places.map((p) => join(p, n)))]) {
    if (!path) continue;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here, the next one
    }
  }
  throw new Error("no Chromium on this machine: `make test` installs it, or name one in MIMEO_CHROMIUM");
}

export function launch() {
  return chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const validator = new HtmlValidate(JSON.parse(readFileSync(join(here, ".htmlvalidate.json"), "utf8")));

export class Reader {
  /** Readers have scripts off; staff may have them on. */
  static async open(browser, demo, view = views[0], { scripts = false } = {}) {
    const r = new Reader();
    r.browser = browser;
    r.demo = demo;
    r.view = view;
    const look = {
      viewport: { width: view.width, height: view.height },
      colorScheme: view.colorScheme,
      reducedMotion: "reduce",
      locale: view.lang,
    };
    r.context = await browser.newContext({ ...look, javaScriptEnabled: scripts });
    r.page = await r.context.newPage();
    r.page.setDefaultTimeout(20_000);
    r.requests = [];
    r.complaints = [];
    r.refusals = new Set();
    r.page.on("request", (q) => {
      if (q.isNavigationRequest() && q.frame() === r.page.mainFrame() && !q.redirectedFrom()) r.requests = [];
      r.requests.push(q);
    });
    r.page.on("response", (a) => {
      if (!a.request().isNavigationRequest() || a.request().frame() !== r.page.mainFrame()) return;
      r.answer = a;
      if (a.status() >= 400) r.refusals.add(a.url());
    });
    r.page.on("console", (m) => {
      if (["error", "warning"].includes(m.type())) r.complaints.push({ url: m.location().url, text: `${m.type()}: ${m.text()}` });
    });
    r.page.on("pageerror", (e) => r.complaints.push({ url: r.page.url(), text: `page error: ${e}` }));
    r.page.on("requestfailed", (q) => {
      // A download (a calendar file) ends its navigation this way.
      if (!/ERR_ABORTED/.test(q.failure()?.errorText ?? "")) r.complaints.push({ url: q.url(), text: `failed: ${q.failure()?.errorText}` });
    });
    // The same page again, with scripts, for the examiner alone: it sees the bytes
    // that the reader got and can therefore change nothing in the newsroom.
    r.examining = await browser.newContext({ ...look, javaScriptEnabled: true, bypassCSP: true });
    r.glass = await r.examining.newPage();
    return r;
  }

  async close() {
    await this.context.close();
    await this.examining.close();
  }

  url(path) {
    return new URL(path, this.demo.origin).href;
  }

  async goto(path, status = 200) {
    await this.page.goto(this.url(path), { waitUntil: "load" });
    assert.equal(this.answer.status(), status, `GET ${path}`);
    return this.page;
  }

  /** Does what a click does and waits for the page that follows. */
  async act(click, status = 200) {
    // A click that finds nothing gives up first: its message says what it looked for.
    await Promise.all([this.page.waitForEvent("load", { timeout: 25_000 }), click()]);
    assert.equal(this.answer.status(), status, `${this.page.url()} after the click`);
    return this.page;
  }

  async cookies() {
    return (await this.context.cookies(this.demo.origin)).map(({ name, value, httpOnly, sameSite }) => ({ name, value, httpOnly, sameSite }));
  }

  async ask() {
    return (await this.cookies()).find((c) => c.name === "ask")?.value ?? "";
  }

  async shot(name) {
    // On a machine under load Chromium now and then has no frame to give at the first asking.
    for (let again = 3; ; again--) {
      try {
        return await this.page.screenshot({ path: join(out, `${own}-${name}-${this.view.name}.png`), fullPage: true });
      } catch (err) {
        if (again === 0) throw err;
      }
    }
  }

  /**
   * Everything that must be true of every page, in the state that is on the
   * screen. scripts says how many files of ours a page of the desk may bring;
   * a reader's page brings none.
   */
  async examine(name, { requests = 4, cookies = false, scripts = 0, axeOff = [] } = {}) {
    const label = `${name} (${this.view.name})`;
    const foreign = this.requests.filter((q) => !q.url().startsWith(this.demo.origin) && !q.url().startsWith("data:"));
    assert.deepEqual(foreign.map((q) => q.url()), [], `${label}: requests to elsewhere`);
    const hops = this.requests.filter((q) => !q.url().startsWith("data:") && !q.redirectedTo());
    assert.ok(hops.length <= requests, `${label}: ${hops.length} requests: ${hops.map((q) => q.url())}`);
    // The browser says of every page that is a 404 or a 422 that it is one.
    const complaints = this.complaints.filter((c) => !(this.refusals.has(c.url) && /status of [45]\d\d/.test(c.text)));
    assert.deepEqual(complaints.map((c) => `${c.text} ${c.url}`), [], `${label}: what the browser complains of`);
    if (!cookies) assert.deepEqual(await this.cookies(), [], `${label}: a cookie before the reader acted`);

    const headers = await this.answer.allHeaders();
    const body = await this.answer.body();
    writeFileSync(join(bodies, `${own}--${name}--${this.view.name}.html`), body);
    await this.shot(name);
    const html = await validator.validateString(body.toString("utf8"), `${name}.html`);
    assert.deepEqual(
      html.results.flatMap((r) => r.messages.map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`)), [],
      `${label}: html-validate`);

    const seen = await this.#lookClosely(headers, body);
    assert.ok(seen.scripts <= scripts, `${label}: ${seen.scripts} scripts on the page`);
    assert.equal(seen.inlineStyles, 0, `${label}: styles inside the page`);
    assert.ok(seen.scroll <= seen.width, `${label}: scrolls sideways, ${seen.scroll} > ${seen.width}: ${seen.wide}`);
    assert.deepEqual(seen.small, [], `${label}: targets under 24 px`);
    const findings = seen.violations.filter((v) => !axeOff.includes(v.id));
    assert.deepEqual(findings.map((v) => `${v.id}: ${v.nodes.join(" | ")}`), [], `${label}: axe`);
    return { headers, body };
  }

  async #lookClosely(headers, body) {
    const { "content-encoding": _, "content-length": __, ...plain } = headers;
    const address = this.page.url();
    await this.glass.unrouteAll();
    await this.glass.route("**/*", (route) =>
      route.request().isNavigationRequest()
        ? route.fulfill({ status: this.answer.status(), headers: plain, body })
        : route.continue());
    // about:blank between two states of one address: otherwise only the fragment changes and nothing is loaded.
    await this.glass.goto("about:blank");
    await this.glass.goto(address, { waitUntil: "load" });
    await this.glass.evaluate(axe);
    return this.glass.evaluate(examineInPage, wcag);
  }
}

/** Runs inside the page. */
async function examineInPage(tags) {
  const shown = (e) => {
    const style = getComputedStyle(e);
    const r = e.getBoundingClientRect();
    return style.visibility !== "hidden" && style.display !== "none" && r.width > 1 && r.height > 1 && r.right > 0 && r.bottom + scrollY > 0;
  };
  // A link in a line of text may be as low as the line (WCAG 2.5.8 excepts it).
  const inText = (e) => {
    if (e.tagName !== "A" || getComputedStyle(e).display !== "inline") return false;
    const around = [...e.parentNode.childNodes].filter((n) => n !== e).map((n) => (n.nodeType === 3 ? n.data : "")).join("");
    return /\p{L}/u.test(around);
  };
  const small = [];
  for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]")) {
    if (!shown(e) || inText(e)) continue;
    const boxes = [e, ...(e.labels ?? [])].map((x) => x.getBoundingClientRect());
    const width = Math.max(...boxes.map((b) => b.width));
    const height = Math.max(...boxes.map((b) => b.height));
    if (width < 23.9 || height < 23.9) small.push(`${e.outerHTML.slice(0, 120)} ${Math.round(width)}×${Math.round(height)}`);
  }
  const width = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll("body *")]
    .filter((e) => { const r = e.getBoundingClientRect(); return r.right > width + 1 || r.left < -1; })
    .slice(0, 3).map((e) => e.outerHTML.slice(0, 100)).join(" ");
  const result = await window.axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  return {
    scripts: document.querySelectorAll('script:not([type="application/ld+json"])').length,
    inlineStyles: document.querySelectorAll("style, [style]").length,
    width,
    scroll: document.documentElement.scrollWidth,
    wide,
    small,
    violations: result.violations.map((v) => ({ id: v.id, nodes: v.nodes.slice(0, 4).map((n) => `${n.target} ${n.failureSummary ?? ""}`.slice(0, 300)) })),
  };
}
