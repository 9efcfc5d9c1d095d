// One clip at a time, played from its start to its end: no seeking, so that "heard" means heard.

class Player {
  constructor({ onChange, onHeard, onTrouble }) {
    this.audio = new Audio();
    this.onChange = onChange;
    this.url = null;
    this.audio.addEventListener("ended", () => { onHeard(); onChange(); });
    this.audio.addEventListener("loadedmetadata", onChange);
    this.audio.addEventListener("error", () => this.url && onTrouble());
    const follow = () => {
      onChange();
      if (this.playing) requestAnimationFrame(follow);
    };
    this.audio.addEventListener("play", follow);
    this.audio.addEventListener("pause", onChange);
    this.onTrouble = onTrouble;
  }

  get playing() { return !this.audio.paused && !this.audio.ended; }

  get seconds() { return Number.isFinite(this.audio.duration) ? this.audio.duration : 0; }

  get played() { return this.audio.currentTime; }

  /** Take another clip, a FLAC file in base64. */
  load(sound) {
    this.stop();
    if (this.url) URL.revokeObjectURL(this.url);
    const bytes = Uint8Array.from(atob(sound), (character) => character.charCodeAt(0));
    this.url = URL.createObjectURL(new Blob([bytes], { type: "audio/flac" }));
    this.audio.src = this.url;
  }

  async play() {
    this.audio.currentTime = 0;
    try {
      await this.audio.play();
    } catch (error) {
      if (error.name !== "AbortError") this.onTrouble(); // another clip was chosen before this one began
    }
  }

  stop() {
    this.audio.pause();
    this.audio.currentTime = 0;
    this.onChange();
  }
}
