// The PyTorch code of what is on screen, which runs as it stands; tests/convolution/test_take.py runs it.
import { copyFrom } from "../page/buttons.js";
import { base64Of } from "../page/drawing.js";
import { watchStage } from "./stage.js";

const MOST_WRITTEN = 12; // rows and columns up to which the pixels are written out
const LINE = 100; // characters of a line of bytes

// A cell as Python reads it: its grammar has neither leading zeros nor a true minus sign.
function writeCell(written) {
  const parts = String(written).trim().replaceAll("\u2212", "-").split("/").map((part) => String(Number(part)));
  return parts.join(" / ");
}

const writeRows = (rows, write) => rows.map((row) => `    [${row.map(write).join(", ")}],`).join("\n");

const writeTensor = (name, rows, write) => `${name} = torch.tensor([\n${writeRows(rows, write)}\n], dtype=torch.float32)`;

function rowsOf({ rows, columns, pixels }) {
  return Array.from({ length: rows }, (_, row) => Array.from(pixels.slice(row * columns, (row + 1) * columns)));
}

function writePicture({ source, sample }, picture, words) {
  if (source === "sample") {
    const file = "explorer/data_sample/fashion_mnist_sample.safetensors";
    return `# ${words.folder}\npicture = load_file("${file}")["images"][${Number(sample)}].float() / 255`;
  }
  const { rows, columns, pixels } = picture;
  if (Math.max(rows, columns) <= MOST_WRITTEN) return `${writeTensor("picture", rowsOf(picture), String)} / 255`;
  const lines = base64Of(Uint8Array.from(pixels)).match(new RegExp(`.{1,${LINE}}`, "g")).map((line) => `    "${line}"`);
  return `pixels = base64.b64decode(\n${lines.join("\n")}\n)\npicture = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).reshape(${rows}, ${columns}).float() / 255`;
}

const isAlike = (numbers) => numbers.every((number) => number === numbers[0]);
const writeSides = (numbers) => (isAlike(numbers) ? numbers[0] : `(${numbers.join(", ")})`);

// The same padding at both ends, as conv2d takes it; null where F.pad must do it.
function plainPadding({ mode, padding: [top, bottom, left, right] }) {
  if ([top, bottom, left, right].every((each) => each === 0)) return [0, 0];
  return mode === "zeros" && top === bottom && left === right ? [top, left] : null;
}

function writeConvolution(moves) {
  const [top, bottom, left, right] = moves.padding;
  const plain = plainPadding(moves);
  const mode = { zeros: "constant" }[moves.mode] ?? moves.mode;
  const settings = `stride=${writeSides(moves.stride)}, padding=${writeSides(plain ?? [0, 0])}, dilation=${writeSides(moves.dilation)}`;
  const padded = plain ? "picture[None, None]" : `F.pad(picture[None, None], (${left}, ${right}, ${top}, ${bottom}), mode="${mode}")`;
  return `padded = ${padded}  # (1, 1, H, W)\nresult = F.conv2d(padded, kernel[None, None], ${settings})[0, 0]`;
}

function writeBack({ moves, dropped }) {
  const plain = plainPadding(moves);
  if (!plain) return "back = torch.autograd.grad(result, picture, result)[0].detach()\nresult = result.detach()";
  const settings = `stride=${writeSides(moves.stride)}, padding=${writeSides(plain)}, output_padding=${writeSides(dropped)}, dilation=${writeSides(moves.dilation)}`;
  return `back = F.conv_transpose2d(result[None, None], kernel[None, None], ${settings})[0, 0]`;
}

// `computed` is of computeState; `picture` holds bytes.
export function writeCode(state, computed, picture, words) {
  const { moves } = computed;
  const isSample = state.source === "sample";
  const isLong = !isSample && Math.max(picture.rows, picture.columns) > MOST_WRITTEN;
  const needsGrad = state.transposed && !plainPadding(moves);
  const imports = ["import torch", "import torch.nn.functional as F", ...(isSample ? ["from safetensors.torch import load_file"] : [])];
  const kernel = writeTensor("kernel", state.cells, writeCell);
  return [
    `${isLong ? "import base64\n\n" : ""}${imports.join("\n")}`,
    writePicture(state, picture, words) + (needsGrad ? "\npicture.requires_grad_()" : ""),
    kernel + (state.flip ? `\nkernel = kernel.flip(0, 1)  # ${words.flipped}` : ""),
    writeConvolution(moves) + (state.transposed ? `\n${writeBack(computed)}` : ""),
    `print(result.shape)\nprint(result)\n${state.transposed ? "print(back)\n" : ""}`,
  ].join("\n\n");
}

export function mount(element) {
  const [code, button] = ["code", "button"].map((name) => element.querySelector(name));
  const words = element.querySelector(".take").dataset;
  button.addEventListener("click", () => copyFrom(button, code.textContent));
  watchStage(({ state, computed, picture }) => {
    if (computed) code.textContent = writeCode(state, computed, picture, words);
  });
}
