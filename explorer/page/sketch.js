// A black square to draw on in white. The value is the base64 of side x side grey bytes, row by row; null when blank.
const host = element.querySelector(".sketch");
const side = Number(host.dataset.side);
const [sheet, clear] = [host.querySelector("canvas"), host.querySelector("button")];
const context = sheet.getContext("2d", { willReadFrequently: true });
const BRUSH = side / 12;
const PAUSE = 80; // ms between two reports while the pen moves
let pen = null; // the pointer that draws: a second finger or a palm does not
let last = null; // where the pen was
let reported = 0;

sheet.width = sheet.height = side;
context.lineCap = context.lineJoin = "round";
context.lineWidth = BRUSH;
context.strokeStyle = "#ffffff";

function blank() {
  context.fillStyle = "#000000";
  context.fillRect(0, 0, side, side);
}

function grey() {
  const pixels = context.getImageData(0, 0, side, side).data;
  return Uint8Array.from({ length: side * side }, (_, index) => pixels[4 * index]);
}

function report() {
  reported = performance.now();
  const bytes = grey();
  props.value = bytes.some(Boolean) ? btoa(String.fromCharCode(...bytes)) : null;
  trigger("input");
}

function positionOf(event) {
  const box = sheet.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * side, ((event.clientY - box.top) / box.height) * side];
}

function stroke(event) {
  const position = positionOf(event);
  context.beginPath();
  context.moveTo(...(last ?? position));
  context.lineTo(...position);
  context.stroke();
  last = position;
}

sheet.addEventListener("pointerdown", (event) => {
  if (pen !== null || event.button !== 0) return;
  pen = event.pointerId;
  sheet.setPointerCapture(pen);
  last = null;
  stroke(event);
});
sheet.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pen) return;
  stroke(event);
  if (performance.now() - reported > PAUSE) report();
});
for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
  sheet.addEventListener(end, (event) => {
    if (event.pointerId !== pen) return;
    report();
    pen = last = null;
  });
}
clear.addEventListener("click", () => {
  blank();
  report();
});

// Gradio builds this anew when it is shown again; what was drawn is still the value.
function repaint() {
  blank();
  if (!props.value) return; // null, or "" before anything was drawn
  const image = context.createImageData(side, side);
  [...atob(props.value)].forEach((letter, index) => {
    const value = letter.charCodeAt(0);
    image.data.set([value, value, value, 255], 4 * index);
  });
  context.putImageData(image, 0, 0);
}

repaint();
