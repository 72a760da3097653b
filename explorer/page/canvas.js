// Draws what explorer/page/canvas.py sends: maps in a row that wraps, each on a canvas of its own.
(() => {
  const explorer = (window.cnnExplorer ??= {});

  const GAP = 20; // px between maps
  const LINE = 21; // px of a line of title or caption
  const LARGEST_CELL = 52; // px
  const NARROW = 600; // px of width below which maps may use more height
  const LEAST_FIGURE = 72; // px, so that a title above a tiny map does not break into single letters
  const NOT_FINITE = 65535;
  const STEPS = 65534;
  const SHADES = 511; // odd, so that 0 falls on the middle of a diverging scale
  const PAGES = { PageUp: -1, PageDown: 1 }; // keys that lead to another map
  explorer.isShortcut = (event) => event.altKey || event.ctrlKey || event.metaKey; // of the browser, such as Alt+Left
  explorer.ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }; // rows, columns

  // Draw again at each zoom of the page, or on a monitor of another kind: a canvas has the pixels of one ratio.
  explorer.watchRatio = (draw) => {
    const ratio = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`); // true until it changes
    const onChange = () => {
      draw();
      explorer.watchRatio(draw);
    };
    ratio.addEventListener("change", onChange, { once: true });
  };

  // ---- values and colours -------------------------------------------------------------------------------------

  function decode(encoded) {
    const bytes = Uint8Array.from(atob(encoded.codes), (letter) => letter.charCodeAt(0));
    return new Uint16Array(bytes.buffer);
  }

  function valueOf(map, code) {
    return code === NOT_FINITE ? NaN : map.low + ((map.high - map.low) * code) / STEPS;
  }

  function parseColour(hex) {
    return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
  }

  // A colour scale, stops of [position, "#rrggbb"], as SHADES triples.
  function shadesOf(stops) {
    const shades = new Uint8ClampedArray(SHADES * 3);
    for (let shade = 0; shade < SHADES; shade++) {
      const position = shade / (SHADES - 1);
      const next = Math.max(1, stops.findIndex(([stop]) => stop >= position));
      const [[from, first], [to, second]] = [stops[next - 1], stops[next]];
      const share = (position - from) / (to - from);
      const [a, b] = [parseColour(first), parseColour(second)];
      for (let channel = 0; channel < 3; channel++) {
        shades[shade * 3 + channel] = a[channel] + (b[channel] - a[channel]) * share;
      }
    }
    return shades;
  }

  function shadeOf(value, limit, signed) {
    const position = signed ? (value / limit + 1) / 2 : value / limit;
    return Math.round(Math.min(1, Math.max(0, position)) * (SHADES - 1));
  }

  // The map at one pixel a cell. `fading` makes it as opaque as its values are great.
  function paintPixels(map, codes, shades, signed, fading) {
    const canvas = document.createElement("canvas");
    canvas.width = map.columns;
    canvas.height = map.rows;
    const context = canvas.getContext("2d");
    const image = context.createImageData(map.columns, map.rows);
    for (let index = 0; index < codes.length; index++) {
      const value = valueOf(map, codes[index]);
      const known = !Number.isNaN(value);
      const shade = 3 * shadeOf(known ? value : 0, map.limit, signed);
      for (let channel = 0; channel < 3; channel++) {
        image.data[4 * index + channel] = known ? shades[shade + channel] : 150;
      }
      const strength = Math.min(1, Math.abs(value) / map.limit);
      image.data[4 * index + 3] = fading ? (known ? 235 * strength ** 0.7 : 0) : 255;
    }
    context.putImageData(image, 0, 0);
    return canvas;
  }

  // Black or white, whichever reads better on that ground: both have a contrast of 4.6 at a relative luminance of 0.179.
  function inkOn(red, green, blue) {
    const [r, g, b] = [red, green, blue].map((value) => ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
  }

  // How a cell with that value looks on a signed scale: its colour, and that of a number on it.
  explorer.colourOf = (stops, value, limit) => {
    const shade = 3 * shadeOf(value, limit, true);
    const [red, green, blue] = shadesOf(stops).slice(shade, shade + 3);
    return { background: `rgb(${red}, ${green}, ${blue})`, ink: inkOn(red, green, blue) };
  };

  // ---- layout -------------------------------------------------------------------------------------------------

  const ruler = document.createElement("canvas").getContext("2d");

  function linesOf(text, width) {
    if (!text) return 0;
    ruler.font = "500 15px system-ui, sans-serif";
    return Math.ceil(ruler.measureText(text).width / width);
  }

  function figureWidth(map, cell) {
    return Math.max(map.columns * cell, map.title || map.caption ? LEAST_FIGURE : 0);
  }

  function figureHeight(map, cell) {
    const width = figureWidth(map, cell);
    return map.rows * cell + LINE * (linesOf(map.title, width) + linesOf(map.caption, width)) + 8;
  }

  // Height of all maps laid out in rows with these cell sizes; Infinity where one row is too wide.
  function heightOf(maps, cells, columns, width) {
    let [height, x, rowHeight, inRow] = [0, 0, 0, 0];
    maps.forEach((map, index) => {
      const needed = figureWidth(map, cells[index]);
      const wraps = inRow > 0 && (columns ? inRow === columns : x + needed > width);
      if (wraps) {
        height += rowHeight + GAP / 2;
        [x, rowHeight, inRow] = [0, 0, 0];
      }
      if (x + needed > width + 0.5) height = Infinity;
      x += needed + GAP;
      rowHeight = Math.max(rowHeight, figureHeight(map, cells[index]));
      inRow += 1;
    });
    return height + rowHeight;
  }

  const longestSide = (map) => Math.max(map.rows, map.columns);

  function cellsFor(payload, pixels) {
    if (payload.equalCells) return payload.maps.map((map) => Math.max(pixels, map.leastCell ?? 0));
    const longest = Math.max(...payload.maps.map(longestSide));
    return payload.maps.map((map) => (pixels * longest) / longestSide(map));
  }

  // The greatest cell, in whole device pixels, with which everything fits.
  function bestCells(payload, columns, width, maxHeight, ratio) {
    const largest = Math.floor(Math.min(payload.cell ?? LARGEST_CELL, LARGEST_CELL * 4) * ratio);
    for (let pixels = Math.max(1, largest); pixels > 1; pixels--) {
      const cells = cellsFor(payload, pixels / ratio);
      if (heightOf(payload.maps, cells, columns, width) <= maxHeight) return cells;
    }
    const widest = Math.max(...payload.maps.map(payload.equalCells ? (map) => map.columns : longestSide));
    return cellsFor(payload, Math.min(1 / ratio, width / widest));
  }

  function layOut(payload, width, ratio) {
    const narrow = width < NARROW;
    const maxHeight = payload.maxHeight * (narrow ? 1.6 : 1);
    let best = { columns: payload.columns, cells: bestCells(payload, payload.columns, width, maxHeight, ratio) };
    for (let columns = payload.columns; narrow && columns > 1; ) {
      columns = Math.ceil(columns / 2);
      const cells = bestCells(payload, columns, width, maxHeight, ratio);
      if (cells[0] > best.cells[0]) best = { columns, cells };
    }
    return best;
  }

  // ---- drawing ------------------------------------------------------------------------------------------------

  function drawGrid(context, map, cell, ratio) {
    context.strokeStyle = "rgba(110, 120, 135, 0.35)";
    context.lineWidth = Math.max(1, Math.round(ratio));
    context.beginPath();
    for (let row = 1; row < map.rows; row++) {
      context.moveTo(0, Math.round(row * cell));
      context.lineTo(map.columns * cell, Math.round(row * cell));
    }
    for (let column = 1; column < map.columns; column++) {
      context.moveTo(Math.round(column * cell), 0);
      context.lineTo(Math.round(column * cell), map.rows * cell);
    }
    context.stroke();
  }

  function drawNumbers(context, map, codes, shades, signed, cell, ratio) {
    context.font = "500 100px system-ui, sans-serif";
    const longest = Math.max(...map.numbers.flat().map((number) => context.measureText(number).width));
    const size = Math.min(0.44 * cell, (92 * cell) / longest);
    if (size < 8 * ratio) return; // nobody could read them; the pointer still does
    context.font = `500 ${size}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    map.numbers.forEach((numbers, row) =>
      numbers.forEach((number, column) => {
        const value = valueOf(map, codes[row * map.columns + column]);
        const shade = 3 * shadeOf(Number.isNaN(value) ? 0 : value, map.limit, signed);
        context.fillStyle = inkOn(shades[shade], shades[shade + 1], shades[shade + 2]);
        context.fillText(number, (column + 0.5) * cell, (row + 0.54) * cell);
      }),
    );
  }

  // A white edge under the colour keeps an outline visible on any map.
  function strokeTwice(context, colour, thickness, trace) {
    for (const [style, width] of [["rgba(255, 255, 255, 0.9)", thickness + 2], [colour, thickness]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.beginPath();
      trace();
      context.stroke();
    }
  }

  function drawMap(canvas, map, codes, shades, cell, ratio) {
    const signed = map.scale === "signed";
    const size = cell * ratio; // device pixels
    canvas.width = Math.max(1, Math.round(map.columns * size));
    canvas.height = Math.max(1, Math.round(map.rows * size));
    canvas.style.width = `${canvas.width / ratio}px`;
    canvas.style.height = `${canvas.height / ratio}px`;
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = size < 1;
    context.drawImage(paintPixels(map, codes, shades[map.scale], signed, false), 0, 0, canvas.width, canvas.height);
    if (map.overlay) {
      const over = paintPixels(map.overlay, decode(map.overlay), shades.signed, true, true);
      context.drawImage(over, 0, 0, canvas.width, canvas.height);
    }
    if (cell >= 14) drawGrid(context, map, size, ratio);
    if (map.numbers) drawNumbers(context, map, codes, shades[map.scale], signed, size, ratio);
    const thickness = Math.max(2, Math.min(4, cell / 8)) * ratio;
    for (const [top, left, bottom, right, colour] of map.boxes) {
      const inset = thickness / 2;
      strokeTwice(context, colour, thickness, () =>
        context.rect(
          Math.max(inset, left * size), Math.max(inset, top * size),
          Math.min(canvas.width - inset, right * size) - Math.max(inset, left * size),
          Math.min(canvas.height - inset, bottom * size) - Math.max(inset, top * size),
        ),
      );
    }
    for (const [top, left, bottom, right, colour] of map.lines) {
      strokeTwice(context, colour, thickness / 2, () => {
        context.moveTo(left * size, top * size);
        context.lineTo(right * size, bottom * size);
      });
    }
  }

  // ---- reading values -----------------------------------------------------------------------------------------

  function formatValue(value, map) {
    if (Number.isNaN(value)) return "—";
    const step = (map.high - map.low) / STEPS;
    if (Math.abs(value) <= step) return "0";
    const known = step > 0 ? Math.floor(Math.log10(Math.abs(value) / step)) : 4; // digits that the codes carry
    return String(Number(value.toPrecision(Math.min(4, Math.max(1, known))))).replace("-", "−");
  }

  function describe(map, codes, row, column) {
    const words = document.getElementById("page-words")?.dataset.cell ?? "({row}, {column}): {value}";
    let value = map.numbers?.[row]?.[column] ?? formatValue(valueOf(map, codes[row * map.columns + column]), map);
    if (map.overlay) {
      const over = map.overlay;
      const [y, x] = [Math.floor((row * over.rows) / map.rows), Math.floor((column * over.columns) / map.columns)];
      value += ` · ${formatValue(valueOf(over, decode(over)[y * over.columns + x]), over)}`;
    }
    return words.replace("{row}", row).replace("{column}", column).replace("{value}", value);
  }

  function cellAt(canvas, map, event) {
    const box = canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * map.rows);
    const column = Math.floor(((event.clientX - box.left) / box.width) * map.columns);
    return row >= 0 && column >= 0 && row < map.rows && column < map.columns ? { row, column } : null;
  }

  // ---- the component ------------------------------------------------------------------------------------------

  function buildFigure(host) {
    const figure = document.createElement("figure");
    const [title, canvas, caption] = ["figcaption", "canvas", "p"].map((tag) => document.createElement(tag));
    title.className = "map-title";
    caption.className = "map-caption";
    figure.append(title, canvas, caption);
    host.append(figure);
    return { figure, title, canvas, caption };
  }

  // What a reader does in a wing where one thing builds on another is told in order and kept until the server has heard
  // of it: the value "WING.actions" holds all that it has not.
  const unheard = {}; // wing -> [{number, ...}]
  let numActs = 0;

  explorer.act = (wing, action) => {
    unheard[wing] = [...(unheard[wing] ?? []), { ...action, number: ++numActs }];
    explorer.setValue(`${wing}.actions`, unheard[wing]);
  };

  explorer.heard = (wing, number) => {
    unheard[wing] = (unheard[wing] ?? []).filter((action) => action.number > number);
  };

  // Called by each gr.HTML of explorer/page/canvas.py once it is in the page; draws anew when its value changes.
  explorer.mountMaps = (element, props, watch, { wing, taker }) => {
    const host = element.querySelector(".maps");
    const readout = document.createElement("div");
    readout.className = "map-readout";
    readout.hidden = true;
    const isClickable = Boolean(wing || taker);
    host.setAttribute("role", isClickable ? "group" : "img");
    host.classList.toggle("clickable", isClickable);
    let figures = [];
    let drawn = [];
    let drawnWidth = 0;
    let pointed = null; // {index, event}: where the pointer is, so that a new value is read out at once
    let wanted = null; // {index, row, column}: where arrow keys have moved to since the last answer

    function draw() {
      // Gradio changes an object that is streamed in place, which nobody notices; so a stream sends text.
      const payload = typeof props.value === "string" ? JSON.parse(props.value || "null") : props.value;
      const width = host.clientWidth;
      if (!payload?.maps) {
        clear(); // what was drawn belongs to something else
        return;
      }
      if (width === 0) return;
      drawnWidth = width;
      const ratio = window.devicePixelRatio || 1;
      const { columns, cells } = layOut(payload, width, ratio);
      const shades = Object.fromEntries(Object.entries(payload.scales).map(([name, stops]) => [name, shadesOf(stops)]));
      host.setAttribute("aria-label", payload.label);
      while (figures.length > payload.maps.length) figures.pop().figure.remove();
      while (figures.length < payload.maps.length) figures.push(buildFigure(host));
      host.append(readout);
      drawn = payload.maps.map((map) => ({ map, codes: decode(map) }));
      if (wanted && isInBox(wanted)) wanted = null;
      drawn.forEach(({ map, codes }, index) => {
        const { figure, title, canvas, caption } = figures[index];
        figure.style.width = `${figureWidth(map, cells[index])}px`;
        figure.classList.toggle("new-row", Boolean(columns && index && index % columns === 0));
        title.textContent = map.title;
        caption.textContent = map.caption;
        drawMap(canvas, map, codes, shades, cells[index], ratio);
      });
      if (isClickable) makeReachable(payload);
      breakRows(columns);
      if (pointed) read(pointed.index, pointed.event);
    }

    // The keyboard comes to the map on which something is chosen, or to the first.
    function makeReachable({ maps, label }) {
      const chosen = Math.max(0, maps.findIndex(({ boxes }) => boxes.length > 0));
      figures.forEach(({ canvas }, index) => {
        canvas.tabIndex = index === chosen ? 0 : -1;
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", maps[index].title || (maps.length > 1 ? `${label} (${index + 1})` : label));
        if (maps.length > 1) canvas.setAttribute("aria-keyshortcuts", Object.keys(PAGES).join(" "));
      });
    }

    const boxOf = (index) => drawn[index]?.map.boxes[0] ?? [0, 0, 0, 0];

    function isInBox({ index, row, column }) {
      const [top, left, bottom, end] = boxOf(index);
      return row >= top && row < bottom && column >= left && column < end;
    }

    // What lies beside the chosen box of a map, or beside what was last asked for; null where there is nothing.
    function besideBox(index, [down, right]) {
      const { map, codes } = drawn[index];
      const [top, left, bottom, end] = boxOf(index);
      const isAsked = wanted?.index === index;
      const [y, x] = isAsked ? [wanted.row, wanted.column] : [(top + bottom) / 2, (left + end) / 2];
      const row = Math.floor(y + down * (bottom - top));
      const column = Math.floor(x + right * (end - left));
      const isInside = row >= 0 && column >= 0 && row < map.rows && column < map.columns;
      return isInside && codes[row * map.columns + column] !== NOT_FINITE ? { row, column } : null;
    }

    // The same place on the map before or after this one, which gets the keyboard; null where there is none.
    function onOtherMap(index, step) {
      const to = index + step;
      if (!drawn[to]) return null;
      figures[index].canvas.tabIndex = -1;
      figures[to].canvas.tabIndex = 0;
      figures[to].canvas.focus();
      const [top, left] = wanted?.index === index ? [wanted.row, wanted.column] : boxOf(index);
      const { rows, columns } = drawn[to].map;
      return { index: to, row: Math.min(rows - 1, Math.floor(top)), column: Math.min(columns - 1, Math.floor(left)) };
    }

    function clear() {
      host.replaceChildren();
      host.removeAttribute("aria-label");
      [figures, drawn, drawnWidth, pointed, wanted] = [[], [], 0, null, null];
    }

    // Flex items wrap by width alone; an empty full-width item starts the next row where `columns` says so.
    function breakRows(columns) {
      host.querySelectorAll(":scope > .row-break").forEach((rowBreak) => rowBreak.remove());
      for (let index = columns; columns && index < figures.length; index += columns) {
        const rowBreak = document.createElement("i");
        rowBreak.className = "row-break";
        figures[index].figure.before(rowBreak);
      }
    }

    function read(index, event) {
      const { map, codes } = drawn[index] ?? {};
      const cell = map && cellAt(figures[index].canvas, map, event);
      readout.hidden = !cell;
      if (!cell) return;
      readout.textContent = describe(map, codes, cell.row, cell.column);
      const box = host.getBoundingClientRect();
      const x = Math.min(event.clientX - box.left + 14, box.width - readout.offsetWidth);
      readout.style.transform = `translate(${Math.max(0, x)}px, ${event.clientY - box.top + 18}px)`;
    }

    const indexOf = (event) => figures.findIndex(({ canvas }) => canvas === event.target);
    const point = (event) => {
      const index = indexOf(event);
      pointed = index < 0 ? null : { index, event };
      if (pointed) read(index, event);
      else readout.hidden = true;
    };
    host.addEventListener("pointermove", point);
    host.addEventListener("pointerdown", point);
    host.addEventListener("pointerleave", () => {
      pointed = null;
      readout.hidden = true;
    });
    if (isClickable) {
      const act = (values) => explorer.act(wing, { action: "unit", ...values });
      const take = (values) => explorer[taker](props.value, values);
      const press = (index, cell) => cell && (taker ? take : act)({ map: index, ...cell });
      host.addEventListener("click", (event) => {
        const index = indexOf(event);
        wanted = null;
        if (index >= 0) press(index, cellAt(event.target, drawn[index].map, event));
      });
      host.addEventListener("keydown", (event) => {
        const index = indexOf(event);
        const [arrow, page] = [explorer.ARROWS[event.key], PAGES[event.key]];
        if (index < 0 || !(arrow || (page && drawn.length > 1)) || explorer.isShortcut(event)) return;
        event.preventDefault();
        const cell = arrow ? besideBox(index, arrow) : onOtherMap(index, page);
        if (!cell) return;
        wanted = { index, ...cell };
        press(wanted.index, { row: wanted.row, column: wanted.column });
      });
    }

    watch("value", draw);
    // Fires at first, when the width changes, and when the tab that holds it is shown.
    new ResizeObserver(() => host.clientWidth !== drawnWidth && draw()).observe(host);
    explorer.watchRatio(draw);
    draw();
  };
})();
