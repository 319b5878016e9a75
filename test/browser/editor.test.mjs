// Stories written at the desk: in plain text with scripts off, in the editor
// with the keyboard alone, and through everything that can go wrong meanwhile.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Demo, here, out, root, until } from "./demo.mjs";
import { launch, Reader, views } from "./reader.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let demo, browser;
const wide = views.find((v) => v.width > 1000);
const desk = { cookies: true, requests: 10 };
// The examiner has no session, so the panel of statements stays without its words there.
const writing = { ...desk, scripts: 8, axeOff: ["empty-heading"] };

/** What the desk says, from its own message files. */
const spoken = Object.fromEntries(
  ["en", "fa"].map((lang) => {
    const text = readFileSync(join(root, `internal/lang/messages/${lang}/editor.toml`), "utf8");
    return [lang, Object.fromEntries([...text.matchAll(/^"([^"]+)" = "(.*)"$/gm)].map((m) => [m[1], m[2]]))];
  }),
);
const say = (reader, id) => spoken[reader.view.lang][id];

/** A port that is free now: the newsroom has to come back under the same address. */
const port = () =>
  new Promise((done) => {
    const s = createServer().listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });

before(async () => {
  browser = await launch();
  demo = await Demo.start();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

async function signIn(reader, role = "editor") {
  const answer = await reader.context.request.post(reader.url("/demo/signin"), { form: { role }, maxRedirects: 0 });
  assert.equal(answer.status(), 303);
}

async function staff(view, { scripts = false, role = "editor", of = demo } = {}) {
  const reader = await Reader.open(browser, of, view, { scripts });
  await signIn(reader, role);
  return reader;
}

/** Presses the button that says a message. */
const press = (reader, id, status) => reader.act(() => reader.page.locator("main").getByRole("button", { name: say(reader, id), exact: true }).first().click(), status);

/** Begins a story by its form and stands on its page. */
async function begin(reader, headline, lang = "en") {
  await reader.goto("/desk/stories/new");
  await reader.page.fill("#headline", headline);
  await reader.page.selectOption("#lang", lang);
  await press(reader, "begin");
  assert.match(reader.page.url(), /\/desk\/stories\/[a-z0-9]{20,}$/);
  return new URL(reader.page.url()).pathname;
}

const ready = (reader) => reader.page.locator("form[data-ready]").waitFor();
const line = (reader) => reader.page.locator("#saved").innerText();
const sent = (reader) => until("everything sent", async () => /^Saved \d\d:\d\d$/.test(await line(reader)));
const doc = (reader) => reader.page.evaluate(() => window.mimeoEditor.doc());
const words = (reader) => reader.page.locator(".ProseMirror").innerText();

/** The text as the server has it, in the plain form, for a visit without scripts. */
async function plain(path, of = demo) {
  const reader = await staff(wide, { of });
  await reader.goto(path);
  const text = await reader.page.locator("#text").inputValue();
  await reader.close();
  return text;
}

const typed = `The bridge stays shut.
It will open in **May**, [the minutes](https://council.example/minutes) say.^[Read on Tuesday.]

## What the council says

> We had no choice.
> — Ada Ferry, mayor

- one
- two

| Year | Cars |
|---|---|
| 2023 | 4,100 |
caption: Over the bridge in a day

@[The session](https://video.example/7)
saved: What was said there
`;

for (const view of views) {
  describe(`scripts off, ${view.name}`, () => {
    let reader, path;
    before(async () => (reader = await staff(view)));
    after(() => reader?.close());

    test("the list and the form for a new story", async () => {
      await reader.goto("/desk/stories");
      await reader.examine("stories", desk);
      await reader.goto("/desk/stories/new");
      await reader.examine("story-new", desk);
    });

    test("a whole story in the plain text area", async () => {
      path = await begin(reader, `Plain ${view.name}`);
      await reader.page.fill("#text", typed);
      await reader.page.fill("#standfirst", "A standfirst");
      await reader.page.fill("#bylines", "Ada Ferry\nBo Lake");
      await reader.page.fill("#tags", "bridge, city");
      await press(reader, "save");
      assert.ok((await reader.page.locator(".said").innerText()).includes(say(reader, "said.saved")));
      const back = await reader.page.locator("#text").inputValue();
      for (const said of ["**May**", "^[Read on Tuesday.]", "## What the council says", "> — Ada Ferry, mayor", "- two", "| 2023 | 4,100 |", "saved: What was said there"]) assert.ok(back.includes(said), said);
      assert.equal(await reader.page.locator("#bylines").inputValue(), "Ada Ferry\nBo Lake");
      await reader.examine("story-plain", writing);
    });

    test("what is wrong is said, and what was typed stays", async () => {
      await reader.page.fill("#headline", "");
      await reader.page.fill("#text", "Kept words");
      await press(reader, "save", 422);
      assert.ok((await reader.page.locator(".problems").innerText()).includes(say(reader, "wrong.headline")));
      assert.equal(await reader.page.locator("#text").inputValue(), "Kept words");
      await reader.examine("story-wrong", writing);
    });

    test("preview, history, comparison, restored", async () => {
      await reader.goto(path);
      await reader.page.fill("#text", "Another text altogether.");
      await press(reader, "save.preview");
      assert.match(reader.page.url(), /preview$/);
      for (const as of ["wide", "phone", "rtl", "dark", "print", "feed", "text"]) {
        await reader.goto(`${path}/preview?as=${as}`);
        await reader.examine(`preview-${as}`, desk);
      }
      await reader.goto(`${path}/history`);
      await reader.examine("history", desk);
      await press(reader, "compare");
      assert.ok((await reader.page.locator("main ins").count()) > 0, "something was added");
      assert.ok((await reader.page.locator("main del").count()) > 0, "something was taken out");
      await reader.examine("diff", desk);
      await reader.page.locator("details.restore summary").click();
      await press(reader, "restore.button");
      assert.match(await reader.page.locator("#text").inputValue(), /\*\*May\*\*/);
    });

    test("checked and published, then corrected", async () => {
      await reader.goto(`${path}/publish`);
      const checks = await reader.page.locator(".checks").innerText();
      assert.ok(checks.includes(say(reader, "check.byline")));
      await reader.examine("publish", desk);
      await press(reader, "out.now");
      const site = reader.page.getByRole("link", { name: say(reader, "onsite") });
      const address = new URL(await site.getAttribute("href")).pathname;
      await reader.goto(address);
      assert.match(await reader.page.locator("main").innerText(), /The bridge stays shut/);
      await reader.goto(path);
      await reader.page.fill("#text", "The bridge is open.");
      await press(reader, "save.correct");
      await reader.examine("correct", desk);
      await press(reader, "correct.button", 422);
      await reader.page.locator('input[name=kind][value=fact]').check();
      await reader.page.fill("#text", "The bridge is open, not shut.");
      await press(reader, "correct.button");
      await reader.goto(address);
      assert.match(await reader.page.locator("main").innerText(), /The bridge is open\./);
    });
  });
}

describe("two people, scripts off", () => {
  test("both texts are kept and joined block by block", async () => {
    const ada = await staff(wide);
    const bo = await staff(wide, { role: "owner" });
    const path = await begin(ada, "Two write");
    await ada.page.fill("#text", "First.\n\nSecond.\n\nThird.");
    await press(ada, "save");
    await bo.goto(path);
    await ada.page.fill("#text", "First of Ada.\n\nSecond.\n\nThird of Ada.");
    await press(ada, "save");
    await bo.page.fill("#text", "First of Bo.\n\nSecond.\n\nThird.\n\nFourth of Bo.");
    await press(bo, "save");
    assert.match(bo.page.url(), /merge\?side=1$/);
    await bo.examine("merge", desk);
    assert.equal(await bo.page.locator("fieldset.choice").count(), 1, "only the first block clashes");
    await bo.page.getByRole("radio", { name: "Mine", exact: true }).check();
    await press(bo, "merge.save");
    assert.equal(await bo.page.locator("#text").inputValue(), "First of Bo.\n\nSecond.\n\nThird of Ada.\n\nFourth of Bo.\n");
    await ada.close();
    await bo.close();
  });

  test("handed in, sent back, approved by somebody else", async () => {
    const reporter = await staff(wide, { role: "reporter" });
    const path = await begin(reporter, "Handed in");
    await reporter.page.fill("#text", "Words.");
    await press(reporter, "save.submit");
    const editor = await staff(wide);
    await editor.goto(path);
    await editor.page.locator("summary", { hasText: "Send back" }).click();
    await editor.page.fill("#step-back", "Who says so?");
    await press(editor, "back");
    await reporter.goto(path);
    assert.match(await reporter.page.locator(".acts").innerText(), /Who says so\?/);
    await press(reporter, "submit");
    await editor.goto(path);
    await press(editor, "approve");
    assert.match(await editor.page.locator("#state-head + p").innerText(), /Approved/);
    await editor.page.fill("#step-notes", "Call the mayor");
    await press(editor, "note.add");
    await editor.page.locator("summary", { hasText: "Add a task" }).click();
    await editor.page.fill("#step-tasks", "Check the year");
    await press(editor, "task.add");
    await editor.examine("story-talk", writing);
    await editor.close();
    await reporter.close();
  });
});

describe("the editor", () => {
  test("keyboard alone: written, marked up, saved, published", async () => {
    const reader = await staff(wide, { scripts: true });
    const { keyboard } = reader.page;
    await reader.goto("/desk/stories/new");
    await reader.page.locator("#headline").focus();
    await keyboard.type("By keyboard");
    await reader.act(() => keyboard.press("Enter"));
    await ready(reader);
    const path = new URL(reader.page.url()).pathname;
    await reader.page.locator("#standfirst").focus();
    for (let i = 0; i < 3 && !(await reader.page.evaluate(() => document.activeElement.classList.contains("ProseMirror"))); i++) await keyboard.press("Tab");
    await keyboard.type(`She said "no, not 'ever'" and it's done.\n## A heading\nSome **bold** words.\n- one\ntwo\n\n> We had no choice\n\nAda Ferry\nAfter it.`);
    await keyboard.press("Control+k");
    await keyboard.type("https://council.example/minutes");
    await keyboard.press("Enter");
    await keyboard.press("Control+Shift+f");
    await keyboard.type("Read on Tuesday.");
    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await keyboard.press("Control+Shift+y");
    await keyboard.type("Year");
    await keyboard.press("Tab");
    await keyboard.type("Cars");
    await keyboard.press("Control+/");
    assert.match(await reader.page.locator("dialog").innerText(), /Ctrl \+ B/);
    assert.doesNotMatch(await reader.page.locator("dialog").innerText(), /Ctrl \+ Alt/);
    await keyboard.press("Escape");
    await sent(reader);
    const { blocks } = await doc(reader);
    assert.deepEqual(blocks.slice(0, 5), [
      { type: "paragraph", text: "She said “no, not ‘ever’” and it’s done." },
      { type: "heading", level: 2, text: "A heading" },
      { type: "paragraph", text: ["Some ", { text: "bold", bold: true }, " words."] },
      { type: "list", items: ["one", "two"] },
      { type: "quote", paragraphs: ["We had no choice"], cite: "Ada Ferry" },
    ]);
    assert.deepEqual(blocks[6].rows[0], ["Year", "Cars", ""]);
    assert.match(JSON.stringify(blocks[5]), /"link":"https:\/\/council.example\/minutes","note":"Read on Tuesday."/);
    await keyboard.press("Alt+F10");
    assert.equal(await reader.page.evaluate(() => document.activeElement.dataset.tool), "bold");
    await keyboard.press("ArrowRight");
    assert.equal(await reader.page.evaluate(() => document.activeElement.dataset.tool), "italic");
    await reader.page.getByRole("button", { name: "Save version", exact: true }).focus();
    await reader.act(() => keyboard.press("Enter"));
    assert.match(await plain(path), /\[https:\/\/council\.example\/minutes\]\(https:\/\/council\.example\/minutes\)\^\[Read on Tuesday\.\]/);
    await reader.goto(`${path}/publish`);
    await reader.page.getByRole("button", { name: "Publish now" }).focus();
    await reader.act(() => keyboard.press("Enter"));
    assert.match(await reader.page.locator("#state-head + p").innerText(), /Published/);
    assert.deepEqual(reader.complaints, []);
    await reader.close();
  });

  test("undo gives a straight mark back, and Persian has its own", async () => {
    const reader = await staff(views.find((v) => v.lang === "fa"), { scripts: true });
    await reader.goto("/desk/stories/new");
    await reader.page.fill("#headline", "پل بسته است");
    await reader.page.selectOption("#lang", "fa");
    await press(reader, "begin");
    await ready(reader);
    await reader.page.locator(".ProseMirror").click();
    await reader.page.keyboard.type('او گفت "پل بسته است"');
    assert.equal((await doc(reader)).blocks[0].text, "او گفت «پل بسته است»");
    await reader.page.keyboard.press("Control+z");
    assert.equal((await doc(reader)).blocks[0].text, 'او گفت «پل بسته است"');
    assert.equal(await reader.page.locator(".ProseMirror").getAttribute("dir"), "rtl");
    await reader.shot("editor-rtl");
    assert.deepEqual(reader.complaints, []);
    await reader.close();
  });

  for (const view of views) {
    test(`the editor itself is examined, ${view.name}`, async () => {
      const context = await browser.newContext({ viewport: { width: view.width, height: view.height }, colorScheme: view.colorScheme, locale: view.lang, bypassCSP: true, reducedMotion: "reduce" });
      const reader = { context, page: await context.newPage(), view, url: (p) => new URL(p, demo.origin).href };
      await signIn(reader);
      await reader.page.goto(reader.url("/desk/stories/new"));
      await reader.page.fill("#headline", "Examined");
      await reader.page.selectOption("#lang", view.lang);
      await Promise.all([reader.page.waitForEvent("load"), reader.page.getByRole("button", { name: say(reader, "begin") }).click()]);
      await ready(reader);
      await reader.page.evaluate(() => {
        const insert = window.mimeoEditor.insert;
        insert({ type: "entry", id: "e1", at: "2026-11-22T12:04:00Z", text: "The council meets", key: true });
        insert({ type: "quote", paragraphs: ["We had no choice."], cite: "Ada Ferry" });
        insert({ type: "embed", url: "https://video.example/7", text: "The session", saved: "Its words" });
        insert({ type: "table", head: true, rows: [["Year", "Cars"], ["2023", "4,100"]], caption: "In a day" });
        insert({ type: "paragraph", text: ["A ", { text: "statement", statement: "9q2k" }, " and a", { text: " note", note: "By telephone." }] });
      });
      await reader.page.waitForTimeout(300);
      await reader.page.evaluate(axe);
      const run = () => reader.page.evaluate(() => window.axe.run(document, { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } }));
      const faults = (r) => r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).slice(0, 4)}`);
      assert.deepEqual(faults(await run()), []);
      await reader.page.keyboard.press("Control+/");
      await reader.page.locator("dialog[open]").waitFor();
      assert.deepEqual(faults(await run()), []);
      await reader.page.keyboard.press("Escape");
      const wide = await reader.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `scrolls sideways by ${wide}`);
      await reader.page.screenshot({ path: join(out, `editor-rich-${view.name}.png`) });
      await context.close();
    });
  }

  for (const name of ["word", "docs", "web"]) {
    test(`pasted from ${name}: cleaned`, async () => {
      const reader = await staff(wide, { scripts: true });
      await begin(reader, `Pasted ${name}`);
      await ready(reader);
      await reader.page.locator(".ProseMirror").click();
      const html = readFileSync(join(here, "testdata/paste", `${name}.html`), "utf8");
      const want = JSON.parse(readFileSync(join(here, "testdata/paste", `${name}.json`), "utf8"));
      await reader.page.evaluate((html) => {
        const data = new DataTransfer();
        data.setData("text/html", html);
        data.setData("text/plain", "unused");
        document.querySelector(".ProseMirror").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
      }, html);
      assert.deepEqual((await doc(reader)).blocks, want);
      await sent(reader);
      assert.ok(reader.requests.every((q) => q.url().startsWith(demo.origin)), "nothing is loaded from elsewhere");
      await reader.close();
    });
  }

  test("two tabs lose nothing", async () => {
    const reader = await staff(wide, { scripts: true });
    const path = await begin(reader, "Two tabs");
    await ready(reader);
    const other = await reader.context.newPage();
    await other.goto(reader.url(path));
    await other.locator("form[data-ready]").waitFor();
    await reader.page.locator("#notice-tabs").waitFor();
    await other.locator("#notice-tabs").waitFor();
    await reader.page.locator(".ProseMirror").click();
    await reader.page.keyboard.type("From the first tab.");
    await other.locator(".ProseMirror").click();
    await other.keyboard.type("From the second tab.");
    await sent(reader);
    await until("the other sent", async () => /^Saved \d\d:\d\d$/.test(await other.locator("#saved").innerText()));
    await press(reader, "save");
    await Promise.all([other.waitForURL(/merge/), other.getByRole("button", { name: "Save version", exact: true }).click()]);
    await Promise.all([other.waitForURL(new RegExp(`${path}$`)), other.getByRole("button", { name: "Save what is chosen" }).click()]);
    const text = await plain(path);
    assert.match(text, /From the first tab\./);
    assert.match(text, /From the second tab\./);
    await reader.close();
  });

  test("a session that ends keeps the text, and coming in again sends it", async () => {
    const reader = await staff(wide, { scripts: true });
    const path = await begin(reader, "Signed out");
    await ready(reader);
    await reader.page.locator(".ProseMirror").click();
    await reader.page.keyboard.type("Before.");
    await sent(reader);
    const left = await reader.context.request.post(reader.url("/desk/out"), { maxRedirects: 0 });
    assert.equal(left.status(), 303);
    await reader.page.keyboard.type(" After it ended.");
    await until("the line says so", async () => /signed out.*Come in again/.test(await line(reader)));
    await signIn(reader);
    await reader.page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await sent(reader);
    assert.match(await plain(path), /Before\. After it ended\./);
    await reader.close();
  });

  test("typing costs the same in a long text", async () => {
    const reader = await staff(wide, { scripts: true });
    const cost = async (n) => {
      await begin(reader, `Long ${n}`);
      await ready(reader);
      return reader.page.evaluate(async (n) => {
        const { editor } = window.mimeoEditor;
        const sentence = "The council voted on Tuesday to keep the bridge shut again ";
        editor.commands.setContent({ type: "doc", content: Array.from({ length: n / 50 }, () => ({ type: "paragraph", content: [{ type: "text", text: sentence.repeat(5) }] })) });
        editor.commands.focus("end");
        await new Promise((r) => setTimeout(r, 3000));
        const last = () => document.querySelector(".ProseMirror").lastElementChild.getBoundingClientRect();
        // In lots of twenty, for the browser's clock is coarse; the quickest of thirty lots, for the machine is shared.
        const measure = async (key) => {
          let least = Infinity;
          for (let lot = 0; lot < 30; lot++) {
            const t = performance.now();
            for (let i = 0; i < 20; i++) key(i % 6 === 5 ? " " : "a");
            least = Math.min(least, (performance.now() - t) / 20);
            await new Promise((r) => setTimeout(r, 0));
          }
          return least;
        };
        const own = await measure((k) => (editor.view.dispatch(editor.state.tr.insertText(k)), last()));
        const all = await measure((k) => (document.execCommand("insertText", false, k), last()));
        return { own, all };
      }, n);
    };
    const short = await cost(100);
    const long = await cost(10_000);
    const figures = `a key at 100 and at 10,000 words: in the editor ${short.own.toFixed(2)} and ${long.own.toFixed(2)} ms, ratio ${(long.own / short.own).toFixed(2)}; ` +
      `with what the browser adds ${short.all.toFixed(2)} and ${long.all.toFixed(2)} ms`;
    console.log(figures);
    assert.ok(long.own < 2 * short.own, figures);
    assert.ok(long.all < 8, figures);
    await reader.close();
  });
});

describe("a newsroom that goes away", () => {
  test("killed while one types, and back: no word is lost", async () => {
    const listen = `127.0.0.1:${await port()}`;
    let house = await Demo.start({ args: ["--listen", listen] });
    try {
      const reader = await staff(wide, { scripts: true, of: house });
      const path = await begin(reader, "Killed");
      await ready(reader);
      await reader.page.locator(".ProseMirror").click();
      await reader.page.keyboard.type("Arrived. ");
      await sent(reader);
      await reader.page.keyboard.type("Typed before. ");
      house.child.kill("SIGKILL");
      await house.gone;
      await reader.page.keyboard.type("Typed while it was gone. ");
      await until("the line says so", async () => /not yet sent · no connection, kept on this computer/.test(await line(reader)));
      const data = house.data;
      house = await Demo.start({ data, args: ["--listen", listen] });
      await reader.page.keyboard.type("Typed after.");
      await until("everything sent", async () => /^Saved \d\d:\d\d$/.test(await line(reader)), 40);
      assert.equal((await plain(path, house)).trim(), "Arrived. Typed before. Typed while it was gone. Typed after.");

      // The browser goes too, before anything could be sent.
      await reader.page.keyboard.type(" Last words.");
      await until("kept on this computer", () => reader.page.evaluate(() => Object.keys(localStorage).some((k) => k.startsWith("mimeo:story:"))));
      house.child.kill("SIGKILL");
      await house.gone;
      await reader.page.close();
      house = await Demo.start({ data, args: ["--listen", listen] });
      reader.page = await reader.context.newPage();
      await reader.page.goto(`${house.origin}${path}`);
      await ready(reader);
      await until("put back", async () => (await words(reader)).includes("Last words."));
      await sent(reader);
      await reader.close();
    } finally {
      await house.stop();
    }
  });
});
