// Maps in their room, numbers as they are read out, links, files, samples.
import assert from "node:assert/strict";
import test from "node:test";

import { choiceOf } from "../../explorer/page/amends.js";
import { mount, readAddress, showTab, targetOf, textOf, writeAddress } from "../../explorer/page/address.js";
import { describeCell, formatValue } from "../../explorer/page/canvas.js";
import { problemOf } from "../../explorer/page/files.js";
import { figureWidth, heightOf, layOut } from "../../explorer/page/maps_layout.js";
import { nextOfClass, placeOfThumbnail } from "../../explorer/page/samples.js";
import { forgetChoice, isLastRequest, nextRequest, onNewChoice } from "../../explorer/page/values.js";

const map = (rows, columns = rows) => ({ rows, columns, title: "", caption: "", titleWidth: 0, captionWidth: 0 });
const payload = (maps, more = {}) => ({ maps, columns: null, cell: null, maxHeight: 440, equalCells: true, ...more });

test("cells are whole device pixels, as large as the room lets them be", () => {
  const maps = [map(28), map(28)];
  for (const [width, ratio] of [[900, 1], [900, 2], [700, 1.5]]) {
    const { cells } = layOut(payload(maps), width, ratio);
    assert.equal(cells[0], cells[1]);
    assert.ok(Math.abs(cells[0] * ratio - Math.round(cells[0] * ratio)) < 1e-9);
    const larger = cells.map((cell) => cell + 1 / ratio);
    assert.ok(heightOf(maps, cells, null, width) <= 440);
    assert.ok(heightOf(maps, larger, null, width) > 440);
  }
});

test("no map is wider than its room, and a picture of one row is as high as its map", () => {
  assert.equal(heightOf([map(10, 30)], [10], null, 299), Infinity);
  assert.equal(heightOf([map(10, 30)], [10], null, 300), 108); // 8 px of air below
  assert.equal(heightOf([map(10), map(10)], [10, 10], null, 220), 108); // 20 px between
  assert.equal(heightOf([map(10), map(10)], [10, 10], null, 219), 226);
  assert.equal(heightOf([map(10), map(10)], [10, 10], 1, 900), 226);
  const narrow = layOut(payload([map(200, 4000)]), 500, 1);
  assert.ok(narrow.cells[0] * 4000 <= 500);
});

test("a title above a tiny map has room, and its lines count", () => {
  const titled = { ...map(4), title: "conv1", titleWidth: 150 };
  assert.equal(figureWidth(titled, 2), 72);
  assert.equal(heightOf([titled], [2], null, 900), 8 + 3 * 21 + 8);
});

test("on a phone fewer maps stand in a row where that makes them larger", () => {
  const four = payload([map(28), map(28), map(28), map(28)], { columns: 4 });
  assert.equal(layOut(four, 900, 1).columns, 4);
  assert.ok(layOut(four, 360, 1).columns < 4);
});

test("maps of unequal cells have one longest side, and a small one beside large ones its least cell", () => {
  const unequal = layOut(payload([map(10), map(20)], { equalCells: false }), 900, 1).cells;
  assert.ok(Math.abs(unequal[0] * 10 - unequal[1] * 20) < 1e-9);
  const least = layOut(payload([{ ...map(3), leastCell: 24 }, map(64)], { maxHeight: 200 }), 900, 1).cells;
  assert.equal(least[0], 24);
  assert.ok(least[1] < 24);
});

test("a value is read out with the digits that its code carries", () => {
  assert.equal(formatValue(NaN, 0.1), "—");
  assert.equal(formatValue(0.00001, 0.0001), "0");
  assert.equal(formatValue(-0.123456, 1e-6), "−0.1235");
  assert.equal(formatValue(0.123456, 0.01), "0.1");
  assert.equal(formatValue(5, 0), "5"); // a map of one value
});

test("a cell says the printed number where there is one, and what lies above it", () => {
  const shown = { rows: 2, columns: 2, values: [1, 2, 3, 4], step: 1e-5, numbers: null };
  assert.equal(describeCell(shown, 1, 0), "3");
  assert.equal(describeCell({ ...shown, numbers: [["a", "b"], ["c", "d"]] }, 1, 0), "c");
  const overlay = { rows: 1, columns: 2, values: [-7, 8], step: 1e-5 };
  assert.equal(describeCell({ ...shown, overlay }, 1, 1), "4 · 8");
});

test("links hold matrices, tables and lists", () => {
  const written = (value) => textOf(value, [";", ","]);
  assert.equal(written(true), "true");
  assert.equal(written(3), "3");
  assert.equal(written([["1", "0"], ["-1", "1/9"]]), "1,0;-1,1/9");
  assert.equal(written([{ type: "conv", kernel: "3" }, { type: "pool", kernel: "2" }]), "conv,3;pool,2");
  assert.equal(written(["resnet34", "lenet5"]), "resnet34;lenet5");
  assert.equal(written([]), "");
});

test("a file is refused that is no picture, or too large", () => {
  const words = { noPicture: "none", tooLarge: "large", mostBytes: "100" };
  assert.equal(problemOf({ type: "text/plain", size: 1 }, words), "none");
  assert.equal(problemOf({ type: "image/png", size: 101 }, words), "large");
  assert.equal(problemOf({ type: "image/png", size: 100 }, words), null);
});

test("thumbnails lie in a sheet of one row a class, and the next one is of the same class", () => {
  assert.equal(placeOfThumbnail(0, 20, 10), "0% 0%");
  assert.equal(placeOfThumbnail(199, 20, 10), "100% 100%");
  assert.deepEqual([0, 18, 19, 39, 199].map((index) => nextOfClass(index, 20)), [1, 19, 0, 20, 180]);
});

test("a choice counts once, until something else was set in its place", () => {
  assert.equal(onNewChoice("a", "x", 7), 7);
  assert.deepEqual(onNewChoice("a", "x", 7), { __type__: "update" });
  forgetChoice("a");
  assert.equal(onNewChoice("a", "x", 7), 7);
  assert.deepEqual(onNewChoice("a", "y", undefined), { __type__: "update" });
});

test("only the answer to the last request is taken", () => {
  const [first, second] = [nextRequest("b"), nextRequest("b")];
  assert.equal(isLastRequest("b", first), false);
  assert.equal(isLastRequest("b", second), true);
  assert.equal(isLastRequest("c", second), false);
});

test("maps that are larger than their room share a pixel between cells, and stay in their rows", () => {
  const many = payload(Array.from({ length: 18 }, () => map(112)), { columns: 6, maxHeight: 236 });
  const { columns, cells } = layOut(many, 420, 1);
  assert.equal(columns, 6);
  assert.ok(cells[0] > 0 && cells[0] < 1);
  assert.ok(heightOf(many.maps, cells, columns, 420) <= 236 * 1.6);
});

test("whoever clicks a language before the link's tab is shown does not lose the link", (t) => {
  const elementOf = (wing) => ({
    querySelector: () => ({ dataset: { wing, settings: "{}", opened: "convolution", tabs: '["convolution","shapes"]' } }),
  });
  const address = { pathname: "/", search: "?tab=shapes&model=resnet34" };
  const replaceState = (state, title, written) => (address.search = written.replace("/", ""));
  globalThis.window = { location: address, history: { replaceState, pushState: replaceState }, clearTimeout, setTimeout: () => 0 };
  t.after(() => delete globalThis.window);
  readAddress();
  writeAddress();
  assert.equal(address.search, "?tab=shapes&model=resnet34");
  mount(elementOf("convolution"), {}, null, assert.fail);
  writeAddress();
  assert.equal(address.search, "?tab=shapes&model=resnet34");
  let clicks = 0;
  mount(elementOf("shapes"), {}, null, () => (clicks += 1));
  const tabNow = () => (writeAddress(), new URLSearchParams(address.search).get("tab"));
  assert.equal(clicks, 1); // it has no setting of that name
  assert.equal(tabNow(), "shapes");
  showTab("convolution"); // told by Gradio when it has mounted all, before the link's tab is shown
  assert.equal(tabNow(), "shapes");
  showTab("shapes");
  showTab("convolution"); // told because somebody clicked it
  assert.equal(tabNow(), null);
});

// A history as browsers keep it: entries of an address and a state. The last one is the page's.
function keepHistory(t, search, before) {
  const address = { origin: "http://here", pathname: "/", search };
  Object.defineProperty(address, "href", { get: () => address.origin + address.pathname + address.search });
  const history = { at: before.length, entries: [...before, { search, state: null }], state: null };
  const write = (state, written) => {
    address.search = written.replace("/", "");
    history.entries[history.at] = { search: address.search, state };
    history.state = state;
  };
  history.replaceState = (state, title, written) => write(state, written);
  history.pushState = (state, title, written) => {
    history.entries.splice(++history.at);
    write(state, written);
  };
  const nothing = () => {};
  const cnnExplorerPage = { separators: [";", ","], longestText: 99 };
  const scroll = { requestAnimationFrame: (act) => act(), scrollTo: (x, y) => (history.scrolled = y) };
  const still = { clearTimeout, setTimeout: () => 0, addEventListener: (kind, act) => (history[kind] = act), ...scroll };
  globalThis.window = { location: address, history, cnnExplorerPage, ...still };
  const root = { classList: { add: nothing, remove: nothing }, style: { setProperty: nothing } };
  const elements = { documentElement: root, getElementById: () => null };
  const addEventListener = (kind, act) => {
    const earlier = history[kind] ?? nothing;
    history[kind] = (event) => (earlier(event), act(event));
  };
  globalThis.document = { ...elements, addEventListener, removeEventListener: nothing };
  t.after(() => (delete globalThis.window, delete globalThis.document));
  return { address, history };
}

// A page with three wings, opened at an address; each `name` loads the script anew.
async function openPage(t, name, search, before = [], whileLoading = () => {}) {
  const { address, history } = keepHistory(t, search, before);
  const page = await import(`../../explorer/page/address.js?${name}`);
  page.readAddress();
  page.watchHistory();
  const step = (steps) => {
    history.at += steps;
    ({ state: history.state, search: address.search } = history.entries[history.at]);
    history.popstate({ state: history.state });
  };
  whileLoading(step);
  const asked = []; // [wing, its settings], of what Gradio or, with settings, the server was asked for
  const tabs = '["convolution","shapes","claims"]';
  for (const wing of JSON.parse(tabs)) {
    const dataset = { wing, settings: JSON.stringify({ [`of_${wing}`]: "first" }), opened: "convolution", tabs };
    const props = {};
    const note = (kind) => asked.push([wing, kind === "click" ? null : props.value]);
    page.mount({ querySelector: () => ({ dataset }) }, props, null, note);
  }
  const go = (steps) => {
    step(steps);
    page.showTab(asked.at(-1)[0]); // Gradio tells it as soon as it is shown
    page.writeAddress();
  };
  return { page, history, address, asked, go };
}

const addresses = ({ entries }) => entries.map(({ search }) => search);

test("each tab that is chosen is an entry of the history, and Back shows it as it was left", async (t) => {
  const { page, history, address, asked, go } = await openPage(t, "tabs", "");
  page.showTab("convolution"); // Gradio tells the first one
  page.rememberSetting("convolution", "of_convolution", "other");
  page.showTab("shapes"); // before the address was written
  page.showTab("shapes");
  page.rememberSetting("shapes", "of_shapes", 3);
  page.writeAddress();
  page.showTab("claims");
  page.watchLinks();
  window.scrollY = 700;
  const link = { href: "http://here/?tab=convolution", dataset: {}, target: "" };
  history.click({ button: 0, target: { closest: () => link }, preventDefault: () => {} });
  page.showTab("convolution");
  const all = ["?tab=convolution&of_convolution=other", "?tab=shapes&of_shapes=3", "?tab=claims", "?tab=convolution&of_convolution=other"];
  assert.deepEqual(addresses(history), all);
  go(-1);
  assert.equal(history.scrolled, 700);
  go(-1);
  assert.deepEqual(asked, [["convolution", null], ["claims", null], ["shapes", null]]); // no settings: the server is not asked
  assert.deepEqual([address.search, history.at], [all[1], 1]);
  go(1);
  page.showTab("convolution"); // told late, of a step that was done before this one
  assert.deepEqual([addresses(history), history.at], [all, 2]);
  assert.deepEqual(asked.at(-1), ["claims", null]); // and the tab of that step is shown again
  history.click({ target: { closest: () => null } });
  page.showTab("shapes");
  assert.deepEqual(addresses(history), [all[0], all[1], all[2], all[1]]);
});

test("Back to an entry from before the page was loaded again opens it as a link", async (t) => {
  const state = { load: performance.timeOrigin - 1 };
  const before = ["", "?tab=claims&of_claims=old"].map((search) => ({ search, state }));
  const { page, asked, history, go } = await openPage(t, "loaded", "?tab=shapes", before);
  page.showTab("shapes");
  asked.splice(0);
  go(-1);
  assert.deepEqual(asked, [["claims", { of_claims: "old" }]]);
  page.rememberSetting("claims", "of_claims", "old"); // as the answer of the server sets it
  page.writeAddress();
  go(-1);
  assert.deepEqual(asked.at(-1), ["convolution", null]);
  assert.deepEqual(addresses(history), ["", "?tab=claims&of_claims=old", "?tab=shapes"]);
});

test("Back while the page is still loading opens the entry before, and leaves the other as it was", async (t) => {
  const before = [{ search: "?tab=claims&of_claims=old", state: null }];
  const { page, asked, history } = await openPage(t, "early", "?tab=shapes&of_shapes=3", before, (step) => step(-1));
  assert.deepEqual(asked, [["claims", { of_claims: "old" }]]);
  page.showTab("claims");
  page.writeAddress();
  assert.deepEqual(addresses(history), ["?tab=claims&of_claims=old", "?tab=shapes&of_shapes=3"]);
});

test("Back while the page is still loading to an entry without a tab shows the first one", async (t) => {
  const before = [{ search: "", state: null }];
  const { page, asked, history } = await openPage(t, "plain", "?tab=shapes&of_shapes=3", before, (step) => step(-1));
  page.showTab("shapes"); // which Gradio opens all the same
  assert.deepEqual(asked, [["convolution", null]]);
  page.showTab("convolution");
  page.writeAddress();
  assert.deepEqual(addresses(history), ["", "?tab=shapes&of_shapes=3"]);
});

test("what a link asks for and what was refused does not stay in the address", async (t) => {
  const { page, address } = await openPage(t, "refused", "?tab=shapes&of_shapes=nonsense");
  page.showTab("shapes");
  page.writeAddress();
  assert.equal(address.search, "?tab=shapes&of_shapes=nonsense"); // as long as the answer is awaited
  page.linkOpened("shapes", ["of_shapes"], ["first"]);
  page.writeAddress();
  assert.equal(address.search, "?tab=shapes");
});

test("a link to a tab of this page is followed within it, and sets what it does not name to what that is at first", () => {
  const firsts = { shapes: { model: "lenet5", size: 28, mine: null }, claims: { verdict: "all" } };
  const follow = (link, keeps) => targetOf(new URL(link, "http://here/zh").href, "http://here/zh?tab=claims", firsts, [";", ","], keeps);
  assert.deepEqual(follow("./zh?tab=shapes&model=mlp"), { wing: "shapes", settings: { model: "mlp", size: "28" } });
  assert.deepEqual(follow("?tab=shapes&model=mlp", true), { wing: "shapes", settings: { model: "mlp" } });
  assert.deepEqual(follow("?tab=shapes&other=1"), { wing: "shapes", settings: null });
  for (const away of ["./?tab=shapes&model=mlp", "http://there/zh?tab=shapes", "?tab=nothing", "#top", "?model=mlp"])
    assert.equal(follow(away), null);
});

test("typed words mean the choice of that name, or the only one that is left", () => {
  assert.equal(choiceOf("shirt ", ["T-shirt/top", "Shirt"]), 1);
  assert.equal(choiceOf("pull", ["Pullover"]), 0);
  assert.deepEqual([choiceOf("", ["Pullover"]), choiceOf("s", ["Shirt", "Sandal"]), choiceOf("x", [])], [-1, -1, -1]);
});
