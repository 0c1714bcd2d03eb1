// Playing at the video's own rate, by its presentation times: frames are dropped rather than shown late.

import { lastAt } from "./tracks.js";

export class Player {
  /**
   * @param {Float64Array} times  presentation time of every frame, seconds
   * @param {(frame: number) => void} show
   * @param {() => void} ended    the last frame was reached
   */
  constructor(times, show, ended) {
    this.times = times;
    this.show = show;
    this.ended = ended;
    this.speed = 1;
    this.playing = false;
    this.frame = 0;
    /** The clock's start, milliseconds, and the video's time then, seconds. */
    this.began = 0;
    this.from = 0;
    this.tick = this.tick.bind(this);
  }

  /** @param {number} frame  to begin at */
  play(frame) {
    if (!this.times.length) return;
    this.frame = frame >= this.times.length - 1 ? 0 : frame;
    this.began = performance.now();
    this.from = this.times[this.frame];
    if (this.playing) return;
    this.playing = true;
    requestAnimationFrame(this.tick);
  }

  pause() {
    this.playing = false;
  }

  /** @param {number} times  of real time */
  setSpeed(times) {
    this.speed = times;
    if (this.playing) this.play(this.frame);
  }

  /** @param {number} now  milliseconds */
  tick(now) {
    if (!this.playing) return;
    const time = this.from + (Math.max(0, now - this.began) / 1000) * this.speed;
    const frame = Math.max(this.frame, lastAt(this.times, time));
    if (frame !== this.frame) {
      this.frame = frame;
      this.show(frame);
    }
    if (frame < this.times.length - 1) requestAnimationFrame(this.tick);
    else {
      this.playing = false;
      this.ended();
    }
  }
}
