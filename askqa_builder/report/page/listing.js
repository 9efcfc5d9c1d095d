// The list of what a page has many of: search, filters, order, pages.

const ROWS_A_PAGE = 50;

/** Shows which rows fit, a page at a time. itemOf: makes the list's item of a row; noun: what one row is, and many. */
class Listing {
  constructor(source, itemOf, noun) {
    this.source = source;
    this.itemOf = itemOf;
    this.noun = noun;
    this.from = 0;
    this.shown = [];
    this.asked = 0;
    this.found = 0;
    this.form = byId("filters");
    this.form.addEventListener("submit", (event) => event.preventDefault());
    let waiting = 0;
    this.form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.turnTo(0), 150);
    });
    byId("earlier").addEventListener("click", () => this.turnTo(this.from - ROWS_A_PAGE));
    byId("later").addEventListener("click", () => this.turnTo(this.from + ROWS_A_PAGE));
  }

  /** Show the page that begins with the row at a place, or the one that holds a row, by its number. */
  async turnTo(from, around = null) {
    const asked = (this.asked += 1);
    const query = { ...Object.fromEntries(new FormData(this.form)), from: Math.max(from, 0), count: ROWS_A_PAGE };
    query.text = query.text.trim();
    if (around !== null) query.around = around;
    let answer;
    try {
      answer = await this.source.page(query);
    } catch (error) {
      if (asked !== this.asked) return;
      byId("found").textContent = `The list could not be read: ${error.message}`;
      return;
    }
    if (asked !== this.asked) return; // another was asked for meanwhile
    this.from = answer.from;
    this.found = answer.found;
    this.shown = answer.rows;
    byId("rows").replaceChildren(...answer.rows.map(this.itemOf));
    byId("rows").scrollTop = 0;
    byId("found").textContent = `${answer.found.toLocaleString("en")} ${this.noun[answer.found === 1 ? 0 : 1]}`;
    byId("page").textContent = answer.found > ROWS_A_PAGE
      ? `${this.from + 1}–${this.from + answer.rows.length}` : "";
    document.querySelector(".pager").hidden = answer.found <= ROWS_A_PAGE;
    byId("earlier").disabled = this.from === 0;
    byId("later").disabled = this.from + answer.rows.length >= answer.found;
    this.mark(this.current);
  }

  /** Show which row is open. */
  mark(id) {
    this.current = id;
    for (const link of byId("rows").querySelectorAll("a")) {
      if (link.dataset.id === id) {
        link.setAttribute("aria-current", "true");
        const list = byId("rows"); // scrolled alone: on a phone the page itself shows the recording
        const top = link.offsetTop - list.offsetTop;
        if (top < list.scrollTop || top + link.offsetHeight > list.scrollTop + list.clientHeight) {
          list.scrollTop = top - list.clientHeight / 3;
        }
      } else link.removeAttribute("aria-current");
    }
  }

  /** Show the page of the list that a row is on, if it is on any and not shown. */
  async reach(number, id) {
    if (!this.shown.some((row) => row.id === id)) await this.turnTo(0, number);
  }

  /** Return the id of the row before or after the open one, over the ends of pages; null at the ends of the list. */
  async beside(step) {
    const place = this.shown.findIndex((row) => row.id === this.current);
    if (place < 0) return this.shown[0]?.id ?? null;
    const wanted = this.from + place + step;
    if (wanted < 0 || wanted >= this.found) return null;
    if (wanted < this.from || wanted >= this.from + this.shown.length) {
      await this.turnTo(Math.floor(wanted / ROWS_A_PAGE) * ROWS_A_PAGE);
    }
    return this.shown[wanted - this.from]?.id ?? null;
  }
}
