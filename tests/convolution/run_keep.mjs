// Tells sections as keep.js does, for tests/convolution/test_told.py: raw maps and losses come in as JSON.
import { readFileSync } from "node:fs";
import { keepCell, keepSection, packBoard, packCurve, tellSections } from "../../explorer/convolution/keep.js";

const { cell, sections } = JSON.parse(readFileSync(0, "utf8"));
keepCell(() => cell);
for (const [name, { rows, losses, levels, ...rest }] of Object.entries(sections)) {
  const curve = losses ? { curve: packCurve(losses, levels) } : {};
  keepSection(name, { isConnected: true, clientWidth: 1 }, () => ({ ...rest, rows: rows.map(packBoard), ...curve }));
}
process.stdout.write(JSON.stringify(tellSections()));
