// The connection to the server: whether it is lost, and when it is tried again. One for the whole page.

const LONGEST_PAUSE = 30_000; // ms
const MOST_TRIES = 24; // in some ten minutes
const CALM = 20_000; // ms: after a shorter connection the pauses do not start at the shortest again

// ms before the next try. Thirty pages that lost a server at the same moment must not come back at the same moment.
export const pauseBefore = (tries, random) => Math.min(LONGEST_PAUSE, 500 * 2 ** tries) * (0.5 + random());

// The browser is not asked whether it is online: a server on this very machine answers all the same.
export class Connection {
  #returning = null; // while it is lost: kept when the server answers again
  #tries = 0;
  #backSince = -Infinity;
  #wake = null;

  // probe: whether the server answers now. tell: hears "lost", "given up" and "back".
  constructor(probe, tell, { random = Math.random, now = () => performance.now() } = {}) {
    Object.assign(this, { probe, tell, random, now });
  }

  // A caller without an answer waits for this before it asks again.
  back() {
    if (this.#returning) return this.#returning;
    this.#returning = this.#tryUntilBack().finally(() => (this.#returning = null));
    return this.#returning;
  }

  // Something speaks for trying at once.
  wake() {
    this.#wake?.();
  }

  async #tryUntilBack() {
    if (this.now() - this.#backSince > CALM) this.#tries = 0;
    do {
      if (this.#tries > 0) this.tell("lost"); // the first time nobody needs to know
      await this.#pause(pauseBefore(this.#tries, this.random));
      this.#tries += 1;
      if (this.#tries > MOST_TRIES) await this.#giveUp();
    } while (!(await this.probe()));
    this.#backSince = this.now();
    this.tell("back");
  }

  async #giveUp() {
    this.tell("given up");
    await this.#pause(null);
    this.tell("lost");
    this.#tries = 1;
  }

  // Ends after so many ms, or when it is woken; without a number only then.
  #pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = milliseconds === null ? null : setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    }).finally(() => (this.#wake = null));
  }
}
