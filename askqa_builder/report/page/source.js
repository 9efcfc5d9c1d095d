// Where rows and sound come from: this document, or the server that gave it.
// sounds: there are any. Both give the same: page(query) -> {found, from, rows}, row(number) -> {takes}, sound(side, number) -> address.

/** Rows and sound that the document brings with it. */
class Embedded {
  constructor(setup) {
    this.rows = setup.rows;
    this.sounds = setup.sounds;
    this.addresses = new Map();
  }

  async page(query) {
    const found = sorted(this.rows.filter((row) => fits(row, query) && this.holds(row, query.text)), query.order);
    const place = found.findIndex((row) => row.number === query.around);
    const from = place < 0 ? query.from : Math.floor(place / query.count) * query.count;
    return { found: found.length, from, rows: found.slice(from, from + query.count) };
  }

  async row(number) {
    return embedded(`row-${number}`);
  }

  async numberOf(id) {
    return this.rows.find((row) => row.id === id)?.number ?? null;
  }

  async sound(side, number, type) {
    const key = `${side}-${number}`;
    if (!this.addresses.has(key)) {
      // sounds stand at the document's end, so that the page is seen before they are read
      if (byId(`sound-${key}`) === null && document.readyState === "loading") {
        await new Promise((resolve) => { addEventListener("DOMContentLoaded", resolve, { once: true }); });
      }
      const block = byId(`sound-${key}`);
      if (block === null) return null;
      const bytes = Uint8Array.from(atob(block.textContent), (character) => character.charCodeAt(0));
      this.addresses.set(key, URL.createObjectURL(new Blob([bytes], { type })));
    }
    return this.addresses.get(key);
  }

  /** Tell whether a row's id or a text that is heard in it holds the words looked for. */
  holds(row, text) {
    if (!text) return true;
    const wanted = text.toLowerCase();
    if (row.id.toLowerCase().includes(wanted)) return true;
    return embedded(`row-${row.number}`).takes[0].turns.some((turn) => turn.text.toLowerCase().includes(wanted));
  }
}

/** Rows and sound that are asked of the server. */
class Served {
  sounds = true;

  async page(query) {
    this.listing?.abort(); // what was asked for before is of no use any more
    this.listing = new AbortController();
    return this.ask(`rows?${new URLSearchParams(query)}`, this.listing.signal);
  }

  async row(number) {
    return this.ask(`row/${number}`);
  }

  async numberOf(id) {
    return (await this.ask(`number?${new URLSearchParams({ id })}`)).number;
  }

  async sound(side, number) {
    return `sound/${side}/${number}`;
  }

  async ask(address, signal = undefined) {
    const answer = await fetch(address, { signal });
    if (!answer.ok) throw new Error((await answer.text()) || answer.statusText);
    return answer.json();
  }
}

/** Tell whether a row is among those chosen; the server's Query.numbers does the same. */
function fits(row, query) {
  return (
    (!query.config || row.config === query.config) &&
    (!query.split || row.split === query.split) &&
    (!query.source || row.source === query.source) &&
    (!query.ambiguous || row.ambiguous === (query.ambiguous === "yes")) &&
    (!query.voice || row.voices.includes(query.voice)) &&
    (!query.style || row.styles.includes(query.style)) &&
    (!query.emotion || row.emotions.includes(query.emotion))
  );
}

/** Return rows in an order, those without its figure last; the server's Query._ordered does the same. */
function sorted(rows, order) {
  if (!order) return rows;
  const sign = ORDER_SIGNS[order];
  const place = (row) => (row[order] === null ? Infinity : sign * row[order]);
  return rows.map((row, index) => ({ row, index }))
    .sort((a, b) => (place(a.row) === place(b.row) ? a.index - b.index : place(a.row) - place(b.row)))
    .map(({ row }) => row);
}

/** Largest first (-1) or smallest first (1). */
const ORDER_SIGNS = { wer: -1, mos: 1, snr_db: 1, duration: -1 };
