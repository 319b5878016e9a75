// The examiner examined: a page with one planted fault each must be refused,
// and a plain good page must pass. A check that finds nothing proves nothing.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, Reader, views } from "./reader.mjs";

const good = `<!DOCTYPE html>
<html lang="en" dir="ltr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Plain page</title></head>
<body><header><a href="#main" class="skip">Skip to the text</a></header><main id="main"><h1>Plain page</h1><p>Some words to read here.</p>ADD</main></body>
</html>
`;
const css = '<link rel="stylesheet" href="/plain.css">';
const page = (add) => good.replace("ADD", add).replace("</title>", `</title>${css}`);

const pages = {
  "/good": page(""),
  "/small": page('<p><button type="button" class="tiny">x</button></p>'),
  "/wide": page('<p class="wide">too wide for any phone</p>'),
  "/script": page('<script src="/never.js"></script>'),
  "/pale": page('<p class="pale">Words that one can hardly read</p>'),
  "/broken": page("<p><div>not in a paragraph</div></p>"),
  "/elsewhere": page('<p><img src="http://127.0.0.1:9/eye.gif" width="1" height="1" alt=""></p>'),
  "/cookie": page(""),
};

let server, browser, demo;

before(async () => {
  server = createServer((q, a) => {
    if (q.url === "/plain.css") {
      a.setHeader("content-type", "text/css");
      a.end("body{font:18px/1.6 serif;margin:1rem}a.skip{display:inline-block;padding:12px}.tiny{font-size:6px;padding:0;border:0;inline-size:9px;block-size:9px}.wide{inline-size:1500px}.pale{color:#ccc;background:#fff}");
      return;
    }
    a.setHeader("content-type", "text/html; charset=utf-8");
    if (q.url === "/cookie") a.setHeader("set-cookie", "eye=1");
    a.statusCode = pages[q.url] ? 200 : 404;
    a.end(pages[q.url] ?? "");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  demo = { origin: `http://127.0.0.1:${server.address().port}` };
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server.close();
});

async function examine(path) {
  const reader = await Reader.open(browser, demo, views[0]);
  try {
    await reader.goto(path);
    await reader.examine(path.slice(1));
  } finally {
    await reader.close();
  }
}

test("a plain good page passes", () => examine("/good"));

for (const [path, what] of Object.entries({
  "/small": /targets under 24 px/,
  "/wide": /scrolls sideways/,
  "/script": /scripts on the page|requests to elsewhere|complains|html-validate/,
  "/pale": /axe/,
  "/broken": /html-validate/,
  "/elsewhere": /requests to elsewhere/,
  "/cookie": /a cookie before the reader acted/,
})) {
  test(`the examiner refuses ${path.slice(1)}`, () => assert.rejects(examine(path), what));
}
