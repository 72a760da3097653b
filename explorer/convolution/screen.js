// What the main picture of the tab shows, for the sections below it.
let shown = null; // {picture, kernel, moves}: maps, filters and moves as arithmetic.js takes them
const listeners = new Set();

export const onScreen = () => shown;

// The main picture tells what it shows, each time that this changes.
export function tellScreen(setting) {
  shown = setting;
  listeners.forEach((listen) => listen(setting));
}

// Calls a function after each change of what the main picture shows, as soon as that place can be seen.
export function followScreen(place, act) {
  let isOld = false;
  const follow = () => {
    if (!isOld || !place.isConnected || !place.clientWidth) return;
    isOld = false;
    act();
  };
  listeners.add(() => {
    isOld = true;
    follow();
  });
  new ResizeObserver(follow).observe(place);
}
