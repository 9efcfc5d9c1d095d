// The waveform of a recording, coloured by who speaks, from peaks that were measured beforehand.

/** Return the peaks of a row: largest absolute sample of each fiftieth of a second, 0 to 255. */
function peaksOf(take) {
  return Uint8Array.from(atob(take.peaks), (character) => character.charCodeAt(0));
}

/** Draws a span of a recording on a canvas, and says which time was pointed at. */
class Wave {
  /** onSeek: is given a time in seconds. */
  constructor(take, peaks, kind, onSeek) {
    this.take = take;
    this.peaks = peaks;
    this.loudest = peaks.reduce((most, peak) => Math.max(most, peak), 1);
    this.span = [0, take.duration];
    this.time = 0;
    this.named = kind === "near";
    this.canvas = element("canvas", { class: `wave ${kind}` });
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      onSeek(this.timeAt(event));
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) onSeek(this.timeAt(event));
    });
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.canvas);
    this.theme = matchMedia("(prefers-color-scheme: dark)");
    this.repaint = () => this.draw();
    this.theme.addEventListener("change", this.repaint);
  }

  close() {
    this.watcher.disconnect();
    this.theme.removeEventListener("change", this.repaint);
  }

  show(time, span) {
    this.time = time;
    this.span = span;
    this.draw();
  }

  timeAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    return this.span[0] + share * (this.span[1] - this.span[0]);
  }

  draw() {
    const ratio = devicePixelRatio;
    const width = Math.round(this.canvas.clientWidth * ratio);
    const height = Math.round(this.canvas.clientHeight * ratio);
    if (width === 0) return;
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const canvas = this.canvas.getContext("2d");
    const [from, to] = this.span;
    const x = (time) => ((time - from) / (to - from)) * width;
    canvas.fillStyle = colour("raised");
    canvas.fillRect(0, 0, width, height);
    const { start, end } = this.take.evidence;
    if (start !== null && end !== null) {
      canvas.fillStyle = colour("mark");
      canvas.fillRect(x(start), 0, Math.max(x(end) - x(start), 2 * ratio), height);
    }
    const step = Math.max(Math.round(ratio), 1);
    const colours = { narrator: colour("narrator"), user: colour("user"), assistant: colour("assistant") };
    let turn = 0;
    const { turns, peaks_per_second: rate } = this.take;
    for (let left = 0; left < width; left += step) {
      const begin = from + (left / width) * (to - from);
      const finish = from + ((left + step) / width) * (to - from);
      while (turn < turns.length && turns[turn].end < begin) turn += 1;
      let peak = 0;
      for (let i = Math.floor(begin * rate); i < Math.max(finish * rate, Math.floor(begin * rate) + 1); i += 1) {
        peak = Math.max(peak, this.peaks[i] ?? 0);
      }
      const spoken = turn < turns.length && turns[turn].start <= finish;
      canvas.fillStyle = spoken ? colours[turns[turn].role] : colour("line");
      const tall = Math.max((peak / this.loudest) * height * 0.94, ratio);
      canvas.fillRect(left, (height - tall) / 2, step, tall);
    }
    this.drawAffect(canvas, x, height, colour);
    canvas.fillStyle = colour("ink");
    canvas.fillRect(Math.round(x(this.time)) - ratio, 0, 2 * ratio, height);
  }

  /** Draw a band at the foot: the emotions that recognisers found, each window in its colour, with its name if it fits. */
  drawAffect(canvas, x, height, colour) {
    const ratio = devicePixelRatio;
    const tall = (this.named ? 15 : 5) * ratio;
    canvas.font = `${11 * ratio}px system-ui, sans-serif`;
    canvas.textBaseline = "middle";
    for (const { start, end, category } of this.take.affect) {
      if (category === null || x(end) < 0) continue;
      const [left, wide] = [x(start), x(end) - x(start)];
      canvas.fillStyle = colour(`emotion-${colourOf(category)}`);
      canvas.fillRect(left, height - tall, Math.max(wide - ratio, ratio), tall);
      if (!this.named || canvas.measureText(category).width + 8 * ratio > wide) continue;
      canvas.fillStyle = colour("on-emotion");
      canvas.fillText(category, left + 4 * ratio, height - tall / 2);
    }
  }
}
