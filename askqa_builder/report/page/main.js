// What is shown follows from the address: #overview, #distributions, #listen, #row=<id>&t=<seconds>.

const setup = embedded("setup");
const source = setup.served ? new Served() : new Embedded(setup);
const listing = new Listing(source);
let conversation = null;

function addressOf(id, time = null) {
  const address = new URLSearchParams({ row: id });
  if (time !== null) address.set("t", time.toFixed(3));
  return `#${address}`;
}

async function follow() {
  const address = location.hash.slice(1);
  const parameters = new URLSearchParams(address);
  const id = parameters.get("row");
  const listens = id !== null || address === "listen";
  document.body.dataset.view = listens ? "listen" : "figures";
  for (const link of document.querySelectorAll(".top nav a")) {
    const current = listens ? link.dataset.for === "listen" : link.hash === (location.hash || "#overview");
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (listens && listing.asked === 0) listing.turnTo(0);
  if (id !== null) await open(id, parameters.get("t"));
  else if (!listens) {
    conversation?.current.pause();
    byId(address)?.scrollIntoView();
  }
}

async function open(id, time) {
  if (conversation?.id !== id) {
    let number = null;
    let row = null;
    try {
      number = await source.numberOf(id);
      row = number === null ? null : await source.row(number);
    } catch (error) {
      show([element("p", { class: "problem hint" }, `The recording could not be read: ${error.message}`)]);
      return;
    }
    if (new URLSearchParams(location.hash.slice(1)).get("row") !== id) return; // another was chosen meanwhile
    if (row === null) {
      show([element("p", { class: "problem hint" }, setup.served ? "The dataset has no such row." : "This page has no such row.")]);
      return;
    }
    const next = new Conversation(number, row, source, setup.names);
    show(next.node);
    conversation = next;
    scrollTo({ top: 0, behavior: "instant" });
    if (innerWidth < 832) byId("conversation").scrollIntoView();
    listing.mark(id);
  }
  const seconds = Number.parseFloat(time);
  if (Number.isFinite(seconds)) await conversation.current.seek(seconds);
}

function show(nodes) {
  conversation?.close();
  conversation = null;
  byId("conversation").replaceChildren(...nodes.filter(Boolean));
}

/** Keys play and move, wherever the focus is, but in what takes them itself. */
function onKey(event) {
  if (conversation === null || document.body.dataset.view !== "listen") return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
  if (event.key === " " && event.target.closest("button, summary, input")) return;
  const { current } = conversation;
  const go = (step) => {
    const id = listing.beside(step);
    if (id !== null) location.hash = addressOf(id);
  };
  const actions = {
    " ": () => current.toggle(),
    ArrowLeft: () => (event.shiftKey ? current.step(-1) : current.seek(current.time - 2)),
    ArrowRight: () => (event.shiftKey ? current.step(1) : current.seek(current.time + 2)),
    ArrowUp: () => go(-1),
    ArrowDown: () => go(1),
    x: () => conversation.switchOver(),
  };
  if (Object.hasOwn(actions, event.key)) {
    event.preventDefault();
    actions[event.key]();
  }
}

addEventListener("hashchange", follow);
addEventListener("keydown", onKey);
follow();
