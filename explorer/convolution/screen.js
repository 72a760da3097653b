// What the main picture of the tab shows, for the sections below it.
import { build, isInView, wordsOf } from "./board.js";

let shown = null; // {picture, kernel, moves}: maps, filters and moves as arithmetic.js takes them
const listeners = new Set();

let isOutdated = false; // whether something is set above that cannot be computed
const marks = new Set(); // functions that say so in the sections

export const onScreen = () => shown;

// Whether it is of a setting from before.
export const isOfBefore = () => isOutdated;

// The main picture tells what it shows, each time that this changes.
export function tellScreen(setting) {
  shown = setting;
  listeners.forEach((listen) => listen(setting));
}

// Whether what it told last is still what is set.
export function tellOutdated(isOld) {
  isOutdated = isOld;
  marks.forEach((mark) => mark());
}

// Calls a function after each change of what the main picture shows, as soon as that place can be seen. Meanwhile what is there from
// before is dimmed, unless it does not follow just now. Returns what marks it again, for when `follows` may have changed.
export function followScreen(place, act, follows = () => true) {
  const line = build("p", "numbers waits", wordsOf(place).of_before);
  line.setAttribute("role", "status");
  place.prepend(line);
  const mark = () => {
    line.hidden = !(isOutdated && follows());
    place.classList.toggle("of-before", !line.hidden);
  };
  marks.add(mark);
  mark();
  let isOld = false;
  const follow = () => {
    if (!isOld || !isInView(place)) return;
    isOld = false;
    act();
  };
  listeners.add(() => {
    isOld = true;
    follow();
  });
  new ResizeObserver(follow).observe(place);
  return mark;
}
