// One recording: its player, waveforms and transcript, which move together.

const NEAR_SECONDS = 20;
const MICROSECOND = 1e-6; // browsers cut off the rest of the time: at a word's first sample, they are before it
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];

/** A recording of a row on one side; two sides are heard against each other. */
class Take {
  /** source: of sound. onPlay: is called when it begins to play. */
  constructor(take, side, number, source, onPlay) {
    Object.assign(this, { take, side, number, source });
    const peaks = peaksOf(take);
    const seek = (time, play) => this.seek(time, play);
    const address = (time) => addressOf(take.id, time);
    this.audio = element("audio", { preload: "none" });
    this.whole = new Wave(take, peaks, "whole", seek);
    this.near = new Wave(take, peaks, "near", seek);
    this.transcript = new Transcript(take, seek, address);
    this.button = element("button", { type: "button", class: "main play", onclick: () => this.toggle() }, "Play");
    this.timer = element("span", { class: "time" });
    this.problem = element("p", { class: "problem small", role: "alert" });
    this.follow = element("input", { type: "checkbox", checked: true });
    this.slider();
    if (!source.sounds) {
      this.button.disabled = true;
      this.tell("This page has no sound: it was made without.");
    }
    this.loaded = null;
    this.wanted = 0;
    this.audio.addEventListener("play", () => {
      onPlay(this);
      this.tick();
    });
    for (const event of ["play", "pause", "ended"]) this.audio.addEventListener(event, () => this.showState());
    for (const event of ["seeked", "timeupdate"]) this.audio.addEventListener(event, () => this.show());
    this.audio.addEventListener("error", () => this.tell("this browser cannot play the recording"));
    this.node = element(
      "section", { class: "take", "aria-label": side === "a" ? "Recording" : "Recording in other voices" },
      element("div", { class: "player" }, this.controls(), this.whole.canvas, this.near.canvas, this.legend(), this.audio),
      this.problem,
      this.transcript.list,
    );
    this.show();
  }

  get time() {
    return this.loaded ? this.audio.currentTime + MICROSECOND : this.wanted;
  }

  get playing() {
    return !this.audio.paused && !this.audio.ended;
  }

  controls() {
    const speed = element(
      "select", { onchange: (event) => (this.audio.playbackRate = Number(event.target.value)) },
      SPEEDS.map((value) => element("option", { value, selected: value === 1 }, `${value} ×`)),
    );
    return element(
      "div", { class: "controls" },
      this.button, this.timer,
      element("label", {}, "Speed", speed),
      element("label", {}, this.follow, "Follow the words"),
    );
  }

  legend() {
    const voices = this.take.speakers.map((speaker) => element(
      "span", {},
      element("span", { class: `swatch ${speaker.role}` }), `${speaker.role}: ${speaker.voice}`,
    ));
    const evidence = this.take.evidence.start === null ? null
      : element("span", {}, element("span", { class: "swatch evidence" }), "evidence for the answer");
    const found = [...new Set(this.take.affect.map(({ category }) => category))].filter((category) => category !== null);
    const emotions = found.sort().map((category) => element(
      "span", {}, element("span", { class: `swatch emotion ${colourOf(category)}` }), `${category} (recognised)`,
    ));
    return element("div", { class: "legend" }, voices, evidence, emotions);
  }

  slider() {
    const canvas = this.whole.canvas;
    for (const [name, value] of Object.entries({
      role: "slider", tabindex: 0, "aria-label": "Position in the recording", "aria-valuemin": 0,
      "aria-valuemax": this.take.duration.toFixed(1),
    })) canvas.setAttribute(name, value);
    this.near.canvas.setAttribute("aria-hidden", "true");
  }

  async load() {
    if (this.loaded === null) {
      const address = await this.source.sound(this.side, this.number, this.take.type);
      if (address === null) {
        return false; // there is none on this page
      }
      this.audio.src = address;
      this.audio.preload = "auto";
      this.loaded = new Promise((resolve) => {
        this.audio.addEventListener("loadedmetadata", resolve, { once: true });
        this.audio.addEventListener("error", resolve, { once: true });
      });
      this.audio.load();
    }
    await this.loaded;
    return this.audio.error === null;
  }

  async seek(time, play = false) {
    const rate = this.take.sampling_rate;
    this.wanted = Math.min(Math.max(time, 0), this.take.duration - 1 / rate);
    const wanted = this.wanted;
    if (this.loaded === null) this.show();
    if (!(await this.load())) return;
    if (wanted === this.wanted) this.audio.currentTime = wanted; // not where another place was chosen meanwhile
    this.show();
    if (play) await this.play();
  }

  async play() {
    const fresh = this.loaded === null;
    if (!(await this.load())) return;
    if (fresh && this.wanted > 0) this.audio.currentTime = this.wanted;
    await this.audio.play().catch((error) => {
      if (error.name !== "AbortError") this.tell(error.message); // paused before it began
    });
  }

  pause() {
    this.audio.pause();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Go to the start of the turn before or after the time. */
  step(turns) {
    const starts = this.take.turns.map((turn) => turn.start);
    const ahead = starts.find((start) => start > this.time + 0.05);
    const behind = starts.findLast((start) => start < this.time - 0.6);
    this.seek((turns > 0 ? ahead : behind) ?? (turns > 0 ? this.take.duration : 0));
  }

  tick() {
    this.show();
    if (this.playing && this.node.isConnected) requestAnimationFrame(() => this.tick());
  }

  show() {
    const { time } = this;
    const half = NEAR_SECONDS / 2;
    const from = Math.max(Math.min(time - half, this.take.duration - NEAR_SECONDS), 0);
    this.whole.show(time, [0, this.take.duration]);
    this.near.show(time, [from, Math.min(from + NEAR_SECONDS, this.take.duration)]);
    this.transcript.show(time, this.follow.checked && this.playing);
    this.timer.textContent = `${clock(time, true)} of ${clock(this.take.duration, true)}`;
    const canvas = this.whole.canvas;
    canvas.setAttribute("aria-valuenow", time.toFixed(1));
    canvas.setAttribute("aria-valuetext", this.timer.textContent);
  }

  showState() {
    this.button.textContent = this.playing ? "Pause" : "Play";
    this.show();
  }

  tell(message) {
    this.problem.textContent = message;
  }

  close() {
    this.pause();
    this.audio.removeAttribute("src");
    this.whole.close();
    this.near.close();
  }
}
