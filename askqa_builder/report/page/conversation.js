// A row: what is asked, how it sounds, what should be said next.

/** The row that is open; in one take, or in two that are heard against each other. */
class Conversation {
  constructor(number, row, source, names) {
    this.number = number;
    this.id = row.takes[0].id;
    this.takes = row.takes.map((take, place) => new Take(
      take, "ab"[place], number, source, (playing) => this.onPlay(playing),
    ));
    this.current = this.takes[0];
    const first = row.takes[0];
    const named = names.length > 1;
    this.node = [
      element("h2", { dir: "auto", tabindex: -1 }, first.turns.at(-1)?.text ?? first.id),
      element("p", { class: "facts small" }, factsOf(first).map((fact) => element("span", {}, fact))),
      element(
        "div", { class: named ? "takes two" : "takes" },
        this.takes.map((take, place) => {
          if (named) take.node.prepend(element("h3", {}, element("span", { class: "side" }, "AB"[place]), ` ${names[place]}`));
          return take.node;
        }),
        named && row.takes.length === 1
          ? element("p", { class: "quiet" }, `${names[1]} has no such row.`) : null,
      ),
      nextOf(first),
      ...row.takes.map((take, place) => aboutOf(take, named ? names[place] : null)),
    ];
  }

  onPlay(playing) {
    this.current = playing;
    for (const take of this.takes) if (take !== playing) take.pause();
  }

  /** Play the same words in the other voices. */
  switchOver() {
    if (this.takes.length < 2) return;
    const { current: from } = this;
    const to = this.takes.find((take) => take !== from);
    to.seek(sameMoment(from.take, to.take, from.time), true);
  }

  close() {
    for (const take of this.takes) take.close();
  }
}

/** Return the time in one take at which the words are said that another says at `time`. */
function sameMoment(from, to, time) {
  const turn = from.turns.findLastIndex(({ start }) => start <= time);
  if (turn < 0 || turn >= to.turns.length) return 0;
  const share = Math.min((time - from.turns[turn].start) / (from.turns[turn].end - from.turns[turn].start), 1);
  const word = from.words.findLast(([of, start]) => of === turn && start <= time);
  const same = word && to.words.find(([of, , , start]) => of === turn && start === word[3]);
  return same ? same[1] : to.turns[turn].start + share * (to.turns[turn].end - to.turns[turn].start);
}

function factsOf(take) {
  const labels = { true: "ambiguous", false: "clear" };
  return [
    take.id, `${take.config}, ${take.split}`, take.source, labels[take.ambiguous] ?? "not labelled",
    clock(take.duration), take.license,
  ];
}

/** Show apart from what is heard what the assistant should say next, and how it may go on. */
function nextOf({ stage, response, clarifications }) {
  const [gold, ...others] = response.references;
  const does = { clarify: "ask back", answer: "answer" }[response.action] ?? response.action;
  const ways = clarifications.map(({ question, branches }) => [
    element("p", { dir: "auto" }, `If it asks: ${question}`),
    element("ul", {}, branches.map(({ reply, answers }) => element(
      "li", { dir: "auto" }, `the user says: ${reply}`, element("span", { class: "quiet" }, ` then it answers: ${answers.join(" / ")}`),
    ))),
  ]);
  return element(
    "aside", { class: "next", "aria-label": "What the assistant should say next" },
    element("p", { class: "quiet" }, `Not heard: the assistant should now ${does}`),
    element("p", { class: "gold", dir: "auto" }, gold ?? response.text),
    others.length ? [
      element("p", { class: "quiet" }, "also right"),
      element("ul", {}, others.map((text) => element("li", { dir: "auto" }, text))),
    ] : null,
    ways.length ? element(
      "details", { open: stage === "initial" },
      element("summary", {}, stage === "initial" ? "How it may go on" : "All ways this could have gone"),
      ways,
    ) : null,
  );
}

/** Show who speaks, as asked and as measured, and what was measured of the recording. */
function aboutOf(take, name) {
  const heads = ["Role", "Voice", "Engine", "Rate", "Words/min", "Pitch", "F0", "Loudness"];
  const figure = (value, digits, unit) => (value === null || value === undefined ? "unknown" : `${value.toFixed(digits)}${unit}`);
  const line = ({ role, voice, engine, requested, measured }) => [
    role, voice, engine, figure(requested.rate, 2, " ×"), figure(measured.words_per_minute, 0, ""),
    figure(requested.pitch, 1, " st"), figure(measured.f0, 0, " Hz"), figure(measured.loudness, 1, " LUFS"),
  ];
  const known = [...measuredOf(take.quality), ...Object.entries(take.channel).flatMap(([name, value]) => saidOf(name, value))];
  return element(
    "details", { class: "about" },
    element("summary", {}, name ? `Voices and measurements: ${name}` : "Voices and measurements"),
    element("div", { class: "scrolls" }, element(
      "table", {},
      element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, take.speakers.map((speaker) => element(
        "tr", {}, line(speaker).map((cell, place) => (place === 0
          ? element("th", { scope: "row" }, element("span", { class: `role ${cell}` }, cell))
          : element("td", {}, cell))),
      ))),
    )),
    known.length ? element("p", { class: "small quiet" }, known.join(" · ")) : null,
  );
}

/** Return what was measured of a recording, with its units. */
function measuredOf(quality) {
  const units = {
    peak_dbfs: ["peak", 1, " dBFS"], clipped_samples: ["clipped samples", 0, ""], longest_silence: ["longest silence", 2, " s"],
    speech_share: ["share of speech", 2, ""], snr_db: ["SNR", 1, " dB"],
  };
  return Object.entries(units)
    .filter(([name]) => typeof quality[name] === "number")
    .map(([name, [title, digits, unit]]) => `${title} ${quality[name].toFixed(digits)}${unit}`);
}

/** Return what is known of a part of the channel, in words; nothing where nothing is. */
function saidOf(name, value) {
  if (value === null || (Array.isArray(value) && value.length === 0)) return [];
  const title = name.replaceAll("_", " ");
  if (Array.isArray(value)) return [`${title}: ${value.join(", ")}`];
  if (typeof value === "object") return Object.entries(value).flatMap(([part, of]) => saidOf(`${title} of ${part}`, of));
  return [`${title}: ${typeof value === "number" ? Number(value.toPrecision(3)) : value}`];
}
