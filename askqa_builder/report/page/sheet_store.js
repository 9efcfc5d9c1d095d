// What each rater said, kept in this browser under the sheet's name.

/** Ratings of one sheet: {rater, raters: {name: {position, ratings: {clip: rating}}}}; a rating has the scales' numbers,
    comment, plays, heard (to the end) and rated_at. */
class Store {
  constructor(sheet, onTrouble) {
    this.key = `askqa-sheet-${sheet}`;
    this.onTrouble = onTrouble;
    this.content = { rater: null, raters: {} };
    this.works = true;
    try {
      const kept = JSON.parse(localStorage.getItem(this.key));
      if (kept && typeof kept.raters === "object") this.content = kept;
    } catch (error) {
      this.fail(error);
    }
    // a name such as __proto__ is a name
    this.content.raters = Object.assign(Object.create(null), this.content.raters);
  }

  get rater() { return this.content.rater; }

  set rater(name) {
    this.content.rater = name;
    if (name !== null) this.content.raters[name] ??= { position: 0, ratings: {} };
    this.keep();
  }

  get mine() { return this.content.raters[this.rater]; }

  rating(clip) { return this.mine.ratings[clip] ?? { plays: 0, heard: false, comment: "" }; }

  change(clip, changes) {
    this.mine.ratings[clip] = { ...this.rating(clip), ...changes };
    this.keep();
  }

  go(position) {
    this.mine.position = position;
    this.keep();
  }

  keep() {
    try {
      localStorage.setItem(this.key, JSON.stringify(this.content));
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error) {
    if (this.works) this.onTrouble(error);
    this.works = false;
  }
}

/** Return numbers from 0 to count - 1 in an order that depends on the text alone: raters differ, reloads do not. */
function shuffled(count, text) {
  let state = 2166136261;
  for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 16777619);
  const draw = () => { // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const order = Array.from({ length: count }, (_, number) => number);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(draw() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
