// A listening test: who rates, one clip after the other, the file that is saved.

const { sheet, scales, clips } = embedded("sheet");
const trouble = (text) => {
  byId("trouble").textContent = text;
  byId("trouble").hidden = false;
};
const store = new Store(sheet, () => trouble(
  "This browser keeps nothing of this page: save your ratings before you close it or load it again.",
));
const player = new Player({
  onChange: () => showPlayer(),
  onHeard: () => {
    byId("news").textContent = store.rating(clip().key).heard ? "" : "Heard to its end: you can rate it now.";
    store.change(clip().key, { heard: true });
    showClip();
  },
  onTrouble: () => trouble("This browser could not play the clip; try a current Firefox, Chrome, Edge or Safari."),
});
const form = new Form((scale, value) => rate({ [scale]: value }));
let order = [];

const position = () => store.mine.position;
const clip = () => clips[order[position()]];
const isRated = (rating) => scales.every((scale) => rating[scale.name]);
const isBegun = (rating) => scales.some((scale) => rating[scale.name]) || rating.comment.trim() !== "";
const ratedCount = () => clips.filter(({ key }) => isRated(store.rating(key))).length;

function rate(changes) {
  store.change(clip().key, { ...changes, rated_at: new Date().toISOString() });
  showProgress();
}

function begin(rater) {
  store.rater = rater;
  order = shuffled(clips.length, `${sheet} ${rater}`);
  form.ask(scales.map((scale) => (scale.choices ? { ...scale, choices: inOwnOrder(scale.choices, rater) } : scale)));
  if (!(position() < clips.length)) store.go(0);
  byId("start").hidden = true;
  byId("test").hidden = byId("bar").hidden = false;
  byId("who").textContent = rater;
  byId("clips").replaceChildren(...order.map((_, place) => element(
    "li", {}, element("button", { type: "button", onclick: () => go(place) }, String(place + 1)),
  )));
  load();
}

/** Return the answers of a list in an order of the rater's own, the last one, for who cannot tell, in its place. */
function inOwnOrder(choices, rater) {
  const [last] = choices.slice(-1);
  return [...shuffled(choices.length - 1, `${sheet} ${rater} answers`).map((number) => choices[number]), last];
}

function askWho() {
  player.stop();
  store.rater = null;
  byId("test").hidden = byId("bar").hidden = true;
  byId("start").hidden = false;
  byId("rater").value = "";
  byId("rater").focus({ preventScroll: true });
}

function go(place) {
  if (place < 0 || place >= clips.length) return;
  store.go(place);
  load();
  byId("title").focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

function load() {
  byId("news").textContent = "";
  player.load(clip().sound);
  showClip();
}

function goOn() {
  if (position() + 1 < clips.length) return go(position() + 1);
  const open = order.findIndex((number) => !isRated(store.rating(clips[number].key)));
  if (open >= 0) return go(open);
  byId("save").focus();
}

async function togglePlay() {
  if (player.playing) return player.stop();
  store.change(clip().key, { plays: store.rating(clip().key).plays + 1 });
  await player.play();
}

function showClip() {
  byId("title").textContent = `Clip ${position() + 1} of ${clips.length}`;
  form.show(store.rating(clip().key));
  byId("previous").disabled = position() === 0;
  showPlayer();
  showProgress();
}

function showPlayer() {
  if (!store.rater) return;
  const rating = store.rating(clip().key);
  const share = player.seconds ? player.played / player.seconds : 0;
  byId("play").classList.toggle("playing", player.playing);
  byId("ring").style.strokeDashoffset = String(100 - 100 * (player.playing ? share : 0));
  const name = player.playing ? "Stop" : rating.plays ? "Play again" : "Play";
  if (byId("play-name").textContent !== name) byId("play-name").textContent = name;
  byId("time").textContent = player.seconds ? `${clock(player.playing ? player.played : 0)} / ${clock(Math.ceil(player.seconds))}` : "";
  const times = rating.plays === 1 ? "Played once." : `Played ${rating.plays} times.`;
  const said = player.playing && clip().from ? passage() : rating.heard ? times
    : player.playing ? "Listening…" : "Listen to its end, then rate it.";
  if (byId("heard").textContent !== said) byId("heard").textContent = said;
}

/** Return which of a clip's two passages is heard. */
function passage() {
  return player.played < clip().from ? "First: as this speaker usually talks…" : "Now: the passage to judge…";
}

function showProgress() {
  const rated = ratedCount();
  const all = rated === clips.length;
  const said = `${rated} of ${clips.length} rated`;
  if (byId("done").textContent !== said) byId("done").textContent = said;
  byId("track").style.width = `${(100 * rated) / clips.length}%`;
  [...byId("clips").children].forEach((item, place) => {
    const rating = store.rating(clips[order[place]].key);
    const state = isRated(rating) ? "rated" : isBegun(rating) ? "in part" : "not rated";
    const button = item.firstChild;
    button.className = state.replace(" ", "-");
    button.setAttribute("aria-label", `Clip ${place + 1}, ${state}`);
    if (place === position()) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  });
  const begun = clips.filter(({ key }) => isBegun(store.rating(key))).length;
  byId("save").disabled = !begun;
  byId("save").classList.toggle("main", all);
  byId("next").classList.toggle("main", !all);
  const last = position() + 1 === clips.length;
  byId("next").textContent = last && !all ? "Next unrated clip" : "Next";
  byId("next").hidden = last && all;
  byId("finish").classList.toggle("all", all);
  byId("finish-title").textContent = all ? "All clips are rated" : "Save at any time";
  byId("finish-text").textContent = all
    ? "Save your ratings, and send the file to whoever asked you. Thank you!"
    : "The file has what is rated so far; you can go on, and save again later.";
}

function save() {
  const lines = order.map((number, place) => {
    const { key } = clips[number];
    return { ...store.rating(key), sheet, rater: store.rater, clip: key, position: place + 1 };
  }).filter(isBegun);
  const name = store.rater.normalize("NFKD").replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "") || "rater";
  const url = URL.createObjectURL(new Blob([csvFile(csvColumns(scales), lines)], { type: "text/csv;charset=utf-8" }));
  const link = element("a", { href: url, download: `ratings-${sheet}-${name}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  byId("finish-text").textContent =
    `Saved: ${link.download}, with ${lines.length} ${lines.length === 1 ? "clip" : "clips"}. Send it to whoever asked you.`;
}

function onKey(event) {
  const writes = event.target.closest("input:not([type=radio]), textarea");
  if (!store.rater || writes || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = form.focused;
  const heard = store.rating(clip().key).heard;
  const onControl = event.target.closest("button, summary, a");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const turn = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (event.key === " " && !onControl) {
    togglePlay();
  } else if (heard && /^[0-9]$/.test(event.key)) {
    const open = scales.findIndex((scale) => !store.rating(clip().key)[scale.name]);
    form.answer(at >= 0 ? at : Math.max(open, 0), Number(event.key) || 10);
  } else if (event.key === "Enter" && !onControl) {
    if (heard && at + 1 < scales.length) form.focus(at + 1);
    else if (heard) goOn();
  } else if (heard && step && (at >= 0 || step > 0)) {
    form.focus(Math.min(Math.max(at + step, 0), scales.length - 1));
  } else if (turn && at < 0) {
    go(position() + turn);
  } else {
    return;
  }
  event.preventDefault();
}

byId("start").addEventListener("submit", (event) => {
  event.preventDefault();
  const rater = byId("rater").value.trim();
  if (!rater) return;
  begin(rater);
  byId("title").focus({ preventScroll: true });
  scrollTo({ top: 0 });
});
byId("form").addEventListener("submit", (event) => event.preventDefault());
byId("play").addEventListener("click", togglePlay);
byId("comment").addEventListener("input", () => rate({ comment: byId("comment").value }));
byId("previous").addEventListener("click", () => go(position() - 1));
byId("next").addEventListener("click", goOn);
byId("save").addEventListener("click", save);
byId("other").addEventListener("click", askWho);
document.addEventListener("keydown", onKey);
window.addEventListener("beforeunload", (event) => {
  if (!store.works && store.rater) event.preventDefault();
});
if (store.rater && store.mine) begin(store.rater);
else askWho();
