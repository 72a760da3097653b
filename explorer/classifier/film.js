// The film of a training: all moments are in the page, so the slider needs no answer of the server. See film_figures.py.
import { showMaps } from "../page/canvas.js";

const PACE = 900; // ms from one moment to the next

// Which moment follows when the film plays; behind the last one it ends.
export const next = (place, count) => (place + 1 < count ? place + 1 : null);

// Playing begins at the start again when the end is shown.
export const startOf = (place, count) => (place + 1 < count ? place : 0);

class Film {
  place = 0;
  timer = null;
  shown = { value: null }; // what the maps show

  constructor(host, props) {
    this.props = props;
    this.host = host;
    [this.button, this.slider, this.line, this.bars] = ["button", "input", ".film-line", ".bars"].map((selector) =>
      host.querySelector(selector),
    );
    this.drawMaps = showMaps(host, this.shown);
    this.slider.addEventListener("input", () => {
      this.pause();
      this.show(Number(this.slider.value));
    });
    this.button.addEventListener("click", () => (this.timer ? this.pause() : this.play()));
    this.pause();
  }

  get moments() {
    return this.props.value?.moments ?? [];
  }

  // Another picture or another network: the moment stays.
  update() {
    const { length } = this.moments;
    this.host.hidden = length === 0;
    this.slider.max = Math.max(0, length - 1);
    if (length) this.show(this.slider.dataset.used ? Math.min(this.place, length - 1) : length - 1);
  }

  show(place) {
    const moment = this.moments[place];
    this.place = place;
    this.slider.value = place;
    this.slider.setAttribute("aria-valuetext", moment.name);
    this.line.innerHTML = moment.line;
    this.bars.innerHTML = moment.bars;
    this.shown.value = moment.pictures;
    this.drawMaps();
  }

  play() {
    this.show(startOf(this.place, this.moments.length));
    this.button.textContent = this.button.dataset.pause;
    this.timer = setInterval(() => this.goOn(), PACE);
  }

  goOn() {
    const place = this.host.isConnected ? next(this.place, this.moments.length) : null;
    if (place === null) this.pause();
    else this.show(place);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.slider.dataset.used = "yes";
    this.button.textContent = this.button.dataset.play;
  }
}

export function mount(element, props, watch) {
  const film = new Film(element.querySelector(".film"), props);
  delete film.slider.dataset.used; // at first the trained network is shown
  watch("value", () => film.update());
  film.update();
}
