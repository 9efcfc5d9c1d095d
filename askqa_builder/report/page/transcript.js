// What is heard, turn by turn; each word knows when it is spoken.

/** The transcript of a take: a list of turns, and where the word that is spoken stands in it. */
class Transcript {
  /** onSeek: is given a time in seconds. address: gives the link to a time of this row. */
  constructor(take, onSeek, address) {
    this.take = take;
    this.nodes = []; // of each word; a figure that is spoken as several words has one
    this.now = { word: null, turn: null };
    this.items = take.turns.map((turn, index) => this.turnItem(turn, index, address));
    this.list = element("ol", { class: "turns" }, this.items);
    this.list.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-start]");
      const word = event.target.closest(".word");
      if (link !== null) {
        event.preventDefault();
        history.replaceState(null, "", link.getAttribute("href"));
        onSeek(Number(link.dataset.start), true);
      } else if (word !== null && String(getSelection()) === "") {
        onSeek(take.words[Number(word.dataset.word)][1], true);
      }
    });
  }

  turnItem(turn, index, address) {
    const pace = turn.words_per_minute === null ? null : `${Math.round(turn.words_per_minute)} words/min`;
    const scores = [
      turn.wer === null ? null : `WER ${(100 * turn.wer).toFixed(0)} %`,
      turn.mos === null ? null : `MOS ${turn.mos.toFixed(2)}`,
    ];
    return element(
      "li", { class: turn.role },
      element(
        "div", { class: "head" },
        element(
          "a", { href: address(turn.start), "data-start": turn.start, title: "play from here" },
          element("span", { class: `role ${turn.role}` }, turn.role), ` ${clock(turn.start, true)}`,
        ),
        element("span", { class: "quiet" }, [turn.act.replace("_", " "), pace, ...scores].filter(Boolean).join(" · ")),
      ),
      element("p", { class: "text", dir: "auto" }, this.textOf(turn, index)),
      deliveryOf(turn),
      turn.asr_text === null || turn.wer === 0 ? null
        : element("p", { class: "heard", dir: "auto" }, `recognised as: ${turn.asr_text || "nothing"}`),
    );
  }

  /** Return a turn's text as nodes: words, what is between them, and the evidence marked. */
  textOf(turn, index) {
    const { evidence } = this.take;
    const inEvidence = (start, end) => turn.act === "story" && evidence.char_start !== null
      && start < evidence.char_end && end > evidence.char_start;
    const nodes = [];
    let at = 0;
    let mark = null;
    let between = ""; // goes into the mark only where it goes on behind it
    const add = (node, marked) => {
      if (marked && mark !== null) mark.append(between);
      else {
        if (between) nodes.push(between);
        mark = marked ? element("mark", { title: "evidence for the answer" }) : null;
        if (marked) nodes.push(mark);
      }
      between = "";
      if (mark !== null) mark.append(node);
      else nodes.push(node);
    };
    // offsets count characters, while JavaScript's strings count halves of those beyond the first 65,536
    const characters = Array.from(turn.text);
    const piece = (start, end) => characters.slice(start, end).join("");
    this.take.words.forEach(([of, , , start, end], number) => {
      if (of !== index || start === null) return;
      if (start < at) {
        this.nodes[number] = this.nodes[number - 1];
        return;
      }
      between = piece(at, start);
      this.nodes[number] = element("span", { class: "word", "data-word": number }, piece(start, end));
      add(this.nodes[number], inEvidence(start, end));
      at = end;
    });
    nodes.push(between, piece(at, characters.length));
    return nodes;
  }

  /** Mark what is spoken at a time; return the turn's index, null in a pause. */
  show(time, follow) {
    const turn = this.take.turns.findIndex(({ start, end }) => time >= start && time < end);
    const word = wordAt(this.take.words, time);
    if (turn !== this.now.turn) {
      this.items[this.now.turn]?.classList.remove("now");
      this.items[turn]?.classList.add("now");
      this.now.turn = turn;
    }
    if (word !== this.now.word) {
      this.nodes[this.now.word]?.classList.remove("now");
      const node = this.nodes[word];
      node?.classList.add("now");
      if (follow && node) bringIntoView(node);
      this.now.word = word;
    }
  }
}

/** Return the number of the word that is spoken at a time; it is shown until the next, within a third of a second. */
function wordAt(words, time) {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (words[middle][1] <= time) low = middle + 1;
    else high = middle;
  }
  const found = low - 1;
  return found >= 0 && time < words[found][2] + 1 / 3 ? found : null;
}

/** Scroll so that a node is seen below the player, if it is not. */
function bringIntoView(node) {
  const box = node.getBoundingClientRect();
  const top = node.closest(".take").querySelector(".player").getBoundingClientRect().bottom;
  if (box.top < top || box.bottom > innerHeight) {
    scrollBy({ top: box.top - top - (innerHeight - top) / 3, behavior: "instant" });
  }
}
