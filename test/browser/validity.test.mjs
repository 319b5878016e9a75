// The Nu HTML Checker reads every page that the tests before it wrote down
// (its file comes last in the alphabet), and the style sheet.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { Demo, out } from "./demo.mjs";

const folder = join(out, "html");
const java = spawnSync("java", ["-version"]).status === 0;
const skip = java ? false : "LEFT OUT: there is no java on this machine, so the Nu HTML Checker did not read the pages (html-validate did)";
if (skip) console.warn(`validity.test.mjs: ${skip}`);

test("the Nu HTML Checker has nothing to say", { skip }, async () => {
  const demo = await Demo.start();
  const files = [];
  try {
    const home = await (await fetch(demo.origin)).text();
    const href = home.match(/<link[^>]+rel="?stylesheet"?[^>]*>/)[0].match(/href="?([^" >]+)/)[1];
    writeFileSync(join(folder, "site.css"), Buffer.from(await (await fetch(new URL(href, demo.origin))).arrayBuffer()));
    writeFileSync(join(folder, "front.html"), home);
    files.push(join(folder, "front.html"));
  } finally {
    await demo.stop();
  }
  // The self-test's pages are wrong on purpose.
  for (const f of readdirSync(folder)) if (f.endsWith(".html") && !f.startsWith("self--") && f !== "front.html") files.push(join(folder, f));
  assert.ok(files.length > 1, "no page was written down: run the whole suite, not this file alone");
  const { default: jar } = await import("vnu-jar").catch(() => ({ default: createRequire(import.meta.url).resolve("vnu-jar/build/dist/vnu.jar") }));
  const check = (args) => {
    try {
      return execFileSync("java", ["-Xss1m", "-jar", jar, "--stdout", "--format", "gnu", ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
    } catch (err) {
      return err.stdout || String(err);
    }
  };
  const said = check([...files]) + check(["--css", join(folder, "site.css")]);
  // One page in many states repeats itself: each complaint once, with the first place.
  const seen = new Map();
  for (const line of said.split("\n").filter((l) => /: error/.test(l))) {
    const what = line.replace(/^.*?: error: ?/, "");
    if (!seen.has(what)) seen.set(what, line.replace(folder, ""));
  }
  assert.deepEqual([...seen.values()], []);
});
