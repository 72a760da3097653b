// Values of a map, from their codes to their colours.
import { bytesOf, parseColour } from "./drawing.js";

const SHADES = 511; // odd, so that 0 falls on the middle of a diverging scale

// The values of an encoded map, NaN where one was not finite. `codes` says what canvas.py makes of them.
export function decodeValues({ codes: encoded, low, high }, codes) {
  const bytes = bytesOf(encoded);
  return Float64Array.from(new Uint16Array(bytes.buffer), (code) =>
    code === codes.notFinite ? NaN : low + ((high - low) * code) / codes.steps,
  );
}

// A colour scale, stops of [position, "#rrggbb"], as SHADES triples.
export function shadesOf(stops) {
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

// Where the colour of a value begins among the shades.
export function shadeOf(value, limit, signed) {
  const position = signed ? (value / limit + 1) / 2 : value / limit;
  return 3 * Math.round(Math.min(1, Math.max(0, position)) * (SHADES - 1));
}

// Black or white, whichever reads better on that ground: both have a contrast of 4.6 at a relative luminance of 0.179.
export function inkOn(red, green, blue) {
  const [r, g, b] = [red, green, blue].map((value) => ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}

// How a cell with that value looks on a signed scale: its colour, and that of a number on it.
export function colourOf(stops, value, limit) {
  const shade = shadeOf(value, limit, true);
  const [red, green, blue] = shadesOf(stops).slice(shade, shade + 3);
  return { background: `rgb(${red}, ${green}, ${blue})`, ink: inkOn(red, green, blue) };
}
