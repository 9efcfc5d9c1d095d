// The questions about a clip: a group of answers each, five of a scale or a list to choose from.

/** Return the answers of a question: value as it is saved, what a rater reads. */
function answersOf(scale) {
  if (scale.choices) return scale.choices.map(({ name, title, meaning }) => ({ value: name, title, meaning }));
  return scale.answers.map((meaning, number) => ({ value: number + 1, title: String(number + 1), meaning }));
}

class Form {
  /** onAnswer: is given a question's name and the answer's value. */
  constructor(onAnswer) {
    this.onAnswer = onAnswer;
  }

  /** Ask these questions from now on. */
  ask(scales) {
    this.scales = scales;
    this.answers = scales.map(answersOf);
    this.groups = scales.map((scale, number) => element(
      "fieldset", { class: "scale", "data-scale": scale.name },
      element("legend", {}, scale.title, element("span", {}, scale.question)),
      element(
        "div", { class: scale.choices ? "answers choices" : "answers" },
        this.answers[number].map((answer, place) => this.box(scale, answer, place)),
      ),
    ));
    byId("questions").replaceChildren(...this.groups);
  }

  box(scale, { value, title, meaning }, place) {
    return element(
      "label", { class: "answer" },
      element("input", { type: "radio", name: scale.name, value, onchange: () => this.onAnswer(scale.name, value) }),
      element(
        "span", { class: "box" },
        scale.choices && place < 10 ? element("kbd", { "aria-hidden": "true" }, String((place + 1) % 10)) : null,
        element("span", { class: "digit" }, title), " ", element("span", { class: "meaning" }, meaning),
      ),
    );
  }

  /** Show a clip's rating; answers may be given once it was heard. */
  show(rating) {
    this.groups.forEach((group, number) => {
      group.disabled = !rating.heard;
      const given = String(rating[this.scales[number].name] ?? "");
      for (const input of this.inputs(number)) input.checked = input.value === given;
    });
    byId("comment").disabled = !rating.heard;
    if (byId("comment").value !== rating.comment) byId("comment").value = rating.comment;
  }

  inputs(number) { return [...this.groups[number].querySelectorAll("input")]; }

  /** Return the number of the question that has the focus, or -1. */
  get focused() { return this.groups.findIndex((group) => group.contains(document.activeElement)); }

  /** Move the focus to a question: its answer, or the middle one where it has none. */
  focus(number) {
    const inputs = this.inputs(number);
    (inputs.find((input) => input.checked) ?? inputs[Math.floor(inputs.length / 2)]).focus();
  }

  /** Give the answer at a place, from 1 on; nothing where there is none. */
  answer(number, place) {
    const input = this.inputs(number)[place - 1];
    if (input === undefined) return;
    input.focus();
    input.click();
  }
}
