// The dialogues that the document brings with it, and which of them are looked for.

class Dialogues {
  constructor(rows) {
    this.rows = rows;
  }

  /** Return those that a query wants: how many, and one page of them. */
  async page(query) {
    const found = inOrder(this.rows.filter((row) => wanted(row, query) && this.holds(row, query.text)), query.order);
    const place = found.findIndex((row) => row.number === query.around);
    const from = place < 0 ? query.from : Math.floor(place / query.count) * query.count;
    return { found: found.length, from, rows: found.slice(from, from + query.count) };
  }

  dialogue(number) {
    return embedded(`row-${number}`);
  }

  numberOf(id) {
    return this.rows.find((row) => row.id === id)?.number ?? null;
  }

  /** Tell whether a dialogue's id, or something said or meant in it, holds the words looked for. */
  holds(row, text) {
    if (!text) return true;
    const words = text.toLowerCase();
    if (row.id.toLowerCase().includes(words)) return true;
    const { history, request, rounds, intent } = this.dialogue(row.number);
    const before = history.map((turn) => turn.text);
    const said = rounds.flatMap((round) => [round.response, round.reply ?? ""]);
    return [...before, request, ...said, intent.reply ?? "", ...intent.references]
      .some((one) => one.toLowerCase().includes(words));
  }
}

function wanted(row, query) {
  const reading = row.branch === null ? "none" : String(row.branch + 1);
  return (
    ["ending", "gold", "action", "source"].every((name) => !query[name] || row[name] === query[name]) &&
    (!query.right || row.right === (query.right === "yes")) &&
    (!query.reading || reading === query.reading)
  );
}

/** Return rows in an order, those without its figure last. */
function inOrder(rows, order) {
  if (!order) return rows;
  const sign = order === "rounds" ? -1 : 1;
  const place = (row) => (row[order] === null ? Infinity : sign * row[order]);
  return rows.toSorted((a, b) => (place(a) === place(b) ? a.number - b.number : place(a) - place(b)));
}

/** Make the list's item of a dialogue. */
function listedDialogue(row) {
  const done = row.action === null ? "no response" : row.action === "clarify" ? "asks" : "answers";
  const verdict = { true: element("span", {}, `${done}: right`), false: element("span", { class: "wrong" }, `${done}: wrong`) };
  const facts = [
    row.right === null ? done : null,
    row.ending === "answered" ? null : row.ending.replaceAll("_", " "),
    row.branch === null ? null : `reading ${row.branch + 1}`,
    row.rounds > 1 ? `${row.rounds} responses` : null,
    row.f1 === null ? null : `F1 ${percent(row.f1)}`,
    row.source,
  ];
  return element("li", {}, element(
    "a", { href: addressOf(row.id), "data-id": row.id },
    element("span", { class: "request", dir: "auto" }, row.request || row.id),
    element(
      "span", { class: "facts" },
      verdict[row.right], facts.filter((fact) => fact !== null).map((fact) => element("span", {}, fact)),
    ),
  ));
}

function percent(share) {
  return (100 * share).toFixed(0);
}
