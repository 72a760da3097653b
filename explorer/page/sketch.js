// A black square to draw on in white. The value is the base64 of side x side grey bytes, row by row; null when blank.
import { base64Of, bytesOf, paintGrey } from "./drawing.js";
import { sharesAt } from "./pointing.js";

const PAUSE = 80; // ms between two reports while the pen moves

class Sketch {
  pen = null; // the pointer that draws: a second finger or a palm does not
  last = null; // where the pen was
  reported = 0;

  constructor(host, props, trigger) {
    const side = Number(host.dataset.side);
    this.sheet = host.querySelector("canvas");
    this.sheet.width = this.sheet.height = side;
    const context = this.sheet.getContext("2d", { willReadFrequently: true });
    Object.assign(context, { lineCap: "round", lineJoin: "round", lineWidth: side / 12, strokeStyle: "#ffffff" });
    Object.assign(this, { side, context, props, trigger });
  }

  blank() {
    this.context.fillStyle = "#000000";
    this.context.fillRect(0, 0, this.side, this.side);
  }

  // Gradio builds this again when it is shown again; what was drawn is still the value.
  repaint() {
    this.blank();
    const { value } = this.props; // null, or "" before anything was drawn
    if (value) this.context.drawImage(paintGrey(this.side, bytesOf(value)), 0, 0);
  }

  report() {
    this.reported = performance.now();
    const pixels = this.context.getImageData(0, 0, this.side, this.side).data;
    const bytes = pixels.filter((_, index) => index % 4 === 0);
    this.props.value = bytes.some(Boolean) ? base64Of(bytes) : null;
    this.trigger("input");
  }

  stroke(event) {
    const [down, right] = sharesAt(this.sheet.getBoundingClientRect(), event);
    const place = [right * this.side, down * this.side];
    this.context.beginPath();
    this.context.moveTo(...(this.last ?? place));
    this.context.lineTo(...place);
    this.context.stroke();
    this.last = place;
  }

  begin(event) {
    if (this.pen !== null || event.button !== 0) return;
    this.pen = event.pointerId;
    this.sheet.setPointerCapture(this.pen);
    this.last = null;
    this.stroke(event);
  }

  move(event) {
    if (event.pointerId !== this.pen) return;
    this.stroke(event);
    if (performance.now() - this.reported > PAUSE) this.report();
  }

  end(event) {
    if (event.pointerId !== this.pen) return;
    this.report();
    this.pen = this.last = null;
  }
}

export function mount(element, props, watch, trigger) {
  const host = element.querySelector(".sketch");
  const sketch = new Sketch(host, props, trigger);
  sketch.sheet.addEventListener("pointerdown", (event) => sketch.begin(event));
  sketch.sheet.addEventListener("pointermove", (event) => sketch.move(event));
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    sketch.sheet.addEventListener(end, (event) => sketch.end(event));
  }
  host.querySelector("button").addEventListener("click", () => {
    sketch.blank();
    sketch.report();
  });
  sketch.repaint();
}
