// One dialogue: what was heard and said, what the user means, what it is worth.

const LONG = 2000; // characters from which on a text scrolls by itself

const ENDINGS = {
  answered: "The last response is no clarifying question.",
  max_rounds: "It still asks after as many responses as there may be.",
  broken_off: "It was broken off.",
  failed: "It failed, and has no scores; the same command tries it again.",
  not_applicable: "The control has nothing to say here; it has no scores.",
};

const SCORE_NAMES = { f1: "F1", exact: "exact match", containment: "containment", rouge_l: "ROUGE-L", cosine: "cosine" };

const BEFORE = { narrator: "Narrator", user: "User", assistant: "Assistant, in the dataset" };

/** Return the nodes that show a dialogue. */
function shownDialogue(of) {
  return [
    element("h2", { dir: "auto" }, excerpt(of.request) || "(an empty request)"),
    element("p", { class: "facts small" }, factsOf(of).map((fact) => element("span", {}, fact))),
    readings(of),
    element(
      "ol", { class: "chat" },
      storyOf(of),
      of.history.map(({ role, text }) => turn(`${role} before`, BEFORE[role], [], text)),
      turn("user", "User", of.history.length > 0 ? ["the request"] : [], of.request),
      of.rounds.flatMap((round, place) => roundOf(of, round, place)),
    ),
    element(
      "p", { class: of.ending === "answered" ? "ending quiet" : "ending problem" },
      [ENDINGS[of.ending], of.failure].filter(Boolean).join(" "),
    ),
    meant(of),
    worth(of),
    judged(of.judgement),
  ].filter(Boolean);
}

function factsOf(of) {
  const voices = Object.entries(of.speakers).map(([role, voice]) => `${role} ${voice}`).join(", ");
  return [
    of.gold === null ? "gold action not known" : `gold: ${of.gold}`,
    of.conflict ? "label conflict" : null,
    of.contrast ? "in a contrast pair" : null,
    of.source, `story ${of.story}`, voices, of.id,
  ].filter(Boolean);
}

/** Return links to the dialogues of users who mean something else by the same request. */
function readings(of) {
  if (of.readings.length === 0) return null;
  const one = (other) => {
    const current = other.id === of.id;
    return element("a", { href: addressOf(other.id), "aria-current": current ? "page" : null },
      `reading ${other.branch + 1}${current ? " (this one)" : ""}`);
  };
  return element("nav", { class: "beside small", "aria-label": "Readings of this request" }, of.readings.map(one));
}

function roundOf(of, round, place) {
  const action = round.action === "clarify" ? "asks" : "answers";
  const right = place > 0 || of.gold === null ? null : round.action === of.gold ? "right" : "wrong";
  const others = Object.entries(round.actions).filter(([, said]) => said !== round.action);
  const head = [
    right === null ? action : `${action}: ${right}`,
    round.unfit === null ? null : `no fitting response: ${round.unfit}`,
    round.left_out === null ? null : "an annotator's words, scored against the others'",
    `${round.seconds.toFixed(2)} s`,
    ...others.map(([name, said]) => `${name} says: ${said === "clarify" ? "asks" : "answers"}`),
  ].filter(Boolean);
  return [
    round.recording === null ? null : heardBefore(round.recording, place + 1),
    turn("assistant", "Model", head, round.response),
    round.reply === null ? null : turn("user", "Simulated user", [], round.reply),
  ].filter(Boolean);
}

/** Return the story, folded: it is long, and shared with other dialogues. */
function storyOf(of) {
  if (of.told === null) return null;
  const text = embedded(`story-${of.told}`);
  return element(
    "li", { class: "story" },
    element(
      "details", {},
      element("summary", {}, `Story, ${text.split(/\s+/).filter(Boolean).length} words`),
      element("p", { class: "text", dir: "auto" }, text),
    ),
  );
}

function turn(role, name, head, text) {
  const long = text.length > LONG;
  return element(
    "li", { class: role },
    element(
      "div", { class: "head" },
      element("span", { class: `role ${role.split(" ")[0]}` }, name), head.map((fact) => element("span", {}, fact)),
    ),
    element(
      "p",
      {
        class: long ? "text long" : "text", dir: "auto", tabindex: long ? 0 : null,
        role: long ? "region" : null, "aria-label": long ? `${name}, ${text.length} characters` : null,
      },
      text || element("span", { class: "quiet" }, "(nothing)"),
    ),
  );
}

/** Return the player of what the model could hear before a response. */
function heardBefore(address, number) {
  const name = `Heard before response ${number}`;
  const audio = element("audio", { controls: true, preload: "metadata", src: address, "aria-label": name });
  const item = element("li", { class: "heard" }, name, audio);
  audio.addEventListener("play", () => {
    for (const other of document.querySelectorAll(".chat audio")) if (other !== audio) other.pause();
  });
  audio.addEventListener("error", () => {
    audio.replaceWith(element("span", { class: "problem" }, `: ${address} cannot be played; is it beside this page?`));
  });
  return item;
}

function meant(of) {
  const { question, reply, references } = of.intent;
  const said = (term, ...texts) => element(
    "div", {}, element("dt", {}, term), texts.map((text) => element("dd", { dir: "auto" }, text)),
  );
  return element(
    "section", { class: "next", "aria-labelledby": "meant" },
    element("h3", { id: "meant" }, "What the user means"),
    element(
      "dl", {},
      question === null ? null : said("An annotator asked", question),
      reply === null ? null : said("The user who means this replied", reply),
      references.length > 0 ? said("Right answers", ...references) : said("Right answers", "none are known"),
      of.questions.length > 0 ? said("Clarifying questions of all annotators", ...of.questions) : null,
    ),
  );
}

function worth(of) {
  const levels = Object.entries(of.scores).filter(([, scores]) => scores !== null);
  if (levels.length === 0) return null;
  const names = Object.keys(levels[0][1]);
  return element(
    "div", { class: "scores scrolls" },
    element(
      "table", {},
      element("caption", {}, "Scores, %"),
      element("thead", {}, element(
        "tr", {}, element("th", { scope: "col" }, "Level"),
        names.map((name) => element("th", { scope: "col", class: "number" }, SCORE_NAMES[name])),
      )),
      element("tbody", {}, levels.map(([level, scores]) => element(
        "tr", {}, element("th", { scope: "row" }, level),
        names.map((name) => element("td", { class: "number" }, percent(scores[name]))),
      ))),
    ),
  );
}

function judged(judgement) {
  if (judgement === null) return null;
  return element(
    "section", { class: "judgement", "aria-labelledby": "judged" },
    element("h3", { id: "judged" }, `The judge: ${judgement.rating} of 5`),
    element("p", { dir: "auto" }, judgement.explanation),
  );
}

function excerpt(text) {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
