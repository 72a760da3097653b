// Pan and zoom of a picture in its room: a view is {x, y, scale}, in px of the room. d3-zoom would bring five more libraries,
// and take the wheel and the first finger for itself, which here scroll the page.

const [SMALLEST, LARGEST] = [0.1, 4];
const LITTLE = 5; // px of movement up to which a pointer presses what is under it

// The whole picture in its room, but not smaller than `least` nor larger than `most`.
export function fit(picture, room, least, most) {
  const scale = Math.max(Math.min(room.width / picture.width, room.height / picture.height, most), least);
  const middle = (side) => Math.max(0, (room[side] - picture[side] * scale) / 2);
  return { x: middle("width"), y: middle("height"), scale };
}

// The point (x, y) of the room stays where it is.
export function zoom(view, factor, x, y) {
  const scale = Math.min(LARGEST, Math.max(SMALLEST, view.scale * factor));
  return { x: x - ((x - view.x) * scale) / view.scale, y: y - ((y - view.y) * scale) / view.scale, scale };
}

// Then there is nothing to move, and a finger that runs over the picture scrolls the page.
export function isWhole(view, picture, room) {
  if (view.x < 0 || view.y < 0) return false;
  const [right, bottom] = [view.x + picture.width * view.scale, view.y + picture.height * view.scale];
  return right <= room.width + 1 && bottom <= room.height + 1;
}

// One pointer moves the picture, two zoom it; one that hardly moves presses what is under it.
class Pointers {
  down = new Map();
  moved = 0;

  constructor(svg, { onMove, onZoom }) {
    Object.assign(this, { svg, onMove, onZoom });
  }

  press(event) {
    if (event.button !== 0) return; // the right one opens the browser's menu
    this.down.set(event.pointerId, event);
    if (this.down.size === 1) this.moved = 0;
  }

  release(event) {
    this.down.delete(event.pointerId);
  }

  move(event) {
    const before = this.down.get(event.pointerId);
    if (!before) return;
    if (event.buttons === 0) return void this.release(event); // let go outside of the picture
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    this.moved += Math.abs(dx) + Math.abs(dy);
    if (this.moved > LITTLE) this.svg.setPointerCapture(event.pointerId);
    const other = [...this.down.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    this.down.set(event.pointerId, event);
    if (other) this.pinch(event, before, other);
    else this.onMove(dx, dy);
  }

  pinch(event, before, other) {
    const distance = (each) => Math.hypot(each.clientX - other.clientX, each.clientY - other.clientY);
    const [clientX, clientY] = [(event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2];
    this.zoomAt({ clientX, clientY }, distance(event) / (distance(before) || 1));
  }

  zoomAt({ clientX, clientY }, factor) {
    const box = this.svg.getBoundingClientRect();
    this.onZoom(factor, clientX - box.left, clientY - box.top);
  }

  turnWheel(event) {
    if (!event.ctrlKey) return; // a plain turn of the wheel scrolls the page
    event.preventDefault();
    this.zoomAt(event, event.deltaY < 0 ? 1.15 : 1 / 1.15);
  }
}

export function watchPointers(svg, { onMove, onZoom, onPress }) {
  const pointers = new Pointers(svg, { onMove, onZoom });
  svg.addEventListener("pointerdown", (event) => pointers.press(event));
  svg.addEventListener("pointermove", (event) => pointers.move(event));
  svg.addEventListener("pointerup", (event) => pointers.release(event));
  svg.addEventListener("pointercancel", (event) => pointers.release(event));
  svg.addEventListener("click", (event) => pointers.moved <= LITTLE && onPress(event.target));
  svg.addEventListener("wheel", (event) => pointers.turnWheel(event), { passive: false });
}
