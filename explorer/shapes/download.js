// Saves the picture that is shown, slabs or graph, as SVG or PNG; made in the page, nothing is sent anywhere.
const STYLES = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linejoin",
  "opacity", "font-family", "font-size", "font-weight", "text-anchor", "paint-order",
];
const MARGIN = 12; // px
const PNG_SCALE = 2;

// A copy that looks the same without the page's style sheet. Read from the original, written into the copy.
function standAlone(svg) {
  const copy = svg.cloneNode(true);
  const [originals, copies] = [svg, copy].map((root) => [root, ...root.querySelectorAll("*")]);
  originals.forEach((original, index) => {
    const style = getComputedStyle(original);
    for (const name of STYLES) copies[index].style.setProperty(name, style.getPropertyValue(name));
    for (const name of ["tabindex", "role", "class", "data-layers", "data-item"]) copies[index].removeAttribute(name);
  });
  return copy;
}

// The whole picture at its own size, whatever is zoomed or scrolled.
function framed(svg) {
  const copy = standAlone(svg);
  const box = svg.viewBox.baseVal;
  let [width, height] = [box.width, box.height];
  if (svg.classList.contains("graph")) {
    copy.firstElementChild.removeAttribute("transform");
    [width, height] = [Number(svg.dataset.width), Number(svg.dataset.height)];
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("viewBox", [-MARGIN, -MARGIN, width + 2 * MARGIN, height + 2 * MARGIN].join(" "));
  copy.setAttribute("width", width + 2 * MARGIN);
  copy.setAttribute("height", height + 2 * MARGIN);
  copy.removeAttribute("style");
  copy.style.setProperty("font-family", getComputedStyle(svg).fontFamily);
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const sizes = { x: -MARGIN, y: -MARGIN, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
  for (const [name, value] of Object.entries(sizes)) paper.setAttribute(name, value);
  paper.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
  copy.prepend(paper);
  const text = new XMLSerializer().serializeToString(copy);
  return { text, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
}

async function paint({ text, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  const scale = Math.min(PNG_SCALE, 8000 / width, 8000 / height);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Two buttons: [data-save="svg"] and [data-save="png"]; they save the picture of this page that is seen.
export function mount(element) {
  element.addEventListener("click", async (event) => {
    const kind = event.target.closest("[data-save]")?.dataset.save;
    const pictures = [...document.querySelectorAll("svg.flow, svg.graph")];
    const shown = pictures.find((svg) => svg.getClientRects().length > 0);
    if (!kind || !shown) return;
    const name = `${shown.classList.contains("graph") ? "graph" : "shapes"}.${kind}`;
    const picture = framed(shown);
    save(kind === "svg" ? new Blob([picture.text], { type: "image/svg+xml" }) : await paint(picture), name);
  });
}
