// The drawing pad of explorer/images.py: the brush is in hand as soon as the pad is in the page.
(() => {
  const TOOLS = ".toolbar-wrap-wrap button"; // the first one is the brush
  const PATIENCE = 400; // ms that the pad needs after its tools show

  function pickBrush(pad) {
    if (!pad.querySelector("canvas") || !pad.querySelector(TOOLS)) return;
    pad.dataset.brush = "picked";
    setTimeout(() => pad.querySelector(TOOLS)?.click(), PATIENCE);
  }

  new MutationObserver(() => document.querySelectorAll(".sketchpad:not([data-brush])").forEach(pickBrush)).observe(
    document.documentElement,
    { childList: true, subtree: true },
  );
})();
