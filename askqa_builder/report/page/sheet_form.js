// The questions about a clip: a group of five answers each.

class Form {
  constructor(scales, onAnswer) {
    this.scales = scales;
    this.groups = scales.map((scale) => {
      const answers = scale.answers.map((answer, number) => element(
        "label", { class: "answer" },
        element("input", {
          type: "radio", name: scale.name, value: number + 1, onchange: () => onAnswer(scale.name, number + 1),
        }),
        element(
          "span", { class: "box" },
          element("span", { class: "digit" }, String(number + 1)), " ", element("span", { class: "meaning" }, answer),
        ),
      ));
      return element(
        "fieldset", { class: "scale", "data-scale": scale.name },
        element("legend", {}, scale.title, element("span", {}, scale.question)),
        element("div", { class: "answers" }, ...answers),
      );
    });
    byId("questions").append(...this.groups);
  }

  /** Show a clip's rating; answers may be given once it was heard. */
  show(rating) {
    this.groups.forEach((group, number) => {
      group.disabled = !rating.heard;
      for (const input of this.inputs(number)) input.checked = Number(input.value) === rating[this.scales[number].name];
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

  answer(number, value) {
    const input = this.inputs(number)[value - 1];
    input.focus();
    input.click();
  }
}
