// Gradio's sign of waiting counts tenths of a second, in each frame. That of the page which loads goes on counting when it is
// gone (6.31), so that a page at rest would never be at rest: a tenth of a core, and the battery of a phone.
const PAUSE = 500; // ms between two counts
const COUNTING = /^\(\)=>\{[\w$]+\([\w$]+,\(performance\.now\(\)-[\w$]+\([\w$]+\)\)\/1e3\),[\w$]+&&[\w$]+\(\)\}$/; // as it is minified

// Whether that is what Gradio wants to do in the next frame.
export const isCounting = (draw) => COUNTING.test(String(draw));

// Runs before Gradio, which takes the function as it finds it.
export function slowCounting() {
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) => (isCounting(draw) ? window.setTimeout(() => ask(draw), PAUSE) : ask(draw));
}
