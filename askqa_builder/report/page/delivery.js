// How a turn is said: its style as numbers, emotions that were asked for or recognised, what was measured.

const CATEGORIES = ["angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised", "unknown"];

/** Return what is known of how a turn is said, as lines; nothing where nothing is. */
function deliveryOf({ style, emotion, measured }) {
  const lines = [styleLine(style, emotion), emotionLine(emotion), measuredLine(measured)].filter(Boolean);
  return lines.length ? element("div", { class: "delivery" }, lines) : null;
}

function styleLine(style, emotion) {
  if (!style || style.name === null) return null;
  const congruent = { true: "suits it", false: "does not suit it" }[emotion?.congruent];
  const words = style.text_label === null ? null
    : `words alone: ${style.text_label}${congruent ? `, which the style ${congruent.replace(" it", "")}` : ""}`;
  return labelled("style", style.name, [
    style.native ? "spoken by the engine" : changesOf(style) || "nothing changed",
    style.draw === null ? null : `drawn ${style.draw === "independent" ? "independently of the words" : `to be ${style.draw} with the words`}`,
    words,
  ]);
}

/** Return what a signal processor changed, without what it left. */
function changesOf({ pitch, pitch_range: range, rate, loudness, pauses }) {
  const signed = (value, digits) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
  return [
    pitch ? `pitch ${signed(pitch, 1)} st` : null,
    range !== null && range !== 1 ? `pitch range × ${range.toFixed(2)}` : null,
    rate !== null && rate !== 1 ? `rate × ${rate.toFixed(2)}` : null,
    loudness ? `${signed(loudness, 1)} dB` : null,
    pauses !== null && pauses !== 1 ? `pauses × ${pauses.toFixed(2)}` : null,
  ].filter(Boolean).join(", ");
}

function emotionLine(emotion) {
  const intended = affectOf(emotion?.intended);
  const recognised = affectOf(emotion?.recognised);
  if (!intended && !recognised) return null;
  const agreement = emotion.recognised?.agreement;
  const agreed = typeof agreement === "number" ? `${(100 * agreement).toFixed(0)} % agreement` : null;
  return [
    intended ? labelled("emotion asked for", intended.name, intended.facts) : null,
    recognised ? labelled("emotion recognised", recognised.name, [...recognised.facts, agreed]) : null,
  ];
}

/** Return an emotion's name and dimensions; null where nothing is known. */
function affectOf(affect) {
  if (!affect) return null;
  const facts = ["valence", "arousal", "dominance"]
    .filter((name) => typeof affect[name] === "number").map((name) => `${name} ${affect[name].toFixed(2)}`);
  if (affect.category === null && !facts.length) return null;
  return { name: affect.category ?? "no category", facts };
}

function measuredLine(measured) {
  if (!measured) return null;
  const figure = (title, value, digits, unit) => (typeof value === "number"
    ? `${title} ${value.toFixed(digits).replace("-", "−")} ${unit}` : null);
  const facts = [
    figure("F0", measured.f0_mean, 0, "Hz"), figure("range", measured.f0_range, 1, "st"),
    figure("articulation", measured.articulation_rate, 2, "syllables/s"), figure("energy", measured.energy, 1, "dBFS"),
  ].filter(Boolean);
  return facts.length ? element("p", {}, `measured: ${facts.join(" · ")}`) : null;
}

function labelled(title, name, facts) {
  const known = facts.filter(Boolean);
  return element("p", {}, `${title}: `, element("strong", {}, name), known.length ? ` · ${known.join(" · ")}` : null);
}

/** Return the class of an emotion's colour. */
function colourOf(category) {
  return CATEGORIES.includes(category) ? category : "unknown";
}
